//! Monitors: what the desk watches by itself, how a check is judged, and what
//! follows from a row of them.

mod alarm;
mod definition;
mod health;
mod reading;

use jiff::Timestamp;

pub use self::alarm::report;
pub use self::definition::{Definition, Heartbeat, HttpCheck, HttpMethod, StatusRange};
pub use self::health::{Health, MonitorState, Sight, Step, Turn};
pub use self::reading::{MonitorPatch, NewMonitor};

use super::closed_list::closed_list;
use super::id::{MonitorId, OutageId};
use super::vocabulary::Severity;

closed_list! {
    /// How a monitor watches.
    MonitorKind {
        /// The desk asks by HTTP.
        Http = "http",
        /// The service says that it lives.
        Heartbeat = "heartbeat",
    }
}

/// What watches a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its identifier.
    pub id: MonitorId,
    /// For people.
    pub name: String,
    /// What it watches; the word that tickets carry. It never changes.
    pub service: String,
    /// How bad it is when the service is away.
    pub severity: Severity,
    /// How it watches.
    pub definition: Definition,
    /// Whether it watches now.
    pub enabled: bool,
    /// Since when it has watched as it does now.
    pub watched_since: Timestamp,
    /// What it saw.
    pub health: Health,
    /// The outage that has not ended.
    pub outage: Option<OutageId>,
    /// Whether the last word that it gave as an alert was that it fires.
    pub alarmed: bool,
    /// When it looks next; none while it is disabled.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by somebody.
    pub updated_at: Timestamp,
    /// It is gone; what it saw stays.
    pub deleted: bool,
}

impl Monitor {
    /// When it looks first if it begins to watch at `now`.
    #[must_use]
    pub fn first_look(&self, now: Timestamp) -> Timestamp {
        match &self.definition {
            Definition::Http(_) => now,
            Definition::Heartbeat(beat) => beat.deadline(self.health.waits_since(self.watched_since)),
        }
    }
}
