//! Outages: stretches of time in which a service was not there.

use jiff::Timestamp;
use serde_json::Value;

use super::edit::kept;
use super::fields::{Fields, FromJson, read};
use super::id::{MonitorId, OutageId};
use super::intake::service;
use super::uptime::Span;
use super::violation::Violation;

/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;

/// A stretch of time in which a service was not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Its identifier.
    pub id: OutageId,
    /// What was not there.
    pub service: String,
    /// The monitor that found it; none: somebody reported it.
    pub monitor: Option<MonitorId>,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; none: it goes on.
    pub to: Option<Timestamp>,
    /// What is known of why.
    pub reason: String,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Outage {
    /// As a stretch of time, as far as it has gone on at `now`.
    #[must_use]
    pub fn span(&self, now: Timestamp) -> Span {
        Span::new(self.from, self.to.unwrap_or(now))
    }
}

/// An outage that somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutage {
    /// What was not there.
    pub service: String,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; none: it goes on.
    pub to: Option<Timestamp>,
    /// What is known of why.
    pub reason: String,
}

impl FromJson for NewOutage {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let service = service(f).required();
            let from = f.timestamp("from").required();
            let to = f.timestamp("to").optional();
            let reason = reason(f).required();
            if let (Some(from), Some(to)) = (from, to)
                && to < from
            {
                f.fault("to", "not_after", "must not be earlier than from");
            }
            Some(Self { service: service?, from: from?, to, reason: reason? })
        })
    }
}

/// A merge patch of an outage that somebody reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutagePatch {
    /// When it ended.
    pub to: Option<Timestamp>,
    /// What is known of why.
    pub reason: Option<String>,
}

impl FromJson for OutagePatch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let to = kept(f, "to", |f| f.timestamp("to"));
            let reason = kept(f, "reason", reason);
            Some(Self { to, reason })
        })
    }
}

/// Which outages are listed; none of a field: whichever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Of this service.
    pub service: Option<String>,
    /// That had not ended by this instant.
    pub from: Option<Timestamp>,
    /// That had begun before this instant.
    pub to: Option<Timestamp>,
}

/// What is known of why.
pub(super) fn reason<'a>(f: &'a mut Fields<'_>) -> super::field::Field<'a, String> {
    f.text("reason").trimmed().min_chars(1).max_chars(MAX_REASON)
}
