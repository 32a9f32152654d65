//! Documents that were fine until something about them was changed. Changes are
//! values, so that a failure is narrowed down to the few that it takes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Number, Value, json};

/// Texts that have broken somebody.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "a\r\nb",
    "\u{feff}x",
    "\u{202e}abc",
    "\u{fffd}",
    "e\u{301}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "\u{130}I\u{df}",
    "-1",
    "00",
    "1e309",
    "NaN",
    "null",
    "P1Y2M",
    "-PT0S",
    "0000-01-01",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "2024-02-30T00:00:00Z",
    "2024-06-30T23:59:60Z",
    "2024-03-31T02:30:00+01:00[Europe/Berlin]",
    "24:00",
    "23:59:60",
    "Europe/Berlin",
    "Etc/Unknown",
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "a@b",
    "\"a b\"@example.org",
    "a@[127.0.0.1]",
    "https://a:b@[::1]:99999/?#",
    "http://\u{130}.example",
    "/a~2b",
    "/0/-1",
    "*",
    "__proto__",
];

/// Pieces of JSON and of other texts, well formed and not.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\\u00",
    b"null",
    b"tru",
    b"-",
    b"-0",
    b"0.0000000001",
    b"1e999",
    b"-1e-999",
    b"18446744073709551616",
    b"123456789012345678901234567890",
    b"\"a\":1,\"a\":2,",
    b"/*x*/",
    b"//x\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\r\n",
    b"\r",
    b"\n ",
    b"\t",
    b"\x1b[31m",
    b"=",
    b"'",
    b"'''",
    b"\"\"\"",
    b"#",
    b";",
    b"%00",
    b"\xe2\x80\xa8",
    b"[[",
    b"]]",
    b"$",
    b"{{",
    b"}}",
];

/// A change of a value in a document; the index tells which of all its values.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Another value stands there.
    Put(Index, Value),
    /// A field or an item is gone.
    Drop(Index),
    /// An object or an array has one more.
    Add(Index, String, Value),
    /// A value of another place stands there.
    Copy(Index, Index),
    /// It lies inside so many arrays and objects.
    Wrap(Index, usize),
    /// It is there so many times, if it is an item.
    Repeat(Index, usize),
    /// Its text is changed, if it is one.
    Spoil(Index, Vec<Spoil>),
}

/// A change of some bytes.
#[derive(Debug, Clone)]
pub(super) enum Spoil {
    /// It ends there.
    Cut(Index),
    /// These come in between.
    Insert(Index, Vec<u8>),
    /// Another byte stands there.
    Flip(Index, u8),
    /// What lies between is gone.
    Remove(Index, Index),
    /// What lies between comes once more, after the second.
    Again(Index, Index),
}

/// Values of any kind.
pub(super) fn values() -> impl Strategy<Value = Value> {
    let numbers = select(vec![
        0,
        1,
        -1,
        4,
        59,
        60,
        255,
        256,
        86_400,
        100_000,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::MAX,
        i64::MIN,
    ]);
    let floats = select(vec![0.5, -0.0, 1e-300, 1e300, f64::MAX, 9_007_199_254_740_993.0]);
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => numbers.prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => floats.prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
        6 => texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{0,6}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Texts of any kind, long ones among them.
pub(super) fn texts() -> impl Strategy<Value = String> {
    let lengths = vec![63_usize, 64, 200, 201, 255, 256, 1_000, 2_001, 100_001];
    prop_oneof![
        6 => select(TEXTS).prop_map(str::to_owned),
        2 => "\\PC{0,24}",
        1 => any::<String>(),
        1 => (select(vec!["x", "\u{e9}", "\u{1f4a9}", "a.", "-", " "]), select(lengths))
            .prop_map(|(piece, times)| piece.repeat(times)),
        1 => "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,10})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    ]
}

/// A few changes.
pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = any::<Index>;
    let change = prop_oneof![
        5 => (place(), values()).prop_map(|(at, value)| Change::Put(at, value)),
        2 => place().prop_map(Change::Drop),
        2 => (place(), texts(), values()).prop_map(|(at, name, value)| Change::Add(at, name, value)),
        2 => (place(), place()).prop_map(|(at, from)| Change::Copy(at, from)),
        1 => (place(), select(vec![1_usize, 2, 20, 40])).prop_map(|(at, depth)| Change::Wrap(at, depth)),
        1 => (place(), select(vec![2_usize, 3, 30, 300])).prop_map(|(at, times)| Change::Repeat(at, times)),
        4 => (place(), spoils()).prop_map(|(at, spoils)| Change::Spoil(at, spoils)),
    ];
    vec(change, 1..5)
}

/// A few changes of bytes.
pub(super) fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
    let place = any::<Index>;
    let spoil = prop_oneof![
        1 => place().prop_map(Spoil::Cut),
        5 => (place(), select(PIECES)).prop_map(|(at, piece)| Spoil::Insert(at, piece.to_vec())),
        1 => (place(), vec(any::<u8>(), 1..6)).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        3 => (place(), any::<u8>()).prop_map(|(at, byte)| Spoil::Flip(at, byte)),
        2 => (place(), place()).prop_map(|(from, to)| Spoil::Remove(from, to)),
        2 => (place(), place()).prop_map(|(from, to)| Spoil::Again(from, to)),
    ];
    vec(spoil, 1..4)
}

/// The document with these changes, one after the other.
pub(super) fn changed(mut document: Value, changes: &[Change]) -> Value {
    for change in changes {
        match change {
            Change::Put(at, value) => *place(&mut document, *at) = value.clone(),
            Change::Drop(at) => drop_at(&mut document, *at),
            Change::Add(at, name, value) => match place(&mut document, *at) {
                Value::Object(fields) => drop(fields.insert(name.clone(), value.clone())),
                Value::Array(items) => items.push(value.clone()),
                other => *other = json!({ (name.clone()): value }),
            },
            Change::Copy(at, from) => {
                let copy = place(&mut document, *from).clone();
                *place(&mut document, *at) = copy;
            }
            Change::Wrap(at, depth) => {
                let place = place(&mut document, *at);
                for step in 0..*depth {
                    let inner = place.take();
                    *place = if step % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) };
                }
            }
            Change::Repeat(at, times) => {
                if let Value::Array(items) = place(&mut document, *at)
                    && let Some(first) = items.first().cloned()
                {
                    items.extend(std::iter::repeat_n(first, *times));
                }
            }
            Change::Spoil(at, spoils) => {
                if let Value::String(text) = place(&mut document, *at) {
                    let bytes = spoilt(text.as_bytes(), spoils);
                    *text = String::from_utf8_lossy(&bytes).into_owned();
                }
            }
        }
    }
    document
}

/// The bytes with these changes, one after the other.
pub(super) fn spoilt(bytes: &[u8], spoils: &[Spoil]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for spoil in spoils {
        let place = |index: &Index| index.index(bytes.len() + 1);
        match spoil {
            Spoil::Cut(at) => bytes.truncate(place(at)),
            Spoil::Insert(at, piece) => {
                let at = place(at);
                bytes.splice(at..at, piece.iter().copied());
            }
            Spoil::Flip(at, byte) => {
                let at = place(at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Spoil::Remove(from, to) => {
                let (from, to) = ordered(place(from), place(to));
                bytes.drain(from..to);
            }
            Spoil::Again(from, to) => {
                let (from, to) = ordered(place(from), place(to));
                let again = bytes[from..to].to_vec();
                bytes.splice(to..to, again);
            }
        }
    }
    bytes
}

fn ordered(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

/// One of the values of a document, itself included.
fn place(document: &mut Value, at: Index) -> &mut Value {
    let mut left = at.index(count(document));
    find(document, &mut left).expect("it is one of them")
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn find<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| find(item, left)),
        Value::Object(fields) => fields.iter_mut().find_map(|(_, field)| find(field, left)),
        _ => None,
    }
}

/// Takes a field or an item out of what the place holds, or empties it.
fn drop_at(document: &mut Value, at: Index) {
    match place(document, at) {
        Value::Object(fields) if !fields.is_empty() => {
            let name = fields.keys().nth(at.index(fields.len())).cloned();
            name.and_then(|name| fields.remove(&name));
        }
        Value::Array(items) if !items.is_empty() => drop(items.remove(at.index(items.len()))),
        other => *other = Value::Object(Map::new()),
    }
}
