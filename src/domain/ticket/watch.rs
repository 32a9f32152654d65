//! Promises that are watched over many tickets: those about to be broken, and
//! those that were.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::PolicyRef;
use super::record::StoredClock;
use crate::domain::closed_list::closed_list;
use crate::domain::id::{AgentId, TicketId};
use crate::domain::search::of_our_era;
use crate::domain::sla::{Clock, Metric, Policy, Rank, State};
use crate::domain::vocabulary::{Category, Priority, Status};

/// Which clocks are looked at, by what their tickets are now. An empty list
/// asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Narrowing {
    /// Of one of these metrics.
    pub metric: Vec<Metric>,
    /// On tickets of one of these priorities.
    pub priority: Vec<Priority>,
    /// On tickets of one of these categories.
    pub category: Vec<Category>,
    /// On tickets in the queue of one of these teams.
    pub team: Vec<String>,
}

closed_list! {
    /// Whether a broken promise is still waited for.
    Lateness {
        /// The clock has not stopped, and the ticket is not resolved.
        Open = "open",
        /// It is over.
        Ended = "ended",
    }
}

closed_list! {
    /// The order of breaches.
    BreachSort {
        /// Newest first.
        Descending = "-breached_at",
        /// Oldest first.
        Ascending = "breached_at",
    }
}

/// Which breaches are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaches {
    /// Stamped at this instant or later.
    pub from: Timestamp,
    /// Stamped before this instant.
    pub to: Timestamp,
    /// On which clocks.
    pub narrowing: Narrowing,
    /// Only those still waited for, or only those that are over.
    pub lateness: Option<Lateness>,
    /// In which order.
    pub sort: BreachSort,
}

/// Which risks are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Risks {
    /// With a deadline no later than this.
    pub until: Timestamp,
    /// On which clocks.
    pub narrowing: Narrowing,
    /// With at least this share of the target used, 0 to 1.
    pub share: f64,
}

/// A place in a list of clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPosition {
    /// The instant that the list is sorted by.
    #[serde(deserialize_with = "of_our_era")]
    pub at: Timestamp,
    /// The ticket.
    pub ticket: TicketId,
    /// What was promised.
    pub metric: Metric,
    /// Which cycle of it.
    pub cycle: i32,
}

/// A clock with what lists say about its ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: i64,
    /// One line about it.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// Its priority now.
    pub priority: Priority,
    /// Its category now.
    pub category: Category,
    /// In whose queue it is.
    pub team: String,
    /// Who works it.
    pub agent: Option<AgentId>,
    /// That agent's name.
    pub agent_name: Option<String>,
    /// What promised.
    pub policy: Option<PolicyRef>,
    /// In which text of policies that stands.
    pub sla_version: String,
    /// Whether it was merged into another ticket.
    pub merged: bool,
    /// The clock as of the ticket's last event.
    pub clock: StoredClock,
}

/// How far a running clock has come at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Business seconds used, rounded down.
    pub used_seconds: i64,
    /// Business seconds left, rounded up; the two add up to the target.
    pub left_seconds: i64,
    /// The share of the target that is used, 0 to 1.
    pub share: f64,
    /// Seconds until the deadline, day and night, rounded down; 0 past a
    /// deadline that may still be kept.
    pub remaining_seconds: i64,
}

impl Watched {
    /// Its place in a list that is sorted by `at`.
    #[must_use]
    pub const fn position(&self, at: Timestamp) -> ClockPosition {
        let clock = &self.clock;
        ClockPosition { at, ticket: self.ticket, metric: clock.metric, cycle: clock.cycle }
    }

    /// How far a running clock that is not late has come at `now`, exact to the
    /// microsecond without its history: what is left is the business time until
    /// its deadline. `policy` must be the ticket's. None for another clock.
    #[must_use]
    pub fn progress(&self, policy: &Policy, now: Timestamp) -> Option<Progress> {
        let due = self.clock.due_at.filter(|_| self.clock.state_at(now) == State::Running)?;
        let target = policy.target(self.clock.metric, Rank::from(self.priority))?;
        let wanted = micros(target.seconds);
        let left = target.schedule.calendar.elapsed(now, due).as_micros().clamp(0, wanted);
        let used_seconds = whole((wanted - left) / MICROS);
        Some(Progress {
            used_seconds,
            left_seconds: target.seconds - used_seconds,
            share: share(wanted - left, wanted),
            remaining_seconds: due.duration_since(now).as_secs().max(0),
        })
    }

    /// Whether its breach is still waited for.
    #[must_use]
    pub const fn lateness(&self) -> Lateness {
        if self.status.is_over() || self.clock.stopped_at.is_some() {
            Lateness::Ended
        } else {
            Lateness::Open
        }
    }

    /// Takes over how the same clock stands now.
    pub fn update(&mut self, clock: &Clock) {
        self.clock.business_seconds = clock.business_seconds;
        self.clock.elapsed_seconds = clock.elapsed_seconds;
    }

    /// Business seconds beyond the target; 0 where it was loosened since.
    #[must_use]
    pub fn late_by_seconds(&self) -> i64 {
        (self.clock.business_seconds - self.clock.target_seconds).max(0)
    }
}

const MICROS: i128 = 1_000_000;

fn micros(seconds: i64) -> i128 {
    i128::from(seconds.max(1)) * MICROS
}

fn whole(seconds: i128) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a quotient cannot show more digits than a double has")]
fn share(part: i128, whole: i128) -> f64 {
    part as f64 / whole as f64
}
