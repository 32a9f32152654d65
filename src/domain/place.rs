//! One place of a JSON body, before it is known what is there.

use serde_json::{Map, Value};

use super::field::{Faults, Field, Given};
use super::fields::Fields;
use super::pointer;

/// How much free JSON a field takes.
#[derive(Debug, Clone, Copy)]
pub struct MapLimits {
    /// Fields of the outer object.
    pub entries: usize,
    /// Arrays and objects inside each other, the outer object counted.
    pub depth: usize,
    /// Bytes of the compact text.
    pub bytes: usize,
}

/// A value of the body, or nothing, and where it is.
#[derive(Debug)]
pub struct Place<'f> {
    faults: &'f mut Faults,
    pointer: String,
    value: Option<Value>,
}

impl<'f> Place<'f> {
    pub(super) fn new(faults: &'f mut Faults, pointer: String, value: Option<Value>) -> Self {
        Self { faults, pointer, value: value.filter(|value| !value.is_null()) }
    }

    /// Whether a text is there, for places that take a text or something else.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.value.as_ref().is_some_and(Value::is_string)
    }

    /// Takes any JSON value.
    pub fn any(self) -> Field<'f, Value> {
        self.typed("a JSON value", Ok)
    }

    /// Takes a text.
    pub fn text(self) -> Field<'f, String> {
        self.typed("a text", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    /// Takes one name of a closed list.
    pub fn choice<T>(self) -> Field<'f, T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.text().choice()
    }

    /// Takes a whole number (`3` and `3.0` are the same number).
    pub fn integer(self) -> Field<'f, i64> {
        self.typed("a whole number", |value| value.as_i64().or_else(|| whole(&value)).ok_or(value))
    }

    /// Takes a truth value.
    pub fn boolean(self) -> Field<'f, bool> {
        self.typed("true or false", |value| value.as_bool().ok_or(value))
    }

    /// Takes an object, read by `parse`; fields that `parse` leaves are faults.
    pub fn object<T>(self, parse: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Field<'f, T> {
        let field = self.typed("an object", into_object);
        let Given::Value(object) = field.given else { return field.retyped(Given::carry) };
        let before = field.faults.count();
        let mut fields = Fields::new(field.faults, field.pointer.clone(), object);
        let result = parse(&mut fields);
        fields.finish();
        if result.is_none() && field.faults.count() == before {
            field.faults.add(field.pointer.clone(), "invalid", "cannot be read");
        }
        let given = result.map_or(Given::Wrong, Given::Value);
        Field { faults: field.faults, pointer: field.pointer, given }
    }

    /// Takes an array of at most `max_items`, each read by `each`. The items of
    /// a longer array are not looked at.
    pub fn array<T>(
        self,
        max_items: usize,
        mut each: impl FnMut(Place<'_>) -> Option<T>,
    ) -> Field<'f, Vec<T>> {
        let field = self.typed("an array", |value| match value {
            Value::Array(items) => Ok(items),
            other => Err(other),
        });
        let field = field.check(
            "too_many_items",
            |items| items.len() <= max_items,
            || format!("holds more than {max_items} items"),
        );
        let Given::Value(items) = field.given else { return field.retyped(Given::carry) };
        let count = items.len();
        let mut read = Vec::with_capacity(count);
        for (index, item) in items.into_iter().enumerate() {
            read.extend(each(Place::new(field.faults, pointer::item(&field.pointer, index), Some(item))));
        }
        let given = if read.len() == count { Given::Value(read) } else { Given::Wrong };
        Field { faults: field.faults, pointer: field.pointer, given }
    }

    /// Takes an object of free JSON within `limits`.
    pub fn map(self, limits: MapLimits) -> Field<'f, Map<String, Value>> {
        self.typed("an object", into_object)
            .check(
                "too_many_fields",
                |object| object.len() <= limits.entries,
                || format!("holds more than {} fields", limits.entries),
            )
            .check(
                "too_deep",
                |object| object.values().map(depth).max().unwrap_or(0) < limits.depth,
                || format!("is nested deeper than {} levels", limits.depth),
            )
            .check(
                "too_large",
                |object| serde_json::to_string(object).is_ok_and(|text| text.len() <= limits.bytes),
                || format!("is longer than {} bytes", limits.bytes),
            )
    }

    fn typed<T>(self, what: &str, take: impl FnOnce(Value) -> Result<T, Value>) -> Field<'f, T> {
        let given = match self.value.map(take) {
            None => Given::Absent,
            Some(Ok(value)) => Given::Value(value),
            Some(Err(other)) => {
                let detail = format!("must be {what}, not {}", kind(&other));
                self.faults.add(self.pointer.clone(), "wrong_type", detail);
                Given::Wrong
            }
        };
        Field { faults: self.faults, pointer: self.pointer, given }
    }
}

fn into_object(value: Value) -> Result<Map<String, Value>, Value> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(other),
    }
}

/// Whole numbers written with a fraction of zero, as far as a double is exact.
fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT)?;
    format!("{number:.0}").parse().ok()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
