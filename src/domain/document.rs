//! A TOML document of the desk's data (matrix, templates, checklists), read so
//! that every fault of it is named at once, not only the first.

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use super::pointer;

/// One fault of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {detail}")]
pub struct Fault {
    /// JSON pointer to the place, list positions from 0; `""` for the document.
    pub at: String,
    /// A sentence for people.
    pub detail: String,
}

/// Collects the faults while a document is read.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Notes a fault at a place.
    pub(crate) fn note(&self, at: impl Into<String>, detail: impl Into<String>) {
        self.0.borrow_mut().push(Fault { at: at.into(), detail: detail.into() });
    }

    /// Whether nothing was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// How many were noted.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Everything that was noted, in order.
    pub(crate) fn into_list(self) -> Vec<Fault> {
        self.0.into_inner()
    }

    /// What was read, if no fault was noted; else all of them.
    pub(crate) fn settle<T>(self, read: T) -> Result<T, Vec<Fault>> {
        if self.is_empty() { Ok(read) } else { Err(self.into_list()) }
    }
}

/// Parses the text of a document. Syntax has one fault: a parser that lost its
/// way would only invent the others.
pub(crate) fn parse(text: &str) -> Result<toml::Table, Vec<Fault>> {
    text.parse::<toml::Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        let detail = format!("not TOML, near line {line}: {}", error.message());
        vec![Fault { at: String::new(), detail }]
    })
}

/// The text of a document as JSON.
pub(crate) fn to_json(text: &str) -> Result<serde_json::Value, Vec<Fault>> {
    serde_json::to_value(parse(text)?)
        .map_err(|error| vec![Fault { at: String::new(), detail: error.to_string() }])
}

/// A document that came as JSON. What TOML cannot say is a fault each.
pub(crate) fn of_json(value: &serde_json::Value) -> Result<toml::Table, Vec<Fault>> {
    let faults = Faults::default();
    match (toml_value(value, "", &faults), faults.is_empty()) {
        (Some(toml::Value::Table(table)), true) => Ok(table),
        (_, true) => Err(vec![Fault { at: String::new(), detail: "must be an object".to_owned() }]),
        _ => Err(faults.into_list()),
    }
}

fn toml_value(value: &serde_json::Value, at: &str, faults: &Faults) -> Option<toml::Value> {
    use serde_json::Value as Json;
    Some(match value {
        Json::Null => {
            faults.note(at, "must not be null; leave it out");
            return None;
        }
        Json::Bool(truth) => toml::Value::Boolean(*truth),
        Json::String(text) => toml::Value::String(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => toml::Value::Integer(integer),
            (None, float) => toml::Value::Float(float.unwrap_or(f64::NAN)),
        },
        Json::Array(items) => {
            let each = |(n, item)| toml_value(item, &pointer::item(at, n), faults);
            toml::Value::Array(items.iter().enumerate().filter_map(each).collect())
        }
        Json::Object(fields) => {
            let each = |(name, field): (&String, _)| {
                Some((name.clone(), toml_value(field, &pointer::field(at, name), faults)?))
            };
            toml::Value::Table(fields.iter().filter_map(each).collect())
        }
    })
}

/// One table of a document and the place where it stands.
pub(crate) struct Section<'a> {
    table: &'a toml::Table,
    at: String,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    /// The document itself.
    pub(crate) fn root(table: &'a toml::Table, faults: &'a Faults) -> Self {
        Self { table, at: String::new(), faults }
    }

    /// The place of a key of this table.
    pub(crate) fn place(&self, key: &str) -> String {
        format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1"))
    }

    /// The place of this table.
    pub(crate) fn at(&self) -> &str {
        &self.at
    }

    /// Notes a fault at a key.
    pub(crate) fn fault(&self, key: &str, detail: impl Into<String>) {
        self.faults.note(self.place(key), detail);
    }

    /// Refuses every key that is not listed.
    pub(crate) fn only(&self, keys: &[&str]) {
        for key in self.table.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.fault(key, format!("unknown key; the known ones are {}", keys.join(", ")));
        }
    }

    /// Refuses an empty list under any key, and a table without keys: both
    /// would say "any" where something was meant.
    pub(crate) fn no_empty_list(&self) {
        let empty = |value: &toml::Value| value.as_array().is_some_and(Vec::is_empty);
        for (key, _) in self.table.iter().filter(|(_, value)| empty(value)) {
            self.fault(key, "is an empty list; leave it out to mean any");
        }
        if self.table.is_empty() {
            self.faults.note(self.at(), "says nothing");
        }
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A value that must be there.
    pub(crate) fn required<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        if !self.has(key) {
            self.fault(key, "is missing");
        }
        self.optional(key)
    }

    /// A value that may be there.
    pub(crate) fn optional<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.read(self.table.get(key)?, self.place(key))
    }

    /// A text that must be there and say something.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let text: String = self.required(key)?;
        if text.trim().is_empty() {
            self.fault(key, "is empty");
        }
        Some(text)
    }

    /// A list, each wrong element a fault of its own. Empty if the key is not there.
    pub(crate) fn list<T: DeserializeOwned>(&self, key: &str) -> Vec<T> {
        let elements = self.elements(key);
        elements.iter().enumerate().filter_map(|(n, element)| self.read(element, self.nth(key, n))).collect()
    }

    /// A list without repetitions. Empty if the key is not there.
    pub(crate) fn set<T: DeserializeOwned + PartialEq + std::fmt::Display>(&self, key: &str) -> Vec<T> {
        let mut known: Vec<T> = Vec::new();
        for value in self.list(key) {
            if known.contains(&value) {
                self.fault(key, format!("names {value} twice"));
            } else {
                known.push(value);
            }
        }
        known
    }

    /// A table that must be there.
    pub(crate) fn section(&self, key: &str) -> Option<Section<'a>> {
        match self.table.get(key) {
            Some(toml::Value::Table(table)) => {
                return Some(Section { table, at: self.place(key), faults: self.faults });
            }
            Some(_) => self.fault(key, "must be a table"),
            None => self.fault(key, "is missing"),
        }
        None
    }

    /// A list of tables. Empty if the key is not there.
    pub(crate) fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let mut sections = Vec::new();
        for (n, element) in self.elements(key).iter().enumerate() {
            let at = self.nth(key, n);
            match element {
                toml::Value::Table(table) => sections.push(Section { table, at, faults: self.faults }),
                _ => self.faults.note(at, "must be a table"),
            }
        }
        sections
    }

    fn nth(&self, key: &str, n: usize) -> String {
        format!("{}/{n}", self.place(key))
    }

    fn elements(&self, key: &str) -> &'a [toml::Value] {
        match self.table.get(key) {
            Some(toml::Value::Array(elements)) => elements,
            Some(_) => {
                self.fault(key, "must be a list");
                &[]
            }
            None => &[],
        }
    }

    fn read<T: DeserializeOwned>(&self, value: &toml::Value, at: String) -> Option<T> {
        match value.clone().try_into() {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.note(at, error.message().trim());
                None
            }
        }
    }
}
