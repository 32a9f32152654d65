//! Tickets changed by merge patches.

mod fields;
mod policy;
mod refusal;
mod work;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk};

/// When the tests of this folder begin: a Monday, in office hours.
const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A ticket and somebody who changes it.
struct Patched {
    agent: Client,
    path: String,
}

/// What comes of a change by itself: a VIP's mark by a tag, another plan of whom
/// to tell, its steps, and human support where the ticket has become a P1.
const OF_LADDERS: [&str; 5] = ["vip_changed", "ladder_started", "ladder_step", "escalated", "handoff_made"];

impl Patched {
    /// A ticket with every field that can be given, on a desk whose clock is
    /// moved to [`MONDAY`].
    async fn new(desk: &Desk) -> Self {
        desk.move_clock(MONDAY).await;
        let agent = desk.as_role(Role::Agent);
        let made = agent.post("/v1/tickets", &submission()).await.expect(201);
        Self { agent, path: format!("/v1/tickets/{}", made.id()) }
    }

    async fn patch(&self, patch: Value) -> Answer {
        self.agent.patch(&self.path, &patch).await
    }

    async fn read(&self) -> Answer {
        self.agent.get(&self.path).await.expect(200)
    }

    async fn history(&self) -> Vec<Value> {
        let answer = self.agent.get(&format!("{}/history?limit=200", self.path)).await.expect(200);
        answer.at("/items").as_array().expect("a list").clone()
    }

    /// Panics unless the patch is taken, makes facts of these kinds, and is
    /// answered with what GET shows afterwards.
    async fn expect_facts(&self, patch: Value, kinds: &[&str]) -> Answer {
        let before = self.history().await.len();
        let done = self.patch(patch).await.expect(200);
        let read = self.read().await;
        assert_eq!(done.json(), read.json());
        assert_eq!(done.header("etag"), read.header("etag"));
        let events = self.history().await;
        let made = events[before..].iter().map(|event| &event["kind"]);
        let made: Vec<&Value> = made.filter(|kind| !OF_LADDERS.iter().any(|of| *kind == of)).collect();
        assert_eq!(made, kinds, "{}", done.shown());
        assert_eq!(done.at("/version"), events.len());
        done
    }
}

fn submission() -> Value {
    json!({
        "subject": "Export fails", "body": "The quarterly numbers are missing.",
        "requester": { "email": "ada@example.org", "name": "Ada" },
        "service": "reporting", "external_ref": "R-1", "dedup_key": "export", "tags": ["blue", "red"],
        "custom": { "a": { "b": 1, "c": [1] }, "d": "x" },
    })
}
