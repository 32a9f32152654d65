//! A tenant's own policies and calendars: made and edited as versions, foreseen
//! before they are made, and moved only when told to.

mod faults;
mod keeping;
mod moving;
mod same;
mod versions;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Client};

/// A Monday on which the shipped calendar is open from 08:00 to 18:00 UTC.
const MONDAY: &str = "2000-01-03T08:00:00Z";

/// A policy for everything, in the shipped calendar.
fn policy(key: &str, resolution_seconds: i64) -> Value {
    let target = json!({ "first_response_seconds": 1_800, "resolution_seconds": resolution_seconds });
    json!({ "key": key, "name": "Ours", "calendar": "business-hours",
        "targets": { "P1": target, "P2": target, "P3": target, "P4": target } })
}

/// The same with more said.
fn with(mut body: Value, more: &Value) -> Value {
    let fields = body.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    body
}

/// A P3 ticket.
async fn open(client: &Client, tag: &str) -> Answer {
    let body = json!({ "subject": "Export fails", "body": "The export fails with an error.",
        "requester": { "email": "ada@example.org" }, "severity": "medium", "impact": "team",
        "category": "technical_bug", "type": "incident", "tags": [tag] });
    let ticket = client.post("/v1/tickets", &body).await.expect(201);
    assert_eq!(ticket.text("/priority"), "P3");
    ticket
}

/// How the clocks of a ticket stand, by metric, with the policy they are by.
async fn clocks(client: &Client, ticket: Uuid) -> Answer {
    client.get(&format!("/v1/tickets/{ticket}/sla")).await.expect(200)
}

/// One field of a ticket's clock of a metric.
fn clock(explained: &Answer, metric: &str, field: &str) -> Value {
    let clocks = explained.at("/clocks");
    let found = clocks.as_array().expect("clocks").iter().find(|clock| clock["metric"] == metric);
    found.expect("a clock of the metric")[field].clone()
}
