//! What is missing is asked for, and the hand-over goes on when it arrives.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::HandedOver;
use crate::harness::{Desk, ticket};

#[tokio::test]
async fn a_returned_one_goes_on_when_everything_has_arrived_anew() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    handed.step("acknowledge", json!({})).await.expect(200);
    let body = json!({ "missing": ["screenshot", "error_log"], "note": "The log is of another day." });
    let returned = handed.step("return", body).await.expect(200);
    assert_eq!(returned.text("/state"), "returned");
    assert_eq!(returned.at("/missing_context"), json!(["error_log", "screenshot"]), "also what is there");
    assert_eq!(returned.at("/required_context"), json!(["reproduction_steps", "error_log", "screenshot"]));
    assert_eq!(returned.text("/note"), "The log is of another day.");
    let asked = handed.asked().await;
    assert_eq!(asked.len(), 1, "one message for all of it");
    let text = asked[0]["body"].as_str().expect("a text");
    assert_eq!(asked[0]["visibility"], "public");
    assert!(text.starts_with("Hello Ada,"), "{text}");
    for part in ["Export fails", "The Developer needs", "lines of the log", "a picture of the screen"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("another day"), "what was said inside stays inside");

    desk.move_clock("2000-01-04T09:00:00Z").await;
    let evidence = format!("{}/evidence", handed.ticket);
    let log = json!({ "kind": "error_log", "text": "E18" });
    handed.agent.post(&evidence, &log).await.expect(201);
    let waiting = handed.get().await;
    assert_eq!(
        (waiting.text("/state"), waiting.at("/missing_context")),
        ("returned".to_owned(), json!(["screenshot"]))
    );
    let picture = json!({ "kind": "screenshot", "text": "A red box." });
    handed.agent.post(&evidence, &picture).await.expect(201);
    let on = handed.get().await;
    assert_eq!((on.text("/state"), on.at("/missing_context")), ("requested".to_owned(), json!([])));
    assert_eq!(on.at("/acknowledged_at"), Value::Null, "it waits to be acknowledged again");
    assert!(on.text("/acknowledge_by").as_str() > "2000-01-04T09:00:00Z");
    assert_eq!(handed.asked().await.len(), 1);
    let facts = handed.facts("escalation_advanced").await;
    assert_eq!(facts.last().expect("a fact")["data"]["cause"], "context_arrived");
    handed.step("answer", json!({ "text": "So." })).await.expect(200);
}

#[tokio::test]
async fn what_only_the_desk_can_know_is_asked_inside() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let body = json!({ "missing": ["system_metrics", "actual_result"] });
    handed.step("return", body).await.expect(200);
    let asked = handed.asked().await;
    let told: Vec<_> = asked.iter().map(|message| message["visibility"].clone()).collect();
    assert_eq!(told, [json!("public"), json!("internal")]);
    let (outside, inside) = (asked[0]["body"].as_str(), asked[1]["body"].as_str());
    assert!(!outside.expect("a text").contains("monitoring"));
    assert!(inside.expect("a text").contains("system_metrics"));
    let wanted: Vec<_> = handed
        .facts("escalation_context_wanted")
        .await
        .iter()
        .map(|fact| fact["data"]["wanted"].clone())
        .collect();
    assert_eq!(wanted, [json!(["actual_result"]), json!(["system_metrics"])]);
}

#[tokio::test]
async fn an_automatic_one_is_made_without_it_and_asks_once() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    // A threat goes to the security engineer at once; the first answer asks.
    let mut threat = ticket("Somebody was in my account", "I see a login from abroad.");
    threat["category"] = json!("security");
    let made = agent.post("/v1/tickets", &threat).await.expect(201);
    assert_eq!(made.at("/escalations/0/context_incomplete"), true);
    assert_eq!(made.at("/escalations/0/origin"), "matrix");
    let handed = HandedOver {
        agent: agent.clone(),
        ticket: format!("/v1/tickets/{}", made.id()),
        id: made.text("/escalations/0/id"),
    };
    assert_eq!(handed.asked().await, Vec::<Value>::new(), "the answer has asked");
    let wanted = handed.facts("escalation_context_wanted").await;
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0]["data"]["wanted"], json!(["incident_details", "affected_scope"]));
    let refused = handed.step("decline", json!({ "reason": "It was their own holiday." })).await;
    refused.expect(200);
    assert_eq!(handed.asked().await, Vec::<Value>::new());

    // A threat that is recognised later: now somebody has to ask, without
    // repeating what is confidential.
    let plain = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", plain.id());
    let said = json!({ "category": "security", "reason": "It shows data of others." });
    let known = agent.post(&format!("{path}/triage"), &said).await.expect(200);
    let handed = HandedOver { agent: agent.clone(), ticket: path, id: known.text("/escalations/0/id") };
    let asked = handed.asked().await;
    assert_eq!(asked.len(), 1);
    let text = asked[0]["body"].as_str().expect("a text");
    assert!(text.contains("what happened and when") && !text.contains("Export fails"), "{text}");
    for kind in ["incident_details", "affected_scope"] {
        let arrived = json!({ "kind": kind, "text": "It is so." });
        agent.post(&format!("{}/evidence", handed.ticket), &arrived).await.expect(201);
    }
    let complete = handed.get().await;
    assert_eq!(
        (complete.at("/context_incomplete"), complete.text("/state")),
        (json!(false), "requested".to_owned())
    );
}

#[tokio::test]
async fn a_machine_is_asked_nothing() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let mut alert = ticket("Database down", "System alert shows database connection errors.");
    alert["channel"] = json!("alert");
    alert["evidence"] = json!([{ "kind": "error_log", "text": "too many connections" }]);
    let made = agent.post("/v1/tickets", &alert).await.expect(201);
    assert_eq!(made.at("/escalations/0/missing_context"), json!(["system_metrics"]), "the log is there");
    let handed = HandedOver {
        agent,
        ticket: format!("/v1/tickets/{}", made.id()),
        id: made.text("/escalations/0/id"),
    };
    let asked = handed.asked().await;
    let told: Vec<_> = asked.iter().map(|message| message["visibility"].clone()).collect();
    assert_eq!(told, [json!("internal")]);
    let metrics = json!({ "kind": "system_metrics", "text": "connections 500 of 500" });
    handed.agent.post(&format!("{}/evidence", handed.ticket), &metrics).await.expect(201);
    assert_eq!(handed.get().await.at("/context_incomplete"), false);
}
