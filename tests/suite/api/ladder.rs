//! Ladders: their policies, the plan that is shown, and what then happens.

mod climbing;
mod effects;
mod law;
mod policies;
mod starting;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

/// A Monday, as the office is open.
const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A desk on a Monday, whose tenant climbs by these ladders alone.
async fn desk_with(ladders: &Value) -> (Desk, Client) {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    put(&desk, ladders).await;
    let agent = desk.as_role(Role::Agent);
    (desk, agent)
}

/// Puts these ladders in force for every ticket.
async fn put(desk: &Desk, ladders: &Value) -> Answer {
    let body = json!({ "policies": [{ "key": "law", "name": "Law", "ladders": ladders }] });
    desk.as_role(Role::Admin).put("/v1/escalation-policies", &body).await.expect(200)
}

/// One level: after so many minutes, these actions, for the ticket's queue.
fn level(minutes: i64, actions: &[&str]) -> Value {
    json!({ "delay_seconds": minutes * 60, "actions": actions, "to": [{ "kind": "queue" }] })
}

fn used(metric: &str, percent: i64, levels: &Value) -> Value {
    json!({ "trigger": { "on": "target_used", "metric": metric, "percent": percent }, "levels": levels })
}

/// A ticket of first level; its path.
async fn opened(agent: &Client, more: &Value) -> String {
    let mut body = ticket("How do I export?", "A question about the export.");
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    format!("/v1/tickets/{}", made.id())
}

/// The plan, as its endpoint and the ticket show it.
async fn plan(agent: &Client, path: &str) -> Vec<Value> {
    let shown = agent.get(&format!("{path}/escalation-plan")).await.expect(200).at("/items");
    assert_eq!(agent.get(path).await.expect(200).at("/escalation_plan"), shown, "both say the same");
    shown.as_array().expect("a list").clone()
}

/// Facts of a kind, oldest first.
async fn facts(agent: &Client, path: &str, kind: &str) -> Vec<Value> {
    let history = agent.get(&format!("{path}/history?limit=200")).await.expect(200).at("/items");
    let items = history.as_array().expect("a list").iter();
    items.filter(|item| item["kind"] == kind).cloned().collect()
}

/// The steps that were taken: instant, trigger, level and action of each.
async fn taken(agent: &Client, path: &str) -> Vec<(String, String, i64, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |fact: &Value| {
        let data = &fact["data"];
        let level = data["level"].as_i64().expect("a number");
        (text(&fact["at"]), text(&data["trigger"]), level, text(&data["action"]))
    };
    facts(agent, path, "ladder_step").await.iter().map(line).collect()
}

async fn resolve(agent: &Client, path: &str) -> Answer {
    let body = json!({ "resolution": "fixed", "steps": "Told them.", "message": "Press export." });
    agent.post(&format!("{path}/resolve"), &body).await
}
