//! Alerts from monitoring systems.

mod behaviour;
mod cases;
mod event;
mod faults;
mod flood;
mod late;
mod played;
mod races;
mod settings;
mod storm;
mod worse;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk};

/// A body that was captured or documented.
fn body(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// A desk on a Monday at nine, and a sender's key.
async fn monday() -> (Desk, Client) {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let sender = desk.as_role(Role::Service);
    (desk, sender)
}

/// Reports a group of Alertmanager with these alerts.
async fn report(sender: &Client, group: &str, alerts: &[(&str, &str)]) -> Answer {
    sender.post("/v1/alerts/alertmanager", &grouped(group, alerts)).await
}

/// A group of Alertmanager with these alerts, by instance and status.
fn grouped(group: &str, alerts: &[(&str, &str)]) -> Value {
    let firing = alerts.iter().any(|(_, status)| *status == "firing");
    let alerts: Vec<Value> = alerts
        .iter()
        .map(|(instance, status)| {
            json!({ "status": status, "labels": { "alertname": group, "instance": instance, "severity": "critical" },
                "annotations": { "summary": format!("{instance} is unreachable") },
                "startsAt": "2000-01-03T08:59:00Z", "endsAt": "0001-01-01T00:00:00Z" })
        })
        .collect();
    json!({ "version": "4", "groupKey": format!("{{}}:{{alertname=\"{group}\"}}"), "truncatedAlerts": 0,
        "status": if firing { "firing" } else { "resolved" }, "receiver": "desk", "alerts": alerts,
        "groupLabels": { "alertname": group }, "commonLabels": { "alertname": group, "severity": "critical" },
        "commonAnnotations": {}, "externalURL": "http://alertmanager.example:9093" })
}

/// The outcome of each group of a report.
#[track_caller]
fn outcomes(answer: &Answer) -> Vec<String> {
    let items = answer.at("/items");
    let items = items.as_array().expect("items");
    items.iter().map(|item| item["outcome"].as_str().expect("an outcome").to_owned()).collect()
}

/// The ticket that the first group of a report has.
async fn ticket(client: &Client, answer: &Answer) -> Answer {
    client.get(&format!("/v1/tickets/{}", answer.text("/items/0/ticket"))).await.expect(200)
}

/// All tickets there are.
async fn tickets(client: &Client) -> Vec<Value> {
    let page = client.get("/v1/tickets?limit=200").await.expect(200);
    page.at("/items").as_array().expect("items").clone()
}
