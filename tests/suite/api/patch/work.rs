//! Triage, place and state by a patch: the same facts as by their own links.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::Patched;
use crate::harness::Desk;

#[tokio::test]
async fn everything_at_once_in_sensible_order() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let patch = json!({ "subject": "All is down", "severity": "critical", "impact": "organization",
        "agent": "lead", "team": "first_level", "status": "pending", "reason": "It got worse." });
    let kinds = ["edited", "triaged", "assigned", "status_changed", "status_changed"];
    let done = ticket.expect_facts(patch, &kinds).await;
    assert_eq!(done.at("/priority"), "P1");
    assert_eq!(done.at("/assigned/agent_name"), "lead");
    assert_eq!(done.at("/status"), "pending");
    let events = ticket.history().await;
    let reasons: Vec<&Value> =
        events.iter().map(|event| &event["reason"]).filter(|reason| !reason.is_null()).collect();
    assert_eq!(reasons, ["It got worse."], "it is said once");
    // A new ticket that is put into somebody's hands is open already.
    let ticket = Patched { path: ticket.path, agent: desk.as_role(Role::Lead) };
    let back = json!({ "agent": null, "status": "open" });
    let done = ticket.expect_facts(back, &["assigned", "status_changed"]).await;
    assert_eq!(done.at("/assigned/agent"), Value::Null);
}

#[tokio::test]
async fn a_persons_word_is_given_and_taken_back() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let before = ticket.read().await;
    let done = ticket.expect_facts(json!({ "category": "data", "severity": "critical" }), &["triaged"]).await;
    assert_eq!(done.at("/triage/fields/category/decided_by"), "human");
    assert_eq!(done.at("/triage/fields/severity/decided_by"), "human");
    let back = json!({ "category": null, "severity": null });
    let refused = ticket.patch(back.clone()).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    let mut back = back;
    back["reason"] = json!("We were wrong.");
    let done = ticket.expect_facts(back, &["triaged"]).await;
    assert_eq!(done.at("/triage"), before.at("/triage"));
    assert_eq!(done.at("/priority"), before.at("/priority"));
    let facts = ticket.history().await;
    let last = facts.iter().rfind(|fact| fact["kind"] == "triaged").expect("a fact");
    assert_eq!((&last["data"]["decided_by"], &last["reason"]), (&json!("rule"), &json!("We were wrong.")));
    let done =
        ticket.expect_facts(json!({ "scope": "out_of_scope", "type": "question" }), &["triaged"]).await;
    assert_eq!(done.at("/triage/scope"), "out_of_scope");
    assert_eq!(done.at("/type"), "question");
}

#[tokio::test]
async fn resolving_and_illegal_states_answer_as_transitions_do() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    for to in ["resolved", "closed", "new", "pending"] {
        let patched = ticket.patch(json!({ "status": to })).await;
        if to == "pending" {
            patched.expect(200);
            continue;
        }
        if to == "new" {
            assert_eq!(patched.status, 200, "it is new");
            continue;
        }
        let moved = ticket.agent.post(&format!("{}/transitions", ticket.path), &json!({ "to": to })).await;
        assert_eq!(patched.status, moved.status, "{to}");
        assert_eq!(patched.at("/errors"), moved.at("/errors"), "{to}");
        assert_eq!(patched.json().get("allowed"), moved.json().get("allowed"), "{to}");
    }
    // All or nothing: what came before the illegal step is not kept.
    let before = ticket.read().await;
    let refused = ticket.patch(json!({ "subject": "Other", "agent": "lead", "status": "closed" })).await;
    refused.expect_problem(409, "illegal_transition");
    assert_eq!(ticket.read().await.json(), before.json());
    for (field, code) in [("team", "unknown_team"), ("agent", "unknown_agent")] {
        let refused = ticket.patch(json!({ field: "nobody" })).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [(format!("/{field}"), code.to_owned())]);
    }
}

#[tokio::test]
async fn services_edit_and_leave_decisions_to_people() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let service = desk.as_role(Role::Service);
    let done = service.patch(&ticket.path, &json!({ "custom": { "build": 7 } })).await.expect(200);
    assert_eq!(done.at("/custom/build"), 7);
    let last = ticket.history().await.last().expect("a fact").clone();
    assert_eq!((&last["kind"], &last["actor"]["kind"]), (&json!("edited"), &json!("automation")));
    for patch in [
        json!({ "severity": "high" }),
        json!({ "scope": null }),
        json!({ "team": "first_level" }),
        json!({ "agent": null }),
        json!({ "status": "open" }),
    ] {
        service.patch(&ticket.path, &patch).await.expect_problem(403, "forbidden");
    }
}
