//! Clocks against the collected cases.

use serde_json::{Value, json};
use support_engineer::domain::sla::explain::{Question, explain};

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
