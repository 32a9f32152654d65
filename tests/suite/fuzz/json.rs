//! Bytes that are JSON, or nearly.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use support_engineer::domain::items::{of_array, of_lines};
use support_engineer::domain::json::{JsonFault, MAX_DEPTH, parse};

use super::mutant::{changed, changes, spoils, spoilt};
use super::{cases, timely};

/// Most items that are asked for here.
const MOST: usize = 100;

fn seeds() -> Vec<Value> {
    vec![
        json!({ "subject": "Export fails", "requester": { "email": "a@b.example" }, "tags": ["a", "b"], "custom": {} }),
        json!([{ "a": 1 }, [1.5e3, -0.25, 18_446_744_073_709_551_615_u64], "t\u{e4}xt \u{1f600} \\ \"", null, true]),
        json!("alone"),
    ]
}

/// Nearly JSON, spaced in one of two ways.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let document = (select(seeds()), changes()).prop_map(|(seed, changes)| changed(seed, &changes));
    (document, spoils(), any::<bool>(), any::<bool>()).prop_map(|(document, spoils, spaced, spoil)| {
        let text = if spaced { format!("{document:#}") } else { document.to_string() };
        if spoil { spoilt(text.as_bytes(), &spoils) } else { text.into_bytes() }
    })
}

/// The deepest nesting of a value.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The same, but for the last place of long fractions, in which a number that is
/// read may be off by one.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same =
                |(name, one): (&String, &Value)| other.get(name).is_some_and(|other| alike(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (Value::Number(one), Value::Number(other)) if one.is_f64() && other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            (one - other).abs() <= one.abs() * 2.0 * f64::EPSILON
        }
        _ => one == other,
    }
}

fn is_pointer(pointer: &str) -> bool {
    pointer.is_empty() || pointer.starts_with('/')
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_is_read_is_what_others_read_and_a_fault_lies_within(bytes in nearly()) {
        match timely(|| parse(&bytes))? {
            Ok(value) => {
                prop_assert!(depth(&value) <= MAX_DEPTH);
                let again = parse(value.to_string().as_bytes());
                prop_assert!(again.as_ref().is_ok_and(|again| alike(again, &value)), "{value} is read as {again:?}");
                let other: Value = serde_json::from_slice(&bytes).expect("JSON for others, too");
                prop_assert_eq!(other, value);
            }
            Err(JsonFault::Syntax { line, column, reason }) => {
                prop_assert!(serde_json::from_slice::<Value>(&bytes).is_err(), "{reason}");
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                prop_assert!((1..=lines.len()).contains(&line), "line {line}");
                prop_assert!(column <= lines[line - 1].len() + 1, "line {line}, column {column}");
            }
            Err(JsonFault::NotUtf8 { offset }) => {
                prop_assert!(std::str::from_utf8(&bytes[..offset]).is_ok());
                prop_assert!(std::str::from_utf8(&bytes).is_err());
            }
            Err(JsonFault::DuplicateKey { pointer } | JsonFault::TooDeep { pointer }) => {
                prop_assert!(is_pointer(&pointer));
            }
            Err(JsonFault::Characters(faults)) => {
                prop_assert!((1..=20).contains(&faults.len()));
                prop_assert!(faults.iter().all(|fault| is_pointer(&fault.pointer)));
            }
        }
    }

    #[test]
    fn items_of_an_array_are_those_of_the_whole(bytes in nearly()) {
        let ranges = timely(|| of_array(&bytes, MOST))?;
        match (parse(&bytes), &ranges) {
            (Ok(Value::Array(items)), Ok(ranges)) => {
                let read: Result<Vec<Value>, JsonFault> = ranges.iter().map(|range| parse(&bytes[range.clone()])).collect();
                prop_assert_eq!(read, Ok(items));
            }
            (Ok(Value::Array(items)), Err(_)) => prop_assert!(items.len() > MOST),
            (Ok(_), _) => prop_assert!(ranges.is_err(), "no array has items"),
            (Err(_), _) => {}
        }
        let mut end = 0;
        for range in ranges.iter().flatten() {
            prop_assert!(end <= range.start && range.start < range.end && range.end <= bytes.len());
            end = range.end;
        }
    }

    #[test]
    fn lines_are_all_there_is_but_blank_ones(bytes in nearly()) {
        let Ok(ranges) = timely(|| of_lines(&bytes, MOST))? else {
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            prop_assert!(lines.count() > MOST);
            return Ok(());
        };
        let kept: Vec<u8> = ranges.iter().flat_map(|range| bytes[range.clone()].to_vec()).collect();
        let visible = |bytes: &[u8]| bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        prop_assert_eq!(visible(&kept), visible(&bytes));
        prop_assert!(ranges.iter().all(|range| !bytes[range.clone()].contains(&b'\n')));
    }
}
