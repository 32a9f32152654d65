//! Strict reading of JSON.

use proptest::prelude::*;
use serde_json::{Value, json};
use support_engineer::domain::json::{JsonFault, MAX_DEPTH, parse};

fn places(text: &str) -> Vec<(String, &'static str)> {
    match parse(text.as_bytes()) {
        Err(JsonFault::Characters(faults)) => {
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn characters_that_cannot_be_kept_are_named_by_place() {
    assert_eq!(
        places(r#"{"a": ["x", "\u0000"], "b\u0000": 1}"#),
        [("/a/1".to_owned(), "nul_character"), ("/b\0".to_owned(), "nul_character")]
    );
    for (text, place) in [
        (r#"{"a": {"b": "x\ud800y"}}"#, "/a/b"),
        (r#"["ok", "\udc00"]"#, "/1"),
        (r#"["\ud800\ud800"]"#, "/0"),
        (r#"["\ud83d\u0041"]"#, "/0"),
        ("[\n\n \"\\udfff\"]", "/0"),
        (r#""\uD800""#, ""),
        (r#"["\ud83d\ude00", {"a": "\ud83d"}]"#, "/1/a"),
    ] {
        assert_eq!(places(text), [(place.to_owned(), "lone_surrogate")], "{text}");
    }
    assert_eq!(parse(br#""\ud83d\ude00 \\ud800""#), Ok(json!("\u{1f600} \\ud800")));
}

#[test]
fn a_syntax_fault_before_half_a_pair_is_a_syntax_fault() {
    for text in
        [r#"{oops "\ud800"}"#, r#"["\ud800"#, "[1,]", "", "nul", "1e999", "{} {}", "[\"a\nb\"]", "\u{feff}{}"]
    {
        let fault = parse(text.as_bytes()).expect_err(text);
        let broken_off = text == r#"["\ud800"#;
        assert_eq!(matches!(fault, JsonFault::Syntax { .. }), !broken_off, "{text}: {fault:?}");
    }
}

#[test]
fn fields_given_twice_are_refused_however_they_are_spelled() {
    for (text, place) in [
        (r#"{"a": 1, "a": 1}"#, "/a"),
        (r#"{"a": 1, "\u0061": 2}"#, "/a"),
        (r#"[{"x": {"b": 1, "c": 2, "b": null}}]"#, "/0/x/b"),
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(JsonFault::DuplicateKey { pointer: place.to_owned() }),
            "{text}"
        );
    }
    assert!(parse(br#"[{"a": 1}, {"a": 1}]"#).is_ok());
}

#[test]
fn depth_is_bounded_exactly() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    let too_deep = parse(nested(MAX_DEPTH + 1).as_bytes());
    assert_eq!(too_deep, Err(JsonFault::TooDeep { pointer: "/0".repeat(MAX_DEPTH) }));
    assert!(matches!(parse("[".repeat(1_000_000).as_bytes()), Err(JsonFault::TooDeep { .. })));
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    assert_eq!(parse(b"{\"a\": \"\xff\"}"), Err(JsonFault::NotUtf8 { offset: 7 }));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[^\0]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[^\0]{0,4}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in values()) {
        prop_assert_eq!(parse(value.to_string().as_bytes()), Ok(value));
    }

    #[test]
    fn nothing_makes_the_reader_panic(text in "[\\[\\]{}\",:\\\\u0d8cf 1a]{0,40}") {
        let ours = parse(text.as_bytes()).is_ok();
        prop_assert!(!ours || serde_json::from_str::<Value>(&text).is_ok());
    }
}
