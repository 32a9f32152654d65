//! Many tickets in one request.

mod bodies;
mod idempotency;
mod items;

use serde_json::Value;

use crate::harness::{Answer, Client};

const PATH: &str = "/v1/tickets/batch";
const NDJSON: &str = "application/x-ndjson";

/// What varies between two tickets that were submitted alike.
const VARYING: [&str; 6] = ["id", "number", "links", "created_at", "updated_at", "message_to_requester"];

/// A ticket without what varies.
fn lasting(ticket: &Value) -> Value {
    let mut ticket = ticket.clone();
    let fields = ticket.as_object_mut().expect("a ticket");
    for name in VARYING {
        assert!(fields.remove(name).is_some(), "a ticket has {name}");
    }
    for escalation in fields["escalations"].as_array_mut().expect("escalations") {
        for name in ["id", "ticket"] {
            assert!(escalation.as_object_mut().expect("an escalation").remove(name).is_some());
        }
    }
    // Each tenant has its own people.
    for step in fields["escalation_plan"].as_array_mut().expect("a plan") {
        if let Some(to) = step["to"].as_object_mut() {
            to.remove("agent");
        }
    }
    ticket
}

/// created, repeated, replayed, failed.
#[track_caller]
fn counts(answer: &Answer) -> [u64; 4] {
    ["/created", "/repeated", "/replayed", "/failed"]
        .map(|name| answer.at(name).as_u64().unwrap_or_else(|| panic!("{name}: {}", answer.shown())))
}

/// The statuses of the results, in order.
#[track_caller]
fn statuses(answer: &Answer) -> Vec<u64> {
    let results = answer.at("/results");
    let results = results.as_array().expect("results");
    for (place, result) in results.iter().enumerate() {
        assert_eq!(result["index"], place, "{}", answer.shown());
    }
    results.iter().filter_map(|result| result["status"].as_u64()).collect()
}

/// How many tickets there are in all.
async fn count(client: &Client) -> usize {
    let listed = client.get("/v1/tickets?limit=200").await.expect(200);
    listed.at("/items").as_array().expect("a list").len()
}
