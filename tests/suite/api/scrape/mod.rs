//! What monitoring is shown: KPIs beside the technical metrics, and the
//! documents for operators that rest on them.

mod documents;
mod faults;
mod numbers;
mod server;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

/// A Monday, as the office opens.
const MORNING: &str = "2000-01-03T09:00:00Z";

/// The whole of `/metrics`.
async fn scrape(desk: &Desk) -> String {
    let answer = Client::anonymous(&desk.metrics_url()).get("/metrics").await.expect(200);
    String::from_utf8(answer.body).expect("metrics are text")
}

/// Samples by name with labels, as they are written; of the service itself and
/// not of what others in this process do.
fn samples(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| line.starts_with("support_"));
    let samples = lines.map(|line| {
        let (series, number) = line.rsplit_once(' ').expect("a sample has a number");
        (series.to_owned(), number.to_owned())
    });
    samples.collect()
}

/// What a scrape shows of the service.
async fn shown(desk: &Desk) -> BTreeMap<String, String> {
    samples(&scrape(desk).await)
}

/// The same of one tenant.
async fn shown_of(desk: &Desk, tenant: &str) -> BTreeMap<String, String> {
    let label = format!("tenant=\"{tenant}\"");
    let mut samples = shown(desk).await;
    samples.retain(|series, _| series.contains(&label));
    samples
}

/// Opens a ticket of priority P3 and gives its path.
async fn open(client: &Client, subject: &str) -> String {
    let mut body = ticket(subject, "The export of the report stops with an error message.");
    let more = json!({ "severity": "medium", "impact": "team", "category": "technical_bug" });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    format!("/v1/tickets/{}", client.post("/v1/tickets", &body).await.expect(201).id())
}

async fn act(client: &Client, path: &str, what: &str, body: Value) {
    let answer = client.post(&format!("{path}/{what}"), &body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.shown());
}

async fn answer(client: &Client, path: &str) {
    let message = json!({ "visibility": "public", "author": "agent", "body": "We are looking into it." });
    act(client, path, "messages", message).await;
}

async fn resolve(client: &Client, path: &str) {
    let how = json!({ "resolution": "fixed", "steps": "Repaired the export.", "message": "It works again." });
    act(client, path, "resolve", how).await;
}

/// A desk on Monday morning, and an agent.
async fn monday() -> (Desk, Client) {
    let desk = Desk::start().await;
    desk.move_clock(MORNING).await;
    let agent = desk.as_role(Role::Agent);
    (desk, agent)
}

/// A program of Prometheus; none where it is not installed, unless the checks
/// of the repository demand it.
fn program(name: &str) -> Option<Command> {
    let there = Command::new(name).arg("--version").output().is_ok();
    let demanded = std::env::var_os("SUPPORT_SUITE_PROMETHEUS").is_some();
    assert!(there || !demanded, "{name} is demanded, and not installed");
    if !there {
        eprintln!("left out: {name} is not installed (Debian: apt-get install prometheus)");
    }
    there.then(|| Command::new(name))
}
