//! A group of alerts as it is kept, from its first report on until it fires
//! anew with another ticket.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::report::{Alert, MOST_KEY, Recorded, Report};
use super::{AlertSource, AlertState, scalar};
use crate::domain::id::{AlertId, TicketId};

/// A group of alerts, or something that was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its identifier.
    pub id: AlertId,
    /// Which kind of sender reports it.
    pub source: AlertSource,
    /// The sender's name for it, or one derived from its labels.
    pub key: String,
    /// How it is.
    pub state: AlertState,
    /// One line about it.
    pub title: String,
    /// The ticket that works it.
    pub ticket: Option<TicketId>,
    /// That ticket's number for people.
    pub number: Option<i64>,
    /// For how many groups it stands: more than one, if for those of large
    /// reports that are not taken each on its own.
    pub groups_held: i64,
    /// It shares the ticket of a storm.
    pub in_storm: bool,
    /// Why it made no ticket.
    pub reason: Option<String>,
    /// Labels that all alerts share.
    pub labels: BTreeMap<String, String>,
    /// Annotations that all alerts share.
    pub annotations: BTreeMap<String, String>,
    /// How bad it is, in the sender's words.
    pub severities: Vec<String>,
    /// What it is about.
    pub service: Option<String>,
    /// Where it can be looked at.
    pub url: Option<String>,
    /// How many alerts the last report left out.
    pub truncated: i64,
    /// How often it was reported as firing.
    pub firings: i64,
    /// How often it was reported as resolved.
    pub resolutions: i64,
    /// When it was first reported.
    pub first_at: Timestamp,
    /// When it was last reported.
    pub last_at: Timestamp,
    /// When it got its ticket.
    pub opened_at: Option<Timestamp>,
    /// When it was last reported as firing.
    pub fired_at: Option<Timestamp>,
    /// When it was last reported as resolved.
    pub resolved_at: Option<Timestamp>,
    /// What was recorded, whole.
    pub content: Option<Value>,
}

impl Group {
    /// A group that was never reported before.
    #[must_use]
    pub fn new(id: AlertId, source: AlertSource, report: &Report, now: Timestamp) -> Self {
        let mut group = Self::blank(id, source, &report.key, report.state, now);
        group.take(report, report.state, now);
        group
    }

    /// Something that is kept and is no alert.
    #[must_use]
    pub fn record(id: AlertId, source: AlertSource, recorded: &Recorded, now: Timestamp) -> Self {
        Self {
            title: recorded.title.clone(),
            reason: Some(recorded.reason.clone()),
            content: Some(recorded.content.clone()),
            ..Self::blank(id, source, &recorded.key, AlertState::Recorded, now)
        }
    }

    fn blank(id: AlertId, source: AlertSource, key: &str, state: AlertState, now: Timestamp) -> Self {
        Self {
            id,
            source,
            key: scalar::cut(key.trim_start_matches('\u{1}'), MOST_KEY),
            state,
            title: String::new(),
            ticket: None,
            number: None,
            groups_held: 1,
            in_storm: false,
            reason: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            severities: Vec::new(),
            service: None,
            url: None,
            truncated: 0,
            firings: 0,
            resolutions: 0,
            first_at: now,
            last_at: now,
            opened_at: None,
            fired_at: None,
            resolved_at: None,
            content: None,
        }
    }

    /// Nothing of it fires any more, though nobody reported it as a whole.
    pub fn end(&mut self, now: Timestamp) {
        let now = now.max(self.last_at);
        self.state = AlertState::Resolved;
        (self.last_at, self.resolved_at) = (now, Some(now));
    }

    /// Takes what a report says. `state`: of the group as a whole, which is
    /// more than the report where that does not list all of it.
    pub fn take(&mut self, report: &Report, state: AlertState, now: Timestamp) {
        // A ticket never goes back in time, whatever a clock does.
        let now = now.max(self.last_at);
        self.state = state;
        self.last_at = now;
        if report.state == AlertState::Firing {
            self.firings += 1;
            self.fired_at = Some(now);
        } else {
            self.resolutions += 1;
        }
        match state {
            AlertState::Resolved => self.resolved_at = Some(now),
            AlertState::Firing | AlertState::Recorded => self.resolved_at = None,
        }
        self.truncated = report.truncated;
        // What is over says less of itself than what fires.
        if report.state == AlertState::Firing || self.title.is_empty() {
            self.title.clone_from(&report.title);
            self.labels.clone_from(&report.labels);
            self.annotations.clone_from(&report.annotations);
            self.severities.clone_from(&report.severities);
            self.service.clone_from(&report.service);
            self.url = report.url.as_ref().map(|url| scalar::cut(url, MOST_KEY));
        }
    }
}

/// Which groups are listed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// In one of these states; none: in any.
    pub state: Vec<AlertState>,
    /// From one of these sources; none: from any.
    pub source: Vec<AlertSource>,
    /// Of this ticket.
    pub ticket: Option<TicketId>,
}

/// A group with the first of its alerts.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The group.
    pub group: Group,
    /// Its alerts, 100 at most, those that fire first.
    pub alerts: Vec<Alert>,
    /// How many alerts it has.
    pub total: i64,
}
