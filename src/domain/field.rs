//! One field of a request while it is being read: given or not, right or wrong.

use std::fmt::Display;
use std::str::FromStr;

use jiff::{Timestamp, TimestampRound, Unit};
use uuid::Uuid;

use super::violation::Violation;

/// How many faults one answer lists; a body can hold a hundred thousand.
pub const MAX_FAULTS: usize = 100;

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Violation>,
    count: usize,
}

impl Faults {
    /// Notes a fault; those past [`MAX_FAULTS`] are only counted.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.count += 1;
        if self.list.len() < MAX_FAULTS {
            self.list.push(Violation::new(pointer, code, detail));
        }
    }

    /// How many there are, those not listed included.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The result if nothing was wrong.
    ///
    /// # Errors
    /// The faults, or one general fault if there is neither a fault nor a result.
    pub fn settle<T>(self, result: Option<T>) -> Result<T, Vec<Violation>> {
        match result {
            Some(value) if self.list.is_empty() => Ok(value),
            None if self.list.is_empty() => Err(vec![Violation::new("", "invalid", "cannot be read")]),
            _ => Err(self.list),
        }
    }
}

/// What is known of a field.
#[derive(Debug)]
pub(super) enum Given<T> {
    Absent,
    Wrong,
    Value(T),
}

impl<T> Given<T> {
    /// The same state with another type, for a field that holds no value.
    pub(super) fn carry<U>(self) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Wrong | Self::Value(_) => Given::Wrong,
        }
    }
}

/// A field being read. Checks apply only to a value that is there and right so
/// far, so a field has one fault at most; [`required`](Self::required),
/// [`optional`](Self::optional) or [`or`](Self::or) end the reading.
#[derive(Debug)]
#[must_use = "end it with required, optional or or"]
pub struct Field<'f, T> {
    pub(super) faults: &'f mut Faults,
    pub(super) pointer: String,
    pub(super) given: Given<T>,
}

impl<'f, T> Field<'f, T> {
    /// A field with this value, or none, for readers of other things than JSON.
    pub fn given(faults: &'f mut Faults, pointer: String, value: Option<T>) -> Self {
        let given = match value {
            Some(value) => Given::Value(value),
            None => Given::Absent,
        };
        Self { faults, pointer, given }
    }

    pub(super) fn retyped<U>(self, carry: impl FnOnce(Given<T>) -> Given<U>) -> Field<'f, U> {
        Field { faults: self.faults, pointer: self.pointer, given: carry(self.given) }
    }

    /// The value; `None` is always accompanied by a fault.
    pub fn required(self) -> Option<T> {
        match self.given {
            Given::Value(value) => Some(value),
            Given::Wrong => None,
            Given::Absent => {
                self.faults.add(self.pointer, "required", "must be given");
                None
            }
        }
    }

    /// The value, or `None` if it is absent, null or wrong.
    pub fn optional(self) -> Option<T> {
        match self.given {
            Given::Value(value) => Some(value),
            Given::Wrong | Given::Absent => None,
        }
    }

    /// The value, or `default` if it is absent, null or wrong.
    pub fn or(self, default: T) -> T {
        self.optional().unwrap_or(default)
    }

    /// The value, or the type's default if it is absent, null or wrong.
    pub fn or_default(self) -> T
    where
        T: Default,
    {
        self.optional().unwrap_or_default()
    }

    /// Refuses a value that `holds` is false for.
    pub fn check<D: Into<String>>(
        self,
        code: &'static str,
        holds: impl FnOnce(&T) -> bool,
        detail: impl FnOnce() -> D,
    ) -> Self {
        self.parse(code, |value| if holds(&value) { Ok(value) } else { Err(detail().into()) })
    }

    /// Turns the value into something else, or refuses it with the error's words.
    pub fn parse<U, E: Display>(
        self,
        code: &'static str,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Field<'f, U> {
        let given = match self.given {
            Given::Value(value) => match parse(value) {
                Ok(parsed) => Given::Value(parsed),
                Err(error) => {
                    self.faults.add(self.pointer.clone(), code, error.to_string());
                    Given::Wrong
                }
            },
            other => other.carry(),
        };
        Field { faults: self.faults, pointer: self.pointer, given }
    }

    /// Turns the value into something else that always exists.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Field<'f, U> {
        self.parse("", |value| Ok::<U, std::convert::Infallible>(turn(value)))
    }
}

impl<'f> Field<'f, String> {
    /// Without white space at its ends.
    pub fn trimmed(self) -> Self {
        self.map(|text| text.trim().to_owned())
    }

    /// At least `min` characters (Unicode scalar values).
    pub fn min_chars(self, min: usize) -> Self {
        self.check(
            "too_short",
            |text| text.chars().count() >= min,
            || {
                if min == 1 {
                    "must not be empty".to_owned()
                } else {
                    format!("must have at least {min} characters")
                }
            },
        )
    }

    /// At most `max` characters (Unicode scalar values).
    pub fn max_chars(self, max: usize) -> Self {
        self.check(
            "too_long",
            |text| text.len() <= max || text.chars().count() <= max,
            || format!("must have at most {max} characters"),
        )
    }

    /// Without control characters, line breaks included.
    pub fn one_line(self) -> Self {
        self.check(
            "control_character",
            |text| !text.chars().any(char::is_control),
            || "must be one line without control characters",
        )
    }

    /// One name of a closed list; the fault names all of them.
    pub fn choice<T>(self) -> Field<'f, T>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.parse("unknown_name", |text| text.parse::<T>())
    }

    /// A UUID.
    pub fn uuid(self) -> Field<'f, Uuid> {
        self.parse("not_a_uuid", |text| text.parse::<Uuid>().map_err(|_| "must be a UUID"))
    }

    /// An instant of RFC 3339 from the year 1 on, rounded to microseconds.
    pub fn timestamp(self) -> Field<'f, Timestamp> {
        self.parse("not_an_instant", |text| {
            instant(&text).ok_or("must be an instant such as 2024-05-01T12:00:00Z")
        })
    }

    /// A whole number written in decimal digits, for parameters outside JSON.
    pub fn integer(self) -> Field<'f, i64> {
        self.parse("wrong_type", |text| text.parse::<i64>().map_err(|_| "must be a whole number"))
    }

    /// `true` or `false`, for parameters outside JSON.
    pub fn boolean(self) -> Field<'f, bool> {
        self.parse("wrong_type", |text| text.parse::<bool>().map_err(|_| "must be true or false"))
    }
}

impl<'f> Field<'f, i64> {
    /// From `min` to `max`, both included.
    pub fn between(self, min: i64, max: i64) -> Self {
        self.check(
            "out_of_range",
            |number| (min..=max).contains(number),
            || format!("must be from {min} to {max}"),
        )
    }

    /// As a narrower number.
    pub fn narrow<N: TryFrom<i64>>(self) -> Field<'f, N> {
        self.parse("out_of_range", |number| N::try_from(number).map_err(|_| "is out of range"))
    }
}

/// The database keeps microseconds, and RFC 3339 has no year before 1.
fn instant(text: &str) -> Option<Timestamp> {
    const YEAR_ONE: i64 = -62_135_596_800;
    let instant: Timestamp = text.parse().ok()?;
    instant
        .round(TimestampRound::new().smallest(Unit::Microsecond))
        .ok()
        .filter(|instant| instant.as_second() >= YEAR_ONE)
}
