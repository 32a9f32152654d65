//! System health reports.

mod ages;
mod formats;
mod numbers;
mod schedule;
mod silence;
mod situations;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk};

/// The Monday whose week is looked at on the Monday after, at nine.
const MONDAY: &str = "2000-01-03T09:00:00Z";
const LATER: &str = "2000-01-10T09:00:00Z";
const REPORT: &str = "/v1/reports/health";

/// A desk on that Monday, and somebody who works.
async fn monday() -> (Desk, Client) {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    (desk, agent)
}

/// Opens P3 tickets: half an hour for the first answer. Gives their paths.
async fn open(client: &Client, count: usize, more: Value) -> Vec<String> {
    let mut paths = Vec::new();
    for number in 0..count {
        let mut body = json!({
            "subject": format!("Export {number} fails"), "body": "It stops with an error message.",
            "requester": {"email": "a@b.example"},
            "severity": "medium", "impact": "team", "category": "technical_bug",
        });
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let made = client.post("/v1/tickets", &body).await.expect(201);
        assert_eq!(made.text("/priority"), "P3");
        paths.push(format!("/v1/tickets/{}", made.id()));
    }
    paths
}

/// Does something with each ticket.
async fn act(client: &Client, tickets: &[String], what: &str, body: Value) {
    for ticket in tickets {
        let answer = client.post(&format!("{ticket}/{what}"), &body).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.shown());
    }
}

/// Answers, and resolves, tickets.
async fn help(client: &Client, tickets: &[String]) {
    act(client, tickets, "messages", json!({"visibility": "public", "author": "agent", "body": "Soon."}))
        .await;
    let how = json!({"resolution": "fixed", "steps": "Repaired it.", "message": "It works again."});
    act(client, tickets, "resolve", how).await;
}

/// The report on the last seven days.
async fn report(client: &Client) -> Answer {
    client.get(REPORT).await.expect(200)
}

/// The rules of its recommendations.
fn rules(report: &Answer) -> Vec<String> {
    texts(report, "/recommendations", "rule")
}

/// One text of each item of a list.
#[track_caller]
fn texts(report: &Answer, list: &str, field: &str) -> Vec<String> {
    let items = report.at(list);
    let text = |item: &Value| item[field].as_str().expect("a text").to_owned();
    items.as_array().expect("a list").iter().map(text).collect()
}
