//! What monitoring systems report: bodies of several senders, read into one
//! shape, and what becomes of them.

pub mod cloud_event;
mod decision;
mod fingerprint;
mod generic;
mod grafana;
mod group;
mod mapping;
mod repeat;
mod report;
pub mod rest;
mod scalar;
mod settings;
mod storm;
mod ticket;
mod webhook;
mod word;
pub mod worse;

use serde_json::Value;

pub use decision::{Action, Standing, decide};
pub use group::{Group, Shown, Wanted};
pub use mapping::Mapping;
pub use repeat::is_told;
pub use report::{Alert, Incoming, Recorded, Report};
pub use settings::{EventMeaning, Per, Settings, Storm};
pub use storm::{Gathering, NAMED};
pub use ticket::{Drafted, joined};
pub use word::Word;

use super::closed_list::closed_list;
use super::violation::Violation;

closed_list! {
    /// Which kind of sender a report comes from.
    AlertSource {
        /// Prometheus Alertmanager.
        Alertmanager = "alertmanager",
        /// Grafana, of either alerting.
        Grafana = "grafana",
        /// Whoever sends `CloudEvents`.
        CloudEvents = "cloudevents",
        /// Anything else that sends JSON.
        Generic = "generic",
        /// The desk's own monitors; nobody can post in their name.
        Monitor = "monitor",
    }
}

impl AlertSource {
    /// The name that people know it by.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Alertmanager => "Alertmanager",
            Self::Grafana => "Grafana",
            Self::CloudEvents => "CloudEvents",
            Self::Generic => "Monitoring",
            Self::Monitor => "The desk's own monitor",
        }
    }
}

closed_list! {
    /// How a group of alerts is.
    AlertState {
        /// Something is wrong.
        Firing = "firing",
        /// It is over.
        Resolved = "resolved",
        /// What was reported is kept and is no alert.
        Recorded = "recorded",
    }
}

closed_list! {
    /// What became of a reported group.
    Outcome {
        /// It got a ticket.
        Created = "created",
        /// It shares the ticket of a storm.
        JoinedStorm = "joined_storm",
        /// Its ticket counts it.
        Repeated = "repeated",
        /// Its ticket came back.
        Reopened = "reopened",
        /// Its ticket was resolved.
        Resolved = "resolved",
        /// It was taken note of; nothing happened to a ticket.
        Noted = "noted",
        /// It is no alert and was kept.
        Recorded = "recorded",
    }
}

/// Reads what a sender posted, in the order in which it is to be taken.
///
/// # Errors
/// Every fault, place by place.
pub fn read(source: AlertSource, body: Value, settings: &Settings) -> Result<Vec<Incoming>, Vec<Violation>> {
    let incoming = match source {
        AlertSource::Alertmanager => webhook::read(body).map(|report| vec![Incoming::from(report)]),
        AlertSource::Grafana => grafana::read(body).map(|incoming| vec![incoming]),
        AlertSource::CloudEvents => cloud_event::read(body, settings),
        AlertSource::Generic => generic::read(body, &settings.generic),
        AlertSource::Monitor => Err(vec![Violation::new("", "not_allowed", "is written by the desk itself")]),
    }?;
    Ok(match settings.per {
        Per::Group => incoming,
        Per::Fingerprint => incoming.into_iter().flat_map(Incoming::by_fingerprint).collect(),
    })
}
