//! Reading a body field by field.

use serde_json::{Map, Value, json};
use support_engineer::domain::field::MAX_FAULTS;
use support_engineer::domain::fields::{Fields, read};
use support_engineer::domain::place::MapLimits;
use support_engineer::domain::violation::Violation;
use support_engineer::domain::vocabulary::{EvidenceKind, Severity};

type Sheet = (String, Option<Severity>, Vec<String>, Option<(String, i64)>, Map<String, Value>);

fn sheet(f: &mut Fields<'_>) -> Option<Sheet> {
    let subject = f.text("subject").trimmed().min_chars(1).max_chars(10).one_line().required();
    let severity = f.choice("severity").optional();
    let tags = f.array("tags", 3, |tag| tag.text().max_chars(4).required()).or_default();
    let person = f.object("person", person).optional();
    let custom = f.map("custom", MapLimits { entries: 2, depth: 2, bytes: 40 }).or_default();
    Some((subject?, severity, tags, person, custom))
}

fn person(f: &mut Fields<'_>) -> Option<(String, i64)> {
    let email = f.text("email").required();
    let age = f.integer("age").between(0, 150).required();
    Some((email?, age?))
}

fn codes(result: Result<Sheet, Vec<Violation>>) -> Vec<(String, &'static str)> {
    result.err().unwrap_or_default().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn a_whole_body_is_read() {
    let body = json!({
        "subject": "  Export ", "severity": "high", "tags": ["a", "b"], "custom": {"x": [1]},
        "person": {"email": "a@b.example", "age": 7.0},
    });
    let (subject, severity, tags, person, custom) = read(body, sheet).expect("no fault");
    assert_eq!((subject.as_str(), severity, tags.len()), ("Export", Some(Severity::High), 2));
    assert_eq!(person, Some(("a@b.example".to_owned(), 7)));
    assert_eq!(custom["x"], json!([1]));
}

#[test]
fn null_is_the_same_as_absent() {
    let body = json!({"subject": "a", "severity": null, "tags": null, "person": null, "custom": null});
    assert_eq!(read(body, sheet).expect("no fault"), read(json!({"subject": "a"}), sheet).expect("no fault"));
    assert_eq!(codes(read(json!({"subject": null}), sheet)), [("/subject".to_owned(), "required")]);
    assert_eq!(codes(read(json!({"subject": "a", "x": null}), sheet)), [("/x".to_owned(), "unknown_field")]);
}

#[test]
fn every_fault_is_found_at_once_with_its_place() {
    let body = json!({
        "subject": "12345678901", "severity": "hot", "tags": ["a", 5, "long!", null],
        "person": {"age": 151, "a/b~c": 1}, "custom": {"a": 1, "b": 2, "c": 3}, "extra": 1,
    });
    assert_eq!(
        codes(read(body, sheet)),
        [
            ("/subject".to_owned(), "too_long"),
            ("/severity".to_owned(), "unknown_name"),
            ("/tags".to_owned(), "too_many_items"),
            ("/person/email".to_owned(), "required"),
            ("/person/age".to_owned(), "out_of_range"),
            ("/person/a~1b~0c".to_owned(), "unknown_field"),
            ("/custom".to_owned(), "too_many_fields"),
            ("/extra".to_owned(), "unknown_field"),
        ]
    );
    let items = json!({"subject": "a", "tags": [5, "long!", null]});
    assert_eq!(
        codes(read(items, sheet)),
        [
            ("/tags/0".to_owned(), "wrong_type"),
            ("/tags/1".to_owned(), "too_long"),
            ("/tags/2".to_owned(), "required"),
        ]
    );
}

#[test]
fn each_wrong_value_has_its_code() {
    for (body, place, code) in [
        (json!({"subject": " \t "}), "/subject", "too_short"),
        (json!({"subject": "a\nb"}), "/subject", "control_character"),
        (json!({"subject": 1}), "/subject", "wrong_type"),
        (json!({"subject": "a", "person": []}), "/person", "wrong_type"),
        (json!({"subject": "a", "person": {"email": "e", "age": 1.5}}), "/person/age", "wrong_type"),
        (json!({"subject": "a", "person": {"email": "e", "age": 1e300}}), "/person/age", "wrong_type"),
        (json!({"subject": "a", "custom": {"a": [[1]]}}), "/custom", "too_deep"),
        (json!({"subject": "a", "custom": {"a": "x".repeat(50)}}), "/custom", "too_large"),
        (json!("text"), "", "wrong_type"),
        (json!(null), "", "required"),
    ] {
        assert_eq!(codes(read(body.clone(), sheet)), [(place.to_owned(), code)], "{body}");
    }
    let umlauts = json!({"subject": "\u{fc}".repeat(10)});
    assert!(read(umlauts, sheet).is_ok(), "characters are counted, not bytes");
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let faults = read(json!({"kind": "log"}), |f| f.choice::<EvidenceKind>("kind").required());
    let detail = faults.err().and_then(|faults| faults.first().map(|fault| fault.detail.clone()));
    let detail = detail.expect("a fault");
    assert!(detail.contains("\"log\"") && detail.contains("error_log, system_metrics"), "{detail}");
}

#[test]
fn ids_instants_and_truth_are_typed() {
    let body = json!({"id": "01900000-0000-7000-8000-000000000001", "at": "2024-05-01T14:00:00.1234567+02:00", "on": true});
    let read_all = |f: &mut Fields<'_>| {
        let (id, at, on) =
            (f.uuid("id").required(), f.timestamp("at").required(), f.boolean("on").required());
        Some((id?, at?, on?))
    };
    let (id, at, on) = read(body, read_all).expect("no fault");
    assert_eq!(id.as_u128(), 0x0190_0000_0000_7000_8000_0000_0000_0001);
    assert_eq!(at.to_string(), "2024-05-01T12:00:00.123457Z");
    assert!(on);
    let wrong = json!({"id": "x", "at": "yesterday", "on": "true"});
    let faults = read(wrong, read_all).expect_err("all wrong");
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["not_a_uuid", "not_an_instant", "wrong_type"]);
    for year in ["0000-12-31T23:59:59Z", "-000001-01-01T00:00:00Z", "99999-01-01T00:00:00Z"] {
        assert!(read(json!({"at": year}), |f| f.timestamp("at").required()).is_err(), "{year}");
    }
}

#[test]
fn a_flood_of_faults_is_cut_off() {
    let body = json!({"tags": vec![1; 100_000]});
    let faults = read(body, |f| f.array("tags", 200_000, |tag| tag.text().required()).required());
    assert_eq!(faults.map_or_else(|faults| faults.len(), |_| 0), MAX_FAULTS);
}

#[test]
fn a_patch_tells_null_from_absent() {
    let seen = read(json!({"a": null, "b": 1}), |f| {
        let seen = (f.is_null("a"), f.holds("a"), f.is_null("b"), f.holds("b"), f.holds("c"));
        let _ = (f.integer("a").optional(), f.integer("b").optional());
        Some(seen)
    });
    assert_eq!(seen, Ok((true, true, false, true, false)));
}

#[test]
fn a_reader_that_gives_nothing_without_a_fault_is_a_fault() {
    let faults = read(json!({"inner": {}}), |f| f.object("inner", |_| None::<()>).required());
    assert_eq!(faults.map_err(|faults| faults[0].pointer.clone()), Err("/inner".to_owned()));
    assert!(read(json!({}), |_| None::<()>).is_err());
}
