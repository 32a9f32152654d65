//! What a public form key may do.

use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

#[tokio::test]
async fn a_form_creates_tickets() {
    let desk = Desk::start().await;
    let made = desk.as_role(Role::Form).post("/v1/tickets", &ticket("Export fails", "It says no.")).await;
    let made = made.expect(201);
    assert_eq!(made.text("/channel"), "form");
    let read = desk.as_role(Role::Agent).get(&format!("/v1/tickets/{}", made.id())).await.expect(200);
    assert_eq!(read.json(), made.json());
}

#[tokio::test]
async fn nobody_has_to_be_named() {
    let desk = Desk::start().await;
    let form = desk.as_role(Role::Form);
    let mut people = Vec::new();
    for requester in [json!(null), json!({}), json!({ "email": null }), json!({ "name": "Ada" })] {
        let body = json!({ "subject": "Help", "body": "It does not work.", "requester": requester });
        let made = form.post("/v1/tickets", &body).await.expect(201);
        assert_eq!(made.at("/requester/email"), json!(null));
        assert_eq!(made.at("/requester/name"), requester.get("name").cloned().unwrap_or_default());
        people.push(made.text("/requester/id"));
    }
    people.sort();
    people.dedup();
    assert_eq!(people.len(), 4, "nobody is taken for somebody else");
    let wrong = json!({ "subject": "Help", "body": "Hm.", "requester": { "email": "nobody" } });
    let refused = form.post("/v1/tickets", &wrong).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/requester/email".to_owned(), "not_an_email".to_owned())]);
}

#[tokio::test]
async fn a_form_does_not_say_which_ticket_it_is() {
    let desk = Desk::start().await;
    let form = desk.as_role(Role::Form);
    let mut body = ticket("Export fails", "It says no.");
    for (name, value) in [("channel", "api"), ("dedup_key", "k"), ("external_ref", "r")] {
        body[name] = json!(value);
    }
    let refused = form.post("/v1/tickets", &body).await.expect_problem(422, "validation");
    let mut places = refused.faults();
    places.sort();
    let expected =
        ["/channel", "/dedup_key", "/external_ref"].map(|p| (p.to_owned(), "not_allowed".to_owned()));
    assert_eq!(places, expected);
    for name in ["channel", "dedup_key", "external_ref"] {
        body[name] = Value::Null;
    }
    form.post("/v1/tickets", &body).await.expect(201);
}

#[tokio::test]
async fn a_form_learns_nothing_about_people() {
    let desk = Desk::start().await;
    let known = json!({
        "subject": "Help", "body": "Hm.", "requester": { "email": "ada@example.org", "name": "Ada Lovelace" }
    });
    desk.as_role(Role::Service).post("/v1/tickets", &known).await.expect(201);
    for requester in
        [json!({ "email": "ada@example.org" }), json!({ "email": "ADA@example.org", "name": "Eve" })]
    {
        let body = json!({ "subject": "Help", "body": "Hm.", "requester": requester });
        let made = desk.as_role(Role::Form).post("/v1/tickets", &body).await.expect(201);
        assert!(!made.shown().contains("Lovelace"), "whose address it is:\n{}", made.shown());
        assert_eq!(made.at("/requester/name"), requester.get("name").cloned().unwrap_or_default());
        let read = desk.as_role(Role::Agent).get(&format!("/v1/tickets/{}", made.id())).await.expect(200);
        assert_eq!(read.text("/requester/name"), "Ada Lovelace");
    }
}

#[tokio::test]
async fn a_form_does_nothing_else() {
    let desk = Desk::start().await;
    let form = desk.as_role(Role::Form);
    let made = form.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    for rest in ["", "/messages", "/evidence", "/history", "/sla"] {
        form.get(&format!("{path}{rest}")).await.expect_problem(403, "forbidden");
    }
    for place in ["/v1/tickets", "/v1/escalations", "/v1/escalation-matrix", "/v1/kpis", "/v1/keys"] {
        form.get(place).await.expect_problem(403, "forbidden");
    }
    for act in [
        "messages",
        "evidence",
        "escalations",
        "transitions",
        "assign",
        "triage",
        "resolve",
        "reopen",
        "close",
    ] {
        let target = format!("{path}/{act}");
        form.send(Method::POST, &target, Some(&json!({}))).await.expect_problem(403, "forbidden");
    }
    form.post("/v1/triage/preview", &ticket("S", "B")).await.expect_problem(403, "forbidden");
}
