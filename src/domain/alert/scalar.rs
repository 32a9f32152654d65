//! Values as senders write them: texts, numbers and truth values mixed, and
//! instants in several forms.

use std::collections::BTreeMap;

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::{Map, Value};

use crate::domain::place::Place;

/// Longest name or value of a label that is kept, in characters.
const MOST_CHARS: usize = 20_000;
/// Most labels, or annotations, of an alert.
const MOST_LABELS: usize = 500;
/// Numbers above are milliseconds: seconds so large lie past the year 5000.
const MILLISECONDS: i64 = 100_000_000_000;

/// A text that says something, a number or a truth value, as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What of an object is no object or array itself.
pub(super) fn pairs(object: &Map<String, Value>) -> BTreeMap<String, String> {
    object.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// Takes an object of texts; numbers and truth values become texts, nulls are
/// left out.
pub(super) fn take_pairs(place: Place<'_>) -> BTreeMap<String, String> {
    let pairs = place.object(|f| {
        let rest = f.take_rest();
        if rest.len() > MOST_LABELS {
            f.fault("", "too_many_fields", format!("holds more than {MOST_LABELS} fields"));
        }
        let mut pairs = BTreeMap::new();
        for (name, value) in rest {
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Array(_) | Value::Object(_) => {
                    f.fault(&name, "wrong_type", "must be a text");
                    continue;
                }
                other => other.to_string(),
            };
            if name.len().max(value.len()) > MOST_CHARS {
                f.fault(&name, "too_long", format!("must have at most {MOST_CHARS} bytes"));
            }
            pairs.insert(name, value);
        }
        Some(pairs)
    });
    pairs.or_default()
}

/// Takes a text, a number or a truth value as text; blank is absent.
pub(super) fn take_text(place: Place<'_>) -> Option<String> {
    let field = place.any().parse("wrong_type", |value| match &value {
        Value::Array(_) | Value::Object(_) => Err("must be a text"),
        other => Ok(text(other)),
    });
    field.optional().flatten()
}

/// Takes an instant; blank and the year 1, which stands for none, are absent.
pub(super) fn take_instant(place: Place<'_>) -> Option<Timestamp> {
    let field = place.text().parse("not_an_instant", |text| {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let instant: Timestamp =
            text.parse().map_err(|_| "must be an instant such as 2024-05-01T12:00:00Z")?;
        Ok::<_, &str>(known(instant))
    });
    field.optional().flatten()
}

/// An instant wherever one can be understood.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok().and_then(known),
        Value::Number(number) => {
            let number = number.as_i64()?;
            let instant = if number > MILLISECONDS {
                Timestamp::from_millisecond(number)
            } else {
                Timestamp::from_second(number)
            };
            instant.ok().and_then(known)
        }
        _ => None,
    }
}

/// The database keeps microseconds; instants before 1970 stand for none.
fn known(instant: Timestamp) -> Option<Timestamp> {
    let rounded = instant.round(TimestampRound::new().smallest(Unit::Microsecond)).ok()?;
    (rounded.as_second() > 0).then_some(rounded)
}

/// One line of at most `most` characters: line breaks become spaces, other
/// control characters go.
pub(super) fn line(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = words.chars().filter(|letter| !letter.is_control()).collect();
    cut(&plain, most)
}

/// A text of at most `most` characters; an ellipsis shows that there was more.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
