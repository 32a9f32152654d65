//! A ticket of a made-up past, as it has become.

use jiff::Timestamp;

use crate::domain::id::RequesterId;
use crate::domain::sla::Clocks;
use crate::domain::ticket::Event;
use crate::domain::ticket::record::{Evidence, Message, Rated, Record, ResolutionRecord};

/// A ticket with everything that is kept of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The ticket as it is at the end.
    pub record: Record,
    /// Its history.
    pub history: Vec<Event>,
    /// Its promises as of its last event.
    pub clocks: Clocks,
    /// Its messages, each with the requester who wrote it, if one did.
    pub messages: Vec<(Message, Option<RequesterId>)>,
    /// Its evidence.
    pub evidence: Vec<Evidence>,
    /// How it was resolved each time, with the place of that in its history.
    pub resolutions: Vec<(i64, ResolutionRecord)>,
    /// What its requester said about that.
    pub ratings: Vec<Rated>,
    /// When time brings the next thing to it; none: never.
    pub next: Option<Timestamp>,
}
