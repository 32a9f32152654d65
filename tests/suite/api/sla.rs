//! Business time and service levels of made-up cases, through the front door.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::Desk;

const BUSINESS_TIME: &str = include_str!("../../data/business_time.json");
const SLA: &str = include_str!("../../data/sla.json");

fn cases(text: &str) -> Value {
    serde_json::from_str(text).expect("the cases are JSON")
}

fn list(cases: &Value) -> &[Value] {
    cases["cases"].as_array().expect("a list of cases")
}

/// The question of a case, without what belongs to its answer.
fn question(case: &Value) -> Value {
    let mut question = json!({ "kind": case["kind"], "start": case["start"] });
    match case["kind"].as_str() {
        Some("due") => question["business_seconds"] = case["business_seconds"].clone(),
        Some("elapsed") => question["end"] = case["end"].clone(),
        _ => {}
    }
    question
}

#[tokio::test]
async fn every_case_of_business_time_comes_out_right() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let cases = cases(BUSINESS_TIME);
    let calendars = cases["calendars"].as_object().expect("calendars by name");
    let mut asked = 0;
    for (name, calendar) in calendars {
        let of_calendar: Vec<&Value> =
            list(&cases).iter().filter(|case| case["calendar"] == **name).collect();
        let queries: Vec<Value> = of_calendar.iter().map(|case| question(case)).collect();
        let body = json!({ "calendar": calendar, "queries": queries });
        let answer = agent.post("/v1/calendars/evaluate", &body).await.expect(200).json();
        for (case, result) in of_calendar.iter().zip(answer["results"].as_array().expect("results")) {
            let field = match case["kind"].as_str() {
                Some("due") => "due",
                Some("elapsed") => "business_seconds",
                _ => "open",
            };
            let accepted = case["also_accepted"].as_array().is_some_and(|also| also.contains(&result[field]));
            assert!(result[field] == case[field] || accepted, "{}: {result}", case["id"]);
            asked += 1;
        }
    }
    assert_eq!(asked, 192);
}

/// Where `expected` says something that `given` does not say.
fn differences(expected: &Value, given: &Value, place: &str, found: &mut Vec<String>) {
    match (expected, given) {
        (Value::Object(fields), _) => {
            for (name, value) in fields {
                differences(value, &given[name], &format!("{place}/{name}"), found);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                differences(item, other, &format!("{place}/{index}"), found);
            }
        }
        (Value::Number(number), Value::Number(other)) if number.as_f64() == other.as_f64() => {}
        _ if expected == given => {}
        _ => found.push(format!("{place}: {given} instead of {expected}")),
    }
}

#[tokio::test]
async fn every_sla_case_is_explained_right() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let cases = cases(SLA);
    for case in list(&cases) {
        let calendar = case["calendar"].as_str().expect("a case names its calendar");
        let body = json!({
            "calendar": cases["calendars"][calendar], "targets": case["targets"], "rules": case["rules"],
            "ticket": case["ticket"], "events": case["events"],
            "evaluated_at": case["expect"]["evaluated_at"],
        });
        let answer = agent.post("/v1/sla/explain", &body).await.expect(200).json();
        let mut wrong = Vec::new();
        differences(&case["expect"], &answer, "", &mut wrong);
        assert!(wrong.is_empty(), "{}: {wrong:?}", case["id"]);
        assert!(answer["segments"].is_array());
    }
    assert_eq!(list(&cases).len(), 47);
}

#[tokio::test]
async fn faults_of_a_calendar_and_of_its_questions_are_named_together() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let body = json!({
        "calendar": {"time_zone": "Mars/Olympus", "weekly": {"mon": [["25:00", "26:00"]]}, "holidays": ["2023-02-29"]},
        "queries": [{"kind": "due", "start": "soon"}, {"kind": "open"}, {"kind": "is_open", "start": "2024-01-01T00:00:00Z", "x": 1}],
    });
    let answer = agent.post("/v1/calendars/evaluate", &body).await.expect_problem(422, "validation");
    let places: Vec<String> = answer.faults().into_iter().map(|(pointer, _)| pointer).collect();
    for place in [
        "/calendar/time_zone",
        "/calendar/weekly/mon/0/0",
        "/calendar/holidays/0",
        "/queries/0/start",
        "/queries/0/business_seconds",
        "/queries/1/kind",
        "/queries/2/x",
    ] {
        assert!(places.iter().any(|given| given == place), "{place} is not in {places:?}");
    }
    let never = json!({"calendar": {"time_zone": "UTC", "weekly": {}}, "queries": []});
    let answer = agent.post("/v1/calendars/evaluate", &never).await.expect_problem(422, "validation");
    assert_eq!(answer.faults()[0].1, "never_opens");
    let shapeless =
        json!({"calendar": {"time_zone": "UTC", "weekly": {"mon": 5}}, "targets": {}, "ticket": {}});
    let answer = agent.post("/v1/sla/explain", &shapeless).await.expect_problem(422, "validation");
    assert_eq!(answer.faults(), [("/calendar/weekly/mon".to_owned(), "wrong_shape".to_owned())]);
    // An array of its values is no object.
    let hours = json!({"time_zone": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}});
    let listed = json!({"calendar": hours, "targets": {}, "ticket": ["2024-01-01T10:00:00Z", "normal"]});
    let answer = agent.post("/v1/sla/explain", &listed).await.expect_problem(422, "validation");
    assert_eq!(answer.faults(), [("/ticket".to_owned(), "wrong_shape".to_owned())]);
}

#[tokio::test]
async fn the_ticket_and_its_explanation_agree_on_lateness() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T08:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let urgent = json!({ "subject": "Production is down", "body": "Production is down for everyone.",
        "requester": { "email": "ada@example.org" }, "severity": "critical", "impact": "organization" });
    let made = agent.post("/v1/tickets", &urgent).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    assert_eq!(made.at("/sla/resolution/due_at"), json!("2000-01-03T12:00:00Z"));
    // Paused at the very instant of the deadline: not late yet, and late right after.
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let waiting = json!({ "to": "pending", "reason": "We wait for an answer." });
    let paused = agent.post(&format!("{path}/transitions"), &waiting).await.expect(200);
    let states = async |ticket: &Value| {
        let explained = agent.get(&format!("{path}/sla")).await.expect(200).json();
        let clocks = explained["clocks"].as_array().expect("clocks").clone();
        let resolution =
            clocks.iter().find(|clock| clock["metric"] == "resolution").expect("a clock").clone();
        let shown = &ticket["sla"]["resolution"];
        assert_eq!(
            (&shown["state"], &shown["breached_at"]),
            (&resolution["state"], &resolution["breached_at"])
        );
        shown["state"].clone()
    };
    states(&paused.json()).await;
    desk.move_clock("2000-01-03T12:00:01Z").await;
    let late = agent.get(&path).await.expect(200);
    assert_eq!(states(&late.json()).await, "breached");
    assert_ne!(late.header("etag"), paused.header("etag"), "what shows has changed");
}

#[tokio::test]
async fn an_explanation_is_sent_again_when_more_than_the_time_has_changed() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let made =
        agent.post("/v1/tickets", &crate::harness::ticket("Export fails", "It stops.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let sla = format!("{path}/sla");
    let running = agent.get(&sla).await.expect(200);
    desk.move_clock("2000-01-03T09:10:00Z").await;
    agent.with("if-none-match", running.header("etag")).get(&sla).await.expect(200);
    let how = json!({ "resolution": "fixed", "steps": "Repaired it.", "message": "It works again." });
    agent.post(&format!("{path}/resolve"), &how).await.expect(200);
    let first = agent.get(&sla).await.expect(200);
    desk.move_clock("2000-01-03T09:20:00Z").await;
    let known = agent.with("if-none-match", first.header("etag"));
    assert_eq!(known.get(&sla).await.expect(304).header("etag"), first.header("etag"));
    let second = agent.get(&sla).await.expect(200);
    assert_eq!(second.at("/clocks"), first.at("/clocks"));
    assert_eq!(second.at("/evaluated_at"), "2000-01-03T09:20:00Z");
    assert_ne!(second.header("etag"), first.header("etag"), "another text has another tag");
}
