//! Business time against the collected cases.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use support_engineer::domain::calendar::{Calendar, CalendarSpec};

const CASES: &str = include_str!("../../data/business_time.json");

fn instant(value: &Value) -> Timestamp {
    value.as_str().expect("an instant is text").parse().expect("an instant is RFC 3339")
}

fn answer(calendar: &Calendar, case: &Value) -> (&'static str, Value) {
    let start = instant(&case["start"]);
    match case["kind"].as_str() {
        Some("due") => {
            let seconds = case["business_seconds"].as_i64().expect("due asks for seconds");
            let due =
                calendar.due(start, SignedDuration::from_secs(seconds)).expect("due within the horizon");
            ("due", Value::String(due.to_string()))
        }
        Some("elapsed") => {
            ("business_seconds", calendar.elapsed(start, instant(&case["end"])).as_secs().into())
        }
        Some("is_open") => ("open", calendar.is_open(start).into()),
        kind => panic!("a new kind of case: {kind:?}"),
    }
}

#[test]
fn every_case_of_business_time() {
    let cases: Value = serde_json::from_str(CASES).expect("the cases are JSON");
    let mut wrong = Vec::new();
    let list = cases["cases"].as_array().expect("a list of cases");
    for case in list {
        let name = case["calendar"].as_str().expect("a case names its calendar");
        let spec: CalendarSpec = serde_json::from_value(cases["calendars"][name].clone())
            .expect("a calendar has the written form");
        let calendar = Calendar::build(spec).expect("every calendar of the cases is valid");
        let (field, given) = answer(&calendar, case);
        let holds = |field: &str| case[field].as_array().is_some_and(|list| list.contains(&given));
        if holds("known_wrong") || !(given == case[field] || holds("also_accepted")) {
            wrong.push(format!("{}: {} instead of {}", case["id"], given, case[field]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), list.len(), wrong.join("\n"));
    assert_eq!(list.len(), 192);
}
