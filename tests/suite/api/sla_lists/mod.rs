//! Promises over many tickets: about to be broken, broken, and kept, with
//! numbers that were computed on paper.
//!
//! P1 is promised around the clock; for all others the desk is open Monday to
//! Friday from 08:00 to 18:00 UTC. 2000-01-03 is a Monday.

mod at_risk;
mod attainment;
mod breach;
mod query;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk};

const AT_RISK: &str = "/v1/sla/at-risk";
const BREACHES: &str = "/v1/sla/breaches";
const ATTAINMENT: &str = "/v1/sla/attainment";

/// A ticket and somebody who works it.
struct Worked {
    agent: Client,
    id: String,
}

impl Worked {
    /// A ticket of this priority with this subject.
    async fn new(desk: &Desk, subject: &str, priority: &str) -> Self {
        Self::of_service(desk, subject, priority, "reporting").await
    }

    async fn of_service(desk: &Desk, subject: &str, priority: &str, service: &str) -> Self {
        let (severity, impact) = match priority {
            "P1" => ("critical", "organization"),
            "P2" => ("high", "team"),
            "P3" => ("medium", "team"),
            _ => ("low", "individual"),
        };
        let agent = desk.as_role(Role::Agent);
        let body = json!({
            "subject": subject, "body": "The export of the report stops with an error message.",
            "requester": { "email": "ada@example.org" }, "category": "technical_bug", "service": service,
            "severity": severity, "impact": impact,
        });
        let made = agent.post("/v1/tickets", &body).await.expect(201);
        assert_eq!(made.text("/priority"), priority);
        Self { agent, id: made.text("/id") }
    }

    async fn act(&self, act: &str, body: Value) -> Answer {
        let answer = self.agent.post(&format!("/v1/tickets/{}/{act}", self.id), &body).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.shown());
        answer
    }

    async fn say(&self, author: &str) {
        self.act("messages", json!({ "author": author, "visibility": "public", "body": "Hm." })).await;
    }

    async fn answer(&self) {
        self.say("agent").await;
    }

    async fn resolve(&self) {
        let how = json!({ "resolution": "fixed", "steps": "Repaired it.", "message": "It works again." });
        self.act("resolve", how).await;
    }

    async fn patch(&self, patch: Value) {
        self.agent.patch(&format!("/v1/tickets/{}", self.id), &patch).await.expect(200);
    }
}

/// The items of a list on one page.
async fn items(client: &Client, path: &str) -> Vec<Value> {
    let page = client.get(path).await.expect(200);
    assert_eq!(page.at("/next_cursor"), Value::Null, "{}", page.shown());
    page.at("/items").as_array().expect("items").clone()
}

/// Chosen fields of each item of a list on one page.
async fn chosen(client: &Client, path: &str, fields: &[&str]) -> Value {
    items(client, path)
        .await
        .iter()
        .map(|item| fields.iter().map(|field| item.get(field).expect("the field is there").clone()).collect())
        .collect::<Vec<Value>>()
        .into()
}

/// The items of a list, one on each page.
async fn one_by_one(client: &Client, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = format!("{path}&limit=1");
    loop {
        let page = client.get(&next).await.expect(200);
        let items = page.at("/items").as_array().expect("items").clone();
        assert!(items.len() <= 1, "{}", page.shown());
        found.extend(items);
        match page.at("/next_cursor").as_str() {
            Some(cursor) => next = format!("{path}&limit=1&cursor={cursor}"),
            None => return found,
        }
    }
}
