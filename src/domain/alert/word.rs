//! Which of two words on an alert is the newer one.

use jiff::{SignedDuration, Timestamp};

use super::AlertState;
use super::report::{self, Alert, Report};

/// How long after a recovery a word can still be on its way that knows nothing
/// of it: senders that work in pairs are apart by as much. What says later that
/// an alert fires which began before is of a sender that had lost sight of it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(60);

/// The last word on an alert that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What it said.
    pub state: AlertState,
    /// Which instant it was about, by the sender.
    pub as_of: Option<Timestamp>,
    /// When it came.
    pub heard_at: Timestamp,
}

impl Word {
    /// Whether this word is newer than one that comes now. Where the sender
    /// gives no instants, what comes later is newer.
    #[must_use]
    pub fn outdates(&self, alert: &Alert, now: Timestamp) -> bool {
        let Some((known, said)) = self.as_of.zip(alert.as_of()) else { return false };
        match (self.state, alert.state) {
            (AlertState::Resolved, AlertState::Firing) => {
                let on_its_way = now.duration_since(self.heard_at) < ON_ITS_WAY;
                said <= known && (alert.said_at.is_some() || on_its_way)
            }
            (AlertState::Firing, AlertState::Resolved) => said < known,
            _ => false,
        }
    }
}

impl Alert {
    /// The instant that its state is about, by the sender.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        self.said_at.or(match self.state {
            AlertState::Firing => self.starts_at,
            AlertState::Resolved | AlertState::Recorded => self.ends_at,
        })
    }
}

impl Report {
    /// What is left of it without the alerts on which a newer word is known;
    /// none: nothing.
    #[must_use]
    pub fn without_late(&self, is_late: impl Fn(&Alert) -> bool) -> Option<Self> {
        let alerts: Vec<Alert> = self.alerts.iter().filter(|alert| !is_late(alert)).cloned().collect();
        if alerts.is_empty() {
            return None;
        }
        let mut severities = self.severities.clone();
        if alerts.len() < self.alerts.len() {
            let left = alerts.iter().flat_map(|alert| report::severities(&alert.labels));
            severities = left.chain(report::severities(&self.labels)).collect();
            severities.sort();
            severities.dedup();
        }
        let any_fires = alerts.iter().any(|alert| alert.state == AlertState::Firing);
        let is_empty_word = self.state == AlertState::Firing && self.firing() == 0;
        let state = if any_fires || is_empty_word { AlertState::Firing } else { AlertState::Resolved };
        Some(Self { state, severities, alerts, ..self.clone() })
    }
}
