//! The life of a ticket, from new to closed.

mod assign;
mod follow_up;
mod history;
mod merge;
mod message;
mod opened;
mod publish;
mod reopen;
mod resolve;
mod rivalry;
mod succession;
mod transition;
mod version;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

/// When the tests of this folder begin: a Monday, in office hours.
const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A ticket in the hands of an agent.
struct Worked {
    agent: Client,
    path: String,
}

impl Worked {
    /// A new ticket on a desk whose clock stands at [`MONDAY`] or later.
    async fn new(desk: &Desk) -> Self {
        let agent = desk.as_role(Role::Agent);
        let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
        Self { agent, path: format!("/v1/tickets/{}", made.id()) }
    }

    /// One that was taken to this state.
    async fn at(desk: &Desk, status: &str) -> Self {
        let worked = Self::new(desk).await;
        match status {
            "new" => {}
            "resolved" => drop(worked.resolve().await.expect(200)),
            "closed" => {
                worked.resolve().await.expect(200);
                worked.act("close", json!({})).await.expect(200);
            }
            _ => drop(worked.act("transitions", json!({ "to": status })).await.expect(200)),
        }
        assert_eq!(worked.status().await, status);
        worked
    }

    async fn act(&self, act: &str, body: Value) -> Answer {
        self.agent.post(&format!("{}/{act}", self.path), &body).await
    }

    async fn resolve(&self) -> Answer {
        let body = json!({ "resolution": "fixed", "steps": "Restarted it.", "message": "It works again." });
        self.act("resolve", body).await
    }

    async fn say(&self, author: &str, visibility: &str, status: Option<&str>) -> Answer {
        let body = json!({ "author": author, "visibility": visibility, "body": "Hm.", "status": status });
        self.act("messages", body).await
    }

    async fn read(&self) -> Answer {
        self.agent.get(&self.path).await.expect(200)
    }

    async fn status(&self) -> String {
        self.read().await.text("/status")
    }

    async fn history(&self) -> Vec<Value> {
        let answer = self.agent.get(&format!("{}/history?limit=200", self.path)).await.expect(200);
        answer.at("/items").as_array().expect("a list").clone()
    }
}

/// A desk whose clock stands at [`MONDAY`].
async fn monday() -> Desk {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    desk
}

/// The same, where resolved tickets stay so until somebody closes them.
async fn patient_monday() -> Desk {
    let desk = Desk::start_with(&[("SUPPORT__LIFE__CLOSE_RESOLVED", "false")]).await;
    desk.move_clock(MONDAY).await;
    desk
}

/// An instant so long after [`MONDAY`].
fn after(duration: SignedDuration) -> String {
    let start: Timestamp = MONDAY.parse().expect("an instant");
    (start + duration).to_string()
}
