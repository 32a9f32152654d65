//! Monitors, outages, maintenance, and the uptime that follows from them.

mod announced;
mod beats;
mod checks;
mod faults;
mod figures;
mod polling;
mod races;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, Receiver, Reply};

/// A desk that may ask this machine, a service that is there, and a lead.
async fn watched() -> (Desk, Receiver, Client) {
    let desk = Desk::start_with(&[("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32")]).await;
    let receiver = Receiver::start().await;
    receiver.answer(Reply::Status(200));
    let lead = desk.as_role(Role::Lead);
    (desk, receiver, lead)
}

/// Has the service `reporting` asked each minute; two failures are an outage.
async fn check(lead: &Client, receiver: &Receiver, more: Value) -> Answer {
    let mut body = json!({ "kind": "http", "service": "reporting", "url": receiver.url("/healthz") });
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    lead.post("/v1/monitors", &body).await.expect(201)
}

/// A monitor as it is now.
async fn again(client: &Client, monitor: &Answer) -> Answer {
    client.get(&format!("/v1/monitors/{}", monitor.id())).await.expect(200)
}

/// An instant of the first day of the year 2000, such as `00:10:00`.
fn on(time: &str) -> String {
    format!("2000-01-01T{time}Z")
}

/// The uptime of an hour or less of that day.
async fn uptime(client: &Client, from: &str, to: &str) -> Answer {
    client.get(&format!("/v1/uptime?from={}&to={}", on(from), on(to))).await.expect(200)
}

/// Observed, maintenance and downtime seconds, and how many outages.
fn numbers(answer: &Answer) -> [i64; 4] {
    let number = |name: &str| answer.at(name).as_i64().expect("a number");
    [
        number("/observed_seconds"),
        number("/maintenance_seconds"),
        number("/downtime_seconds"),
        number("/outages"),
    ]
}

/// Beginning and end of each outage, the latest first.
async fn outages(client: &Client) -> Vec<(Value, Value)> {
    let page = client.get("/v1/outages").await.expect(200).at("/items");
    page.as_array().expect("items").iter().map(|item| (item["from"].clone(), item["to"].clone())).collect()
}

/// The groups of alerts that monitors have.
async fn alerts(client: &Client) -> Vec<Value> {
    client.get("/v1/alerts?source=monitor").await.expect(200).at("/items").as_array().expect("items").clone()
}
