//! Mail that goes out, as it arrives at a server.

mod desk;
mod ladder;
mod requester;
mod trouble;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, Smtp, ticket};

/// A Monday in office hours.
const MONDAY: &str = "2000-01-03T09:00:00Z";
const ADA: &str = "ada@example.org";

/// A desk that sends its mail to a server of the test's own.
async fn mailing() -> (Desk, Smtp) {
    mailing_with(&[]).await
}

/// The same with settings.
async fn mailing_with(variables: &[(&str, &str)]) -> (Desk, Smtp) {
    let smtp = Smtp::start().await;
    let settings = smtp.settings();
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings: Vec<_> = settings.chain(variables.iter().copied()).collect();
    let desk = Desk::start_with(&settings).await;
    desk.move_clock(MONDAY).await;
    (desk, smtp)
}

/// A new bug of Ada's, in the hands of an agent.
async fn bug(desk: &Desk) -> (Client, Answer) {
    bug_with(desk, json!({})).await
}

async fn bug_with(desk: &Desk, more: Value) -> (Client, Answer) {
    let mut body = ticket("Export fails", "It says no.");
    body["category"] = json!("technical_bug");
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    (agent, made)
}

fn path(made: &Answer) -> String {
    format!("/v1/tickets/{}", made.id())
}

/// Writes a public message as the agent.
async fn reply(agent: &Client, made: &Answer, body: &str) {
    let message = json!({ "visibility": "public", "author": "agent", "body": body });
    agent.post(&format!("{}/messages", path(made)), &message).await.expect(201);
}

/// The log of a ticket's mails.
async fn log(agent: &Client, made: &Answer) -> Vec<Value> {
    let answer = agent.get(&format!("{}/mails", path(made))).await.expect(200);
    answer.at("/items").as_array().expect("a list").clone()
}

/// Gives a team an address.
async fn address(desk: &Desk, team: &str, address: &str) {
    let admin = desk.as_role(Role::Admin);
    admin.patch(&format!("/v1/teams/{team}"), &json!({ "address": address })).await.expect(200);
}

/// Resolves a ticket, with a word to its requester.
async fn resolve(agent: &Client, made: &Answer) {
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{}/resolve", path(made)), &done).await.expect(200);
}
