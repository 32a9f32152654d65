//! Telling other systems what happened, seen from both of its ends.

mod dead;
mod delivery;
mod endpoint;
mod guard;
mod outage;
mod replay;
mod run;
mod secrecy;
mod team;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use crate::harness::{Answer, Client, Desk, Received, Receiver, ticket};

/// A desk that may reach this machine.
async fn desk() -> Desk {
    desk_with(&[]).await
}

/// The same with settings.
async fn desk_with(variables: &[(&str, &str)]) -> Desk {
    let own = [("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32")];
    Desk::start_with(&[&own, variables].concat()).await
}

/// An endpoint of this receiver.
async fn listen(admin: &Client, receiver: &Receiver, more: Value) -> Answer {
    let mut body = json!({ "url": receiver.url("/in") });
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    admin.post("/v1/webhooks", &body).await.expect(201)
}

/// A P3 ticket that nobody hides; it makes one event.
async fn open(client: &Client, subject: &str) -> Uuid {
    let mut body = ticket(subject, "The export fails with an error.");
    body["category"] = json!("technical_bug");
    body["severity"] = json!("medium");
    body["impact"] = json!("team");
    client.post("/v1/tickets", &body).await.expect(201).id()
}

/// Everything that is due where the clock stands has been done.
async fn settle(desk: &Desk) {
    advance(desk, SignedDuration::ZERO).await;
}

/// Moves the clock on.
async fn advance(desk: &Desk, by: SignedDuration) -> Timestamp {
    let to = desk.now().await.checked_add(by).expect("an instant");
    desk.move_clock(&to.to_string()).await;
    to
}

fn types(received: &[Received]) -> Vec<String> {
    received.iter().map(|one| one.json()["type"].as_str().expect("a type").to_owned()).collect()
}

/// The tickets that were told of, in order.
fn tickets(received: &[Received]) -> Vec<Uuid> {
    let ticket = |one: &Received| {
        one.json().pointer("/data/ticket/id").and_then(Value::as_str).and_then(|id| id.parse().ok())
    };
    received.iter().filter_map(ticket).collect()
}

fn sequences(received: &[Received]) -> Vec<u64> {
    received.iter().map(Received::sequence).collect()
}

/// The deliveries of an endpoint, oldest first.
async fn deliveries(admin: &Client, endpoint: Uuid, query: &str) -> Vec<Value> {
    let path = format!("/v1/webhooks/{endpoint}/deliveries?limit=200{query}");
    let listed = admin.get(&path).await.expect(200);
    let mut items = listed.at("/items").as_array().expect("items").clone();
    items.reverse();
    items
}

/// One delivery with its log.
async fn log(admin: &Client, endpoint: Uuid, delivery: &Value) -> Answer {
    let id = delivery["id"].as_str().expect("an id");
    admin.get(&format!("/v1/webhooks/{endpoint}/deliveries/{id}")).await.expect(200)
}

fn admin(desk: &Desk) -> Client {
    desk.as_role(Role::Admin)
}
