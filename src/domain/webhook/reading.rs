//! Endpoints as somebody asks for them.

use jiff::Timestamp;
use serde_json::Value;

use super::event::EventType;
use super::{DeliveryState, SigningSecret};
use crate::domain::change::Change;
use crate::domain::edit::{change, kept};
use crate::domain::field::Field;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::violation::Violation;

/// Longest address, in characters.
const MAX_URL: usize = 2_000;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 500;
/// Longest secret, in characters.
const MAX_SECRET: usize = 100;

/// An endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Where deliveries are to go.
    pub url: String,
    /// What it is to be told of; none: everything.
    pub events: Option<Vec<EventType>>,
    /// For people.
    pub description: Option<String>,
    /// What deliveries are to be signed with; none: a random secret.
    pub secret: Option<SigningSecret>,
}

impl FromJson for NewEndpoint {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let url = url(f).required();
            let events = events(f).optional();
            let description = description(f).optional();
            let secret = secret(f).optional();
            Some(Self { url: url?, events, description, secret })
        })
    }
}

/// A merge patch of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Where deliveries are to go.
    pub url: Option<String>,
    /// What it is to be told of; cleared: everything.
    pub events: Change<Vec<EventType>>,
    /// Whether it gets anything.
    pub enabled: Option<bool>,
    /// For people.
    pub description: Change<String>,
}

impl FromJson for EndpointPatch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let url = kept(f, "url", url);
            let events = change(f, "events", events);
            let enabled = kept(f, "enabled", |f| f.boolean("enabled"));
            let description = change(f, "description", description);
            Some(Self { url, events, enabled, description })
        })
    }
}

/// What is to be delivered once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// What was made at this instant or later.
    Since(Timestamp),
    /// What was given up.
    Dead,
}

impl FromJson for Replay {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let since = f.timestamp("since").optional();
            let dead: Option<DeliveryState> = f
                .choice("state")
                .check("not_allowed", |state| *state == DeliveryState::Dead, || "can only be dead")
                .optional();
            match (since, dead) {
                (Some(since), None) => Some(Self::Since(since)),
                (None, Some(_)) => Some(Self::Dead),
                _ => {
                    f.fault("", "one_of", "must have either `since` or `state`");
                    None
                }
            }
        })
    }
}

fn secret<'a>(f: &'a mut Fields<'_>) -> Field<'a, SigningSecret> {
    f.text("secret").max_chars(MAX_SECRET).map(SigningSecret::new)
}

fn url<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("url").trimmed().min_chars(1).max_chars(MAX_URL).one_line()
}

fn description<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("description").trimmed().min_chars(1).max_chars(MAX_DESCRIPTION)
}

fn events<'a>(f: &'a mut Fields<'_>) -> Field<'a, Vec<EventType>> {
    let list = f.array("events", EventType::ALL.len(), |place| place.choice().required());
    list.check("empty", |events: &Vec<EventType>| !events.is_empty(), || "must name one event at least").map(
        |mut events| {
            events.sort_unstable();
            events.dedup();
            events
        },
    )
}
