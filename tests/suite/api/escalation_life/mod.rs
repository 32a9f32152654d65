//! What becomes of a hand-over after it was made.

mod context;
mod fallback;
mod report;
mod rivalry;
mod steps;
mod ticket;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A hand-over to the developer with all that it needs, on a Monday morning.
struct HandedOver {
    agent: Client,
    ticket: String,
    id: String,
}

impl HandedOver {
    async fn on(desk: &Desk) -> Self {
        desk.move_clock(MONDAY).await;
        Self::to(desk, "developer").await
    }

    /// The same to another persona.
    async fn to(desk: &Desk, persona: &str) -> Self {
        let mut body = ticket("Export fails", "It says no.");
        body["category"] = json!("technical_bug");
        let agent = desk.as_role(Role::Agent);
        let made = agent.post("/v1/tickets", &body).await.expect(201);
        let ticket = format!("/v1/tickets/{}", made.id());
        let context = json!({ "reproduction_steps": "Click export.", "error_log": "E17", "system_metrics": "cpu 99 %" });
        let ask = json!({ "persona": persona, "reason": "It needs a fix.", "context": context });
        let made = agent.post(&format!("{ticket}/escalations"), &ask).await.expect(201);
        Self { agent, ticket, id: made.id().to_string() }
    }

    fn path(&self) -> String {
        format!("/v1/escalations/{}", self.id)
    }

    async fn get(&self) -> Answer {
        self.agent.get(&self.path()).await.expect(200)
    }

    /// Takes a step, whatever comes of it.
    async fn step(&self, act: &str, body: Value) -> Answer {
        self.agent.post(&format!("{}/{act}", self.path()), &body).await
    }

    /// The facts of the ticket's history of this kind.
    async fn facts(&self, kind: &str) -> Vec<Value> {
        let history = self.agent.get(&format!("{}/history?limit=200", self.ticket)).await.expect(200);
        let items = history.at("/items");
        items.as_array().expect("a list").iter().filter(|fact| fact["kind"] == kind).cloned().collect()
    }

    /// The messages that the desk wrote by itself after the first answer.
    async fn asked(&self) -> Vec<Value> {
        let messages = self.agent.get(&format!("{}/messages", self.ticket)).await.expect(200);
        let by_desk = |message: &&Value| message["author"] == "automation" && message["purpose"] == "reply";
        messages.at("/items").as_array().expect("a list").iter().filter(by_desk).cloned().collect()
    }
}
