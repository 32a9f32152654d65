//! What the tests share: a desk that is served on a TCP port of its own, on a
//! database of its own, with a clock that the test moves.
//!
//! ```
//! let desk = Desk::start().await;
//! let agent = desk.as_role(Role::Agent);
//! let ticket = agent.post("/v1/tickets", &ticket("Export fails", "…")).await.expect(201);
//! desk.move_clock("2000-01-03T09:00:00Z").await;
//! assert_eq!(ticket.text("/status"), "new");
//! ```
//!
//! One PostgreSQL is started for the whole run, on the first demand, and ends
//! with it. Each desk's database is a copy of a migrated template in which the
//! tenant `home` has a key of each role.

mod answer;
mod client;
mod daemon;
mod database;
mod desk;
mod dice;
mod empty;
mod listener;
mod place;
mod process;
mod receiver;
mod server;
mod smtp;
mod template;
mod tenant;
mod wire;

pub(crate) use answer::Answer;
pub(crate) use client::Client;
pub(crate) use daemon::{Daemon, free_port, give, is_asked_for};
pub(crate) use desk::Desk;
pub(crate) use dice::Dice;
pub(crate) use empty::EmptyDatabase;
pub(crate) use listener::{Heard, Listener};
pub(crate) use place::Place;
pub(crate) use process::{Process, run};
pub(crate) use receiver::{Received, Receiver, Reply};
pub(crate) use smtp::{Mood, Smtp};
pub(crate) use tenant::Tenant;

use serde_json::{Value, json};

/// The body of a ticket by an `api` caller, as small as it may be.
pub(crate) fn ticket(subject: &str, body: &str) -> Value {
    json!({ "subject": subject, "body": body, "requester": { "email": "ada@example.org", "name": "Ada" } })
}
