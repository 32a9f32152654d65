//! Strict reading of JSON from outside: what several readers would understand
//! differently, or the database could not keep, is refused here.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::pointer;
use super::violation::Violation;

/// How many arrays and objects may lie inside each other.
pub const MAX_DEPTH: usize = 32;
/// How many characters the store cannot keep are reported at most.
const MAX_BAD_TEXTS: usize = 20;

/// Why a text is not JSON that the desk takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// Not well formed; line and column count from 1 (column 0: before the line's first byte).
    #[error("not well-formed JSON at line {line}, column {column}: {reason}")]
    Syntax {
        /// Line of the fault.
        line: usize,
        /// Byte column of the fault.
        column: usize,
        /// What the reader says about it.
        reason: String,
    },
    /// Not UTF-8; the offset counts bytes from 0.
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The first byte that is not part of a character.
        offset: usize,
    },
    /// An object names the same field twice.
    #[error("the field at {pointer} is given twice")]
    DuplicateKey {
        /// JSON pointer to the field.
        pointer: String,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels at {pointer}")]
    TooDeep {
        /// JSON pointer to the first place that is too deep.
        pointer: String,
    },
    /// Well formed, with characters that cannot be kept: NUL, or half of a
    /// surrogate pair.
    #[error("texts with characters that cannot be kept")]
    Characters(Vec<Violation>),
}

/// Reads one JSON value that fills the whole of `bytes`.
///
/// # Errors
/// A [`JsonFault`]; a text with several faults reports the first, except that
/// all texts with NUL characters are reported together.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonFault> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| JsonFault::NotUtf8 { offset: error.valid_up_to() })?;
    let mut reading = Reading::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node { reading: &mut reading, depth: 0 }.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    match (value, reading.refused) {
        (_, Some(refused)) => Err(refused),
        (Ok(_), None) if !reading.bad_texts.is_empty() => Err(JsonFault::Characters(reading.bad_texts)),
        (Ok(value), None) => Ok(value),
        (Err(error), None) => Err(from_syntax(text, &error, &reading.path)),
    }
}

/// `serde_json` calls half a surrogate pair a syntax error; the body is well
/// formed by RFC 8259 all the same, so it is told apart here.
fn from_syntax(text: &str, error: &serde_json::Error, path: &[Step]) -> JsonFault {
    let (line, column) = (error.line(), error.column());
    let failed_at: usize =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>() + column;
    match lone_surrogate(text.as_bytes()) {
        Some(offset) if offset < failed_at => JsonFault::Characters(vec![Violation::new(
            pointer_of(path),
            "lone_surrogate",
            "holds half of a surrogate pair, which is not a character",
        )]),
        _ => JsonFault::Syntax { line, column, reason: reason(text, error) },
    }
}

fn reason(text: &str, error: &serde_json::Error) -> String {
    if text.trim().is_empty() {
        return "it is empty".to_owned();
    }
    if error.is_eof() {
        return "it ends where more must follow".to_owned();
    }
    let full = error.to_string();
    full.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The offset of the first `\u` escape that is half of a surrogate pair.
fn lone_surrogate(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        let start = at + found;
        match escaped_unit(bytes, start) {
            Some(0xD800..=0xDBFF) => match escaped_unit(bytes, start + 6) {
                Some(0xDC00..=0xDFFF) => at = start + 12,
                _ => return Some(start),
            },
            Some(0xDC00..=0xDFFF) => return Some(start),
            _ => at = start + 2,
        }
    }
    None
}

/// The code unit that the escape `\uXXXX` at `start` stands for.
fn escaped_unit(bytes: &[u8], start: usize) -> Option<u16> {
    let digits = bytes.get(start..start + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// One step on the way into a value.
#[derive(Debug)]
enum Step {
    Field(String),
    Item(usize),
}

fn pointer_of(path: &[Step]) -> String {
    path.iter().fold(String::new(), |parent, step| match step {
        Step::Field(name) => pointer::field(&parent, name),
        Step::Item(index) => pointer::item(&parent, *index),
    })
}

/// Where the reader is, and what it has found.
#[derive(Debug, Default)]
struct Reading {
    path: Vec<Step>,
    refused: Option<JsonFault>,
    bad_texts: Vec<Violation>,
}

impl Reading {
    fn refuse<E: Error>(&mut self, fault: JsonFault) -> E {
        let error = E::custom(&fault);
        self.refused = Some(fault);
        error
    }

    fn look_at(&mut self, text: &str) {
        if text.contains('\0') && self.bad_texts.len() < MAX_BAD_TEXTS {
            self.bad_texts.push(Violation::new(
                pointer_of(&self.path),
                "nul_character",
                "holds a NUL character, which cannot be kept",
            ));
        }
    }
}

/// One value of the document, built under the eyes of [`Reading`]. After an
/// error the path is left as it was, so that it tells the place.
struct Node<'r> {
    reading: &'r mut Reading,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        // The database knows no negative zero; this sum turns it into zero and nothing else.
        let value = value + 0.0;
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.reading.look_at(&value);
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = deeper(self.reading, self.depth)?;
        let mut array = Vec::new();
        loop {
            self.reading.path.push(Step::Item(array.len()));
            match items.next_element_seed(Node { reading: self.reading, depth })? {
                Some(item) => array.push(item),
                None => break,
            }
            self.reading.path.pop();
        }
        self.reading.path.pop();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let depth = deeper(self.reading, self.depth)?;
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.reading.path.push(Step::Field(name.clone()));
            self.reading.look_at(&name);
            if object.contains_key(&name) {
                let pointer = pointer_of(&self.reading.path);
                return Err(self.reading.refuse(JsonFault::DuplicateKey { pointer }));
            }
            let value = entries.next_value_seed(Node { reading: self.reading, depth })?;
            object.insert(name, value);
            self.reading.path.pop();
        }
        Ok(Value::Object(object))
    }
}

fn deeper<E: Error>(reading: &mut Reading, depth: usize) -> Result<usize, E> {
    if depth < MAX_DEPTH {
        return Ok(depth + 1);
    }
    let pointer = pointer_of(&reading.path);
    Err(reading.refuse(JsonFault::TooDeep { pointer }))
}
