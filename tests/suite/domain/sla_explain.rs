//! Made-up cases: the collected ones, and others.

use jiff::Timestamp;
use serde_json::{Value, json};
use support_engineer::domain::sla::Metric;
use support_engineer::domain::sla::explain::{Answer, Question, explain};
use support_engineer::domain::violation::Violation;

const CASES: &str = include_str!("../../data/sla.json");

fn question(cases: &Value, case: &Value) -> Question {
    let name = case["calendar"].as_str().expect("a case names its calendar");
    let mut asked = json!({
        "calendar": cases["calendars"][name],
        "targets": case["targets"],
        "rules": case["rules"],
        "ticket": case["ticket"],
        "events": case["events"],
    });
    if let Some(at) = case.get("evaluate_at") {
        asked["evaluated_at"] = at.clone();
    }
    serde_json::from_value(asked).expect("a case has the form of a question")
}

#[test]
fn every_case_of_sla() {
    let cases: Value = serde_json::from_str(CASES).expect("the cases are JSON");
    let list = cases["cases"].as_array().expect("a list of cases");
    let mut wrong = Vec::new();
    for case in list {
        let answer = explain(question(&cases, case)).expect("every case is valid");
        let answer = serde_json::to_value(answer).expect("an answer is JSON");
        for (field, expected) in case["expect"].as_object().expect("an object of expectations") {
            if answer[field] != *expected {
                wrong.push(format!("{} {field}: {} instead of {expected}", case["id"], answer[field]));
            }
        }
    }
    assert!(wrong.is_empty(), "wrong:\n{}", wrong.join("\n"));
    assert_eq!(list.len(), 47);
}

/// An instant of Monday, 3 June 2024.
fn at(time: &str) -> Timestamp {
    format!("2024-06-03T{time}Z").parse().expect("an instant")
}

fn ask(json: Value) -> Result<Answer, Vec<(String, &'static str)>> {
    let question: Question = serde_json::from_value(json).expect("the form of a question");
    let told = |faults: Vec<Violation>| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
    explain(question).map_err(told)
}

fn made_up(events: &Value) -> Value {
    json!({
        "calendar": {"time_zone": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}},
        "targets": {"normal": {"first_response": 60, "next_response": 30, "resolution": 120}},
        "rules": {"resolution_pauses_in": ["pending"]},
        "ticket": {"created_at": "2024-06-03T10:00:00Z", "priority": "normal", "status": "open", "created_by": "requester"},
        "events": events, "evaluated_at": "2024-06-03T16:00:00Z",
    })
}

#[test]
fn a_made_up_case_with_machines_repeats_and_a_merge() {
    let answer = ask(made_up(&json!([
        {"at": "2024-06-03T11:30:00Z", "type": "status", "to": "merged", "event_id": "d"},
        {"at": "2024-06-03T10:05:00Z", "type": "agent_public_reply", "automatic": true, "event_id": "a"},
        {"at": "2024-06-03T10:30:00Z", "type": "agent_public_reply", "event_id": "b"},
        {"at": "2024-06-03T10:40:00Z", "type": "requester_reply", "event_id": 7},
        {"at": "2024-06-03T10:50:00Z", "type": "requester_reply", "event_id": 7},
        {"at": "2024-06-03T17:00:00Z", "type": "agent_public_reply", "event_id": "late"},
    ])))
    .expect("a valid question");
    let after: Vec<_> = answer
        .after
        .iter()
        .map(|step| (step.event, step.status.as_str(), step.next_response_due_at))
        .collect();
    let due = Some(at("11:10:00"));
    let expected =
        [(0, "open", None), (1, "open", None), (2, "open", None), (3, "open", due), (4, "merged", None)];
    assert_eq!(after, expected);
    assert_eq!(answer.first_response_at, Some(at("10:30:00")));
    assert_eq!(answer.next_response_minutes, Vec::<f64>::new());
    assert_eq!(answer.resolution_elapsed_minutes, Some(90.0));
    assert_eq!(answer.resolution_breached, Some(false));
    assert!(answer.segments.iter().any(|segment| segment.metric == Metric::NextResponse));
}

#[test]
fn every_fault_of_a_made_up_case_is_told() {
    let mut question = made_up(&json!([
        {"at": "2024-06-03T09:00:00Z", "type": "internal_note"},
        {"at": "yesterday", "type": "status", "to": "asleep"},
        {"at": "2024-06-03T11:00:00Z", "type": "priority"},
        {"at": "2024-06-03T11:00:00Z", "type": "phone_call"},
    ]));
    question["calendar"]["time_zone"] = json!("Nowhere");
    question["rules"] = json!({"reopen": "never", "first_response_pauses_in": ["lunch"]});
    question["targets"]["a/b"] = json!({"resolution": -1});
    let faults = ask(question).expect_err("much is wrong");
    let expected = [
        ("/calendar/time_zone", "unknown_time_zone"),
        ("/rules/first_response_pauses_in/0", "unknown_word"),
        ("/rules/reopen", "unknown_word"),
        ("/targets/a~1b/resolution", "invalid_target"),
        ("/events/0/at", "before_creation"),
        ("/events/1/at", "invalid_instant"),
        ("/events/1/to", "unknown_word"),
        ("/events/2/to", "required"),
        ("/events/3/type", "unknown_word"),
    ];
    let told: Vec<_> = faults.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_huge_made_up_case_is_bounded() {
    let event = |year: usize| {
        let kind = if year.is_multiple_of(2) { "agent_public_reply" } else { "requester_reply" };
        json!({"at": format!("{year:04}-06-03T10:00:00Z"), "type": kind})
    };
    let mut question = made_up(&(2025..9_000).map(event).collect());
    question["evaluated_at"] = json!("9999-01-01T00:00:00Z");
    let answer = ask(question.clone()).expect("a valid question");
    assert!(answer.segments_truncated);
    assert_eq!(answer.segments.len(), 20_000);
    question["events"] = vec![event(2_030); 10_001].into();
    question["calendar"]["weekly"]["wed"] = vec![json!(["09:00", "17:00"]); 501].into();
    let faults = ask(question).expect_err("too much of it");
    let told: Vec<_> = faults.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
    assert_eq!(told, [("/calendar/weekly/wed", "too_many"), ("/events", "too_many")]);
}

#[test]
fn rules_that_are_left_out() {
    let mut question = made_up(&json!([
        {"at": "2024-06-03T10:30:00Z", "type": "status", "to": "on_hold"},
        {"at": "2024-06-03T11:30:00Z", "type": "status", "to": "open"},
    ]));
    let due = |question: &Value| {
        let answer = ask(question.clone()).expect("a valid question");
        answer.after.last().and_then(|step| step.resolution_due_at)
    };
    assert_eq!(due(&question), Some(at("12:00:00")), "given rules name every pause there is");
    question.as_object_mut().expect("an object").remove("rules");
    assert_eq!(due(&question), Some(at("13:00:00")), "without rules the desk's own arithmetic");
}
