//! Maintenance: time in which a service may be away, because everybody was
//! told so beforehand.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::fields::{FromJson, read};
use super::id::MaintenanceId;
use super::intake::service_at;
use super::outage::reason;
use super::uptime::Span;
use super::violation::Violation;

/// Services of one window, at most.
const MAX_SERVICES: usize = 100;
/// Longest window.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Maintenance that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Its identifier.
    pub id: MaintenanceId,
    /// What it is about; none: everything.
    pub services: Option<Vec<String>>,
    /// When it begins.
    pub from: Timestamp,
    /// When it was to end.
    pub to: Timestamp,
    /// What is done, for people.
    pub reason: String,
    /// When it was called off, or ended early.
    pub cancelled_at: Option<Timestamp>,
    /// When it was announced.
    pub created_at: Timestamp,
}

impl Maintenance {
    /// The part of it that counts: none of it where it was announced late, else
    /// what was not called off; perhaps empty.
    #[must_use]
    pub fn counted(&self) -> Span {
        let to = self.cancelled_at.map_or(self.to, |cancelled| cancelled.min(self.to));
        Span::new(self.from, if self.is_announced() { to } else { self.from })
    }

    /// Whether it was announced beforehand: when it began, at the latest.
    #[must_use]
    pub fn is_announced(&self) -> bool {
        self.created_at <= self.from
    }

    /// Whether it is about a service.
    #[must_use]
    pub fn concerns(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|services| services.iter().any(|own| own == service))
    }

    /// Calls it off: one that runs ends now, one that is over stays.
    pub fn cancel(&mut self, now: Timestamp) {
        if self.cancelled_at.is_none() && now < self.to {
            self.cancelled_at = Some(now);
        }
    }
}

/// Maintenance to be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMaintenance {
    /// What it is about; none: everything.
    pub services: Option<Vec<String>>,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// What is done, for people.
    pub reason: String,
}

impl FromJson for NewMaintenance {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let named = f.holds("services") && !f.is_null("services");
            let services = f.array("services", MAX_SERVICES, |place| service_at(place).required());
            let services =
                services.check("empty", |services| !services.is_empty(), || "must name one service at least");
            let services = services.optional().map(|mut services| {
                services.sort_unstable();
                services.dedup();
                services
            });
            let all = f.boolean("all").or(false);
            let from = f.timestamp("from").required();
            let to = f.timestamp("to").required();
            let reason = reason(f).required();
            if all == named {
                f.fault("", "one_of", "must have either `services` or `all`, which is true");
            }
            if let (Some(from), Some(to)) = (from, to) {
                if to <= from {
                    f.fault("to", "not_after", "must be later than from");
                } else if to.duration_since(from) > LONGEST {
                    f.fault("to", "too_far", "must be at most 366 days after from");
                }
            }
            Some(Self { services, from: from?, to: to?, reason: reason? })
        })
    }
}
