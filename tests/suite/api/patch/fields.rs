//! Fields that people edit.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{Patched, submission};
use crate::harness::Desk;

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let mut expected = ticket.read().await.json();
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let patch = json!({
        "subject": " Import fails ", "service": "intake", "external_ref": "R-2", "dedup_key": "import",
        "tags": ["green", "red", "green"], "custom": { "a": { "b": null, "e": { "f": null, "g": 2 } }, "d": [null] },
        "reason": "It is another one.",
    });
    let done = ticket.expect_facts(patch, &["edited"]).await;
    expected["subject"] = json!("Import fails");
    expected["service"] = json!("intake");
    expected["external_ref"] = json!("R-2");
    expected["dedup_key"] = json!("import");
    expected["tags"] = json!(["green", "red"]);
    expected["custom"] = json!({ "a": { "c": [1], "e": { "g": 2 } }, "d": [null] });
    expected["updated_at"] = json!("2000-01-03T09:05:00Z");
    expected["version"] = json!(expected["version"].as_i64().expect("a number") + 1);
    assert_eq!(done.json(), expected);
    let events = ticket.history().await;
    let edited = events.last().expect("a fact");
    let fields = json!(["subject", "service", "external_ref", "dedup_key", "tags", "custom"]);
    assert_eq!(edited["data"], json!({ "fields": fields }));
    assert_eq!(
        (&edited["reason"], &edited["actor"]["kind"]),
        (&json!("It is another one."), &json!("agent"))
    );
    let none =
        json!({ "service": null, "external_ref": null, "dedup_key": null, "tags": null, "custom": null });
    let done = ticket.expect_facts(none, &["edited"]).await;
    for (field, empty) in [
        ("service", Value::Null),
        ("external_ref", Value::Null),
        ("dedup_key", Value::Null),
        ("tags", json!([])),
        ("custom", json!({})),
    ] {
        assert_eq!(done.json()[field], empty, "{field}");
    }
}

#[tokio::test]
async fn what_is_so_already_is_no_change() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    ticket.agent.post(&format!("{}/assign", ticket.path), &json!({ "agent": "agent" })).await.expect(200);
    let before = ticket.read().await;
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let mut same = submission();
    same.as_object_mut().expect("an object").remove("body");
    for field in ["tags", "category", "severity", "impact", "type", "status"] {
        same[field] = before.json()[field].clone();
    }
    same["scope"] = before.at("/triage/scope");
    same["team"] = before.at("/assigned/team");
    same["agent"] = before.at("/assigned/agent");
    same["custom"] = json!({ "z": null });
    same["reason"] = json!("For nothing.");
    for patch in [json!({}), same, json!({ "agent": "agent" }), json!({ "severity": null })] {
        let done = ticket.expect_facts(patch, &[]).await;
        assert_eq!(done.json(), before.json());
        assert_eq!(done.header("etag"), before.header("etag"));
    }
}

#[tokio::test]
async fn search_follows_the_subject() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let found = async |word: &str| {
        let list = ticket.agent.get(&format!("/v1/tickets?q={word}")).await.expect(200);
        list.at("/items").as_array().expect("a list").len()
    };
    ticket.expect_facts(json!({ "subject": "Printer smokes" }), &["edited"]).await;
    assert_eq!([found("printer").await, found("export").await, found("quarterly").await], [1, 0, 1]);
    ticket.expect_facts(json!({ "tags": [] }), &["edited"]).await;
    assert_eq!([found("printer").await, found("quarterly").await], [1, 1]);
}

#[tokio::test]
async fn a_ticket_is_given_to_another_requester() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let ada = ticket.read().await.at("/requester/id");
    let done = ticket.expect_facts(json!({ "requester": { "name": "Ada L." } }), &["edited"]).await;
    assert_eq!(done.at("/requester"), json!({ "id": ada, "email": "ada@example.org", "name": "Ada L." }));
    let bob = json!({ "requester": { "email": "BOB@example.org" } });
    let done = ticket.expect_facts(bob, &["edited"]).await;
    let bob = done.at("/requester/id");
    assert_eq!(done.at("/requester"), json!({ "id": bob, "email": "bob@example.org", "name": null }));
    assert_ne!(bob, ada);
    let fields = ticket.history().await.last().expect("a fact")["data"].clone();
    assert_eq!(fields, json!({ "fields": ["requester"] }));
    let first = ticket.history().await[0]["actor"]["id"].clone();
    assert_eq!(first, ada, "who wrote it stays who wrote it");
    let writers: Vec<Option<uuid::Uuid>> =
        sqlx::query_scalar("select requester_id from messages where purpose = 'request'")
            .fetch_all(&mut desk.superuser().await)
            .await
            .expect("the row is there");
    assert_eq!(json!(writers), json!([ada]));
    let back = json!({ "requester": { "email": "ada@example.org" } });
    let done = ticket.expect_facts(back, &["edited"]).await;
    assert_eq!(done.at("/requester"), json!({ "id": ada, "email": "ada@example.org", "name": "Ada L." }));
    let done = ticket.expect_facts(json!({ "requester": { "name": null } }), &["edited"]).await;
    assert_eq!(done.at("/requester/name"), Value::Null);
}

#[tokio::test]
async fn a_form_ticket_gets_the_address_of_its_requester() {
    let desk = Desk::start().await;
    let form = json!({ "subject": "Export fails", "body": "It says no.", "requester": { "name": "Eve" } });
    let made = desk.as_role(Role::Form).post("/v1/tickets", &form).await.expect(201);
    let ticket = Patched { agent: desk.as_role(Role::Agent), path: format!("/v1/tickets/{}", made.id()) };
    let patch = json!({ "requester": { "email": "eve@example.org" } });
    let done = ticket.expect_facts(patch, &["edited"]).await;
    assert_eq!(done.at("/requester/name"), "Eve");
    assert_eq!(done.at("/requester/email"), "eve@example.org");
}

#[tokio::test]
async fn a_dedup_key_is_one_open_tickets() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let mut other = submission();
    other["dedup_key"] = json!("other");
    let other = ticket.agent.post("/v1/tickets", &other).await.expect(201);
    let refused = ticket.patch(json!({ "dedup_key": "other" })).await.expect_problem(409, "conflict");
    assert!(refused.text("/detail").contains(&other.text("/id")), "{}", refused.shown());
    let resolution = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    let target = format!("/v1/tickets/{}/resolve", other.id());
    ticket.agent.post(&target, &resolution).await.expect(200);
    ticket.expect_facts(json!({ "dedup_key": "other" }), &["edited"]).await;
    let mut again = submission();
    again["dedup_key"] = json!("other");
    let again = ticket.agent.post("/v1/tickets", &again).await.expect(200);
    assert_eq!(again.at("/id"), ticket.read().await.at("/id"), "a repeat finds it by its new key");
    let reopened =
        ticket.agent.patch(&format!("/v1/tickets/{}", other.id()), &json!({ "status": "open" })).await;
    reopened.expect_problem(409, "conflict");
    let both = json!({ "status": "open", "dedup_key": "third" });
    ticket.agent.patch(&format!("/v1/tickets/{}", other.id()), &both).await.expect(200);
}
