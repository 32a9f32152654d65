//! Reading a JSON body field by field: every fault is collected with its
//! pointer, so that a caller sees all of them at once.
//!
//! ```
//! use serde_json::json;
//! use support_engineer::domain::fields::{Fields, read};
//! use support_engineer::domain::vocabulary::Severity;
//!
//! struct Report { subject: String, severity: Option<Severity>, tags: Vec<String> }
//!
//! fn report(f: &mut Fields<'_>) -> Option<Report> {
//!     let subject = f.text("subject").trimmed().min_chars(1).max_chars(200).required();
//!     let severity = f.choice("severity").optional();
//!     let tags = f.array("tags", 20, |tag| tag.text().max_chars(50).required()).or_default();
//!     Some(Report { subject: subject?, severity, tags })
//! }
//!
//! let body = json!({"subject": " Export fails ", "severity": "high"});
//! assert_eq!(read(body, report).expect("no fault").subject, "Export fails");
//! let faults = read(json!({"severity": "hot", "x": 1}), report).err().expect("faults");
//! let places: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
//! assert_eq!(places, ["/subject", "/severity", "/x"]);
//! ```
//!
//! Take every field first and use `?` only where the result is put together: a
//! field that was not taken counts as unknown.

use serde_json::{Map, Value};

use super::field::{Faults, Field};
use super::place::{MapLimits, Place};
use super::pointer;
use super::violation::Violation;

/// What can be read from a JSON body.
pub trait FromJson: Sized {
    /// Reads `value`, usually with [`read`].
    ///
    /// # Errors
    /// Every fault of it, place by place.
    fn from_json(value: Value) -> Result<Self, Vec<Violation>>;
}

impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        Ok(value)
    }
}

/// Reads an object with `parse`; fields that `parse` does not take are faults.
///
/// # Errors
/// Every fault, place by place.
pub fn read<T>(value: Value, parse: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Result<T, Vec<Violation>> {
    let mut faults = Faults::default();
    let result = Place::new(&mut faults, String::new(), Some(value)).object(parse).required();
    faults.settle(result)
}

/// The fields of one object that have not been taken yet.
#[derive(Debug)]
pub struct Fields<'f> {
    pointer: String,
    left: Map<String, Value>,
    faults: &'f mut Faults,
}

impl<'f> Fields<'f> {
    pub(super) fn new(faults: &'f mut Faults, pointer: String, object: Map<String, Value>) -> Self {
        Self { pointer, left: object, faults }
    }

    pub(super) fn finish(self) {
        for name in self.left.keys() {
            let shown: String = name.chars().take(80).collect();
            self.faults.add(
                pointer::field(&self.pointer, name),
                "unknown_field",
                format!("there is no field {shown:?} here"),
            );
        }
    }

    /// Takes the field `name`, whatever it holds; null counts as absent.
    pub fn place(&mut self, name: &str) -> Place<'_> {
        let value = self.left.remove(name).filter(|value| !value.is_null());
        Place::new(self.faults, pointer::field(&self.pointer, name), value)
    }

    /// Whether the field is there and has not been taken; null counts as there.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Whether the field is there, not taken, and null (a merge patch removes by null).
    #[must_use]
    pub fn is_null(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(Value::is_null)
    }

    /// Takes every field that is left, nulls included.
    pub fn take_rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.left)
    }

    /// JSON pointer to this object.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Reports a fault of the field `name` (`""` for this object) that only
    /// shows when fields are seen together.
    pub fn fault(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        let place = if name.is_empty() { self.pointer.clone() } else { pointer::field(&self.pointer, name) };
        self.faults.add(place, code, detail);
    }

    /// Reports a fault at a pointer below this object that was found by other
    /// means than these fields.
    pub fn fault_at(&mut self, below: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.add(format!("{}{below}", self.pointer), code, detail);
    }

    /// Takes a text.
    pub fn text(&mut self, name: &str) -> Field<'_, String> {
        self.place(name).text()
    }

    /// Takes one name of a closed list.
    pub fn choice<T>(&mut self, name: &str) -> Field<'_, T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.place(name).text().choice()
    }

    /// Takes a whole number.
    pub fn integer(&mut self, name: &str) -> Field<'_, i64> {
        self.place(name).integer()
    }

    /// Takes a truth value.
    pub fn boolean(&mut self, name: &str) -> Field<'_, bool> {
        self.place(name).boolean()
    }

    /// Takes a UUID.
    pub fn uuid(&mut self, name: &str) -> Field<'_, uuid::Uuid> {
        self.place(name).text().uuid()
    }

    /// Takes an instant of RFC 3339, rounded to microseconds.
    pub fn timestamp(&mut self, name: &str) -> Field<'_, jiff::Timestamp> {
        self.place(name).text().timestamp()
    }

    /// Takes an object, read by `parse`.
    pub fn object<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Field<'_, T> {
        self.place(name).object(parse)
    }

    /// Takes an array of at most `max_items`, each read by `each`.
    pub fn array<T>(
        &mut self,
        name: &str,
        max_items: usize,
        each: impl FnMut(Place<'_>) -> Option<T>,
    ) -> Field<'_, Vec<T>> {
        self.place(name).array(max_items, each)
    }

    /// Takes an object of free JSON within `limits`.
    pub fn map(&mut self, name: &str, limits: MapLimits) -> Field<'_, Map<String, Value>> {
        self.place(name).map(limits)
    }
}
