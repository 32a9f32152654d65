//! What ladders look at.

use jiff::Timestamp;

use crate::domain::id::{AgentId, EscalationId};
use crate::domain::sla::Clocks;
use crate::domain::vocabulary::{Persona, Priority, Status};

/// A change of priority, category or team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When it was made.
    pub at: Timestamp,
    /// A step of a ladder made it.
    pub by_ladder: bool,
}

/// Somebody said that they have seen a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// From here on it no longer counts; none: it counts for good.
    pub expires_at: Option<Timestamp>,
}

/// A hand-over that is not yet answered, returned, declined or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its identifier.
    pub id: EscalationId,
    /// The team that it is with.
    pub team: String,
    /// Who gets it if nobody takes it; none beyond human support.
    pub fallback: Option<Persona>,
    /// When it was made; no step about it comes earlier.
    pub requested_at: Timestamp,
    /// When it should be acknowledged.
    pub acknowledge_by: Timestamp,
    /// How often it was waited for before that was over otherwise than by an
    /// acknowledgement: it was sent back, and came again.
    pub rounds: usize,
    /// Since then, in the order in which they were given.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Work has begun, which does not expire.
    pub in_progress: bool,
}

/// Somebody asked for help from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// Its place in the history.
    pub place: i64,
    /// When.
    pub at: Timestamp,
    /// The ticket was resolved since: that was the help, and what came of the
    /// press ends with it for good.
    pub ended: bool,
}

/// A ticket as it is at an instant; facts after that instant are not in it.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Where it stands in its life.
    pub status: Status,
    /// It was merged into another.
    pub merged: bool,
    /// It is no request at all.
    pub spam: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// What fell due before this instant is never told: the last time it came
    /// back after a resolution, or when it first got ladders where it is older
    /// than they are; else its creation.
    pub watched_since: Timestamp,
    /// Its priority.
    pub priority: Priority,
    /// Since when it has that priority.
    pub priority_since: Timestamp,
    /// The team it is with.
    pub team: &'a str,
    /// Who works it.
    pub agent: Option<AgentId>,
    /// Since when it is a ticket of somebody important, if it is one.
    pub vip_since: Option<Timestamp>,
    /// When it came back, in order.
    pub reopened: &'a [Timestamp],
    /// Its promises.
    pub clocks: &'a Clocks,
    /// Its hand-overs that somebody has to take.
    pub pending: &'a [Pending],
    /// When the button was pressed, in order; see [`press`](super::press()).
    pub pressed: &'a [Press],
    /// Changes of priority, category or team, in order.
    pub changes: &'a [Change],
}

impl Situation<'_> {
    /// Which plan holds, from 0: one more for each change that no ladder made.
    #[must_use]
    pub fn generation(&self) -> usize {
        self.changes.iter().filter(|change| !change.by_ladder).count()
    }

    /// Since when that plan holds.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        let last = self.changes.iter().rev().find(|change| !change.by_ladder);
        last.map_or(self.created_at, |change| change.at)
    }

    /// Nothing climbs any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.merged || self.status.is_over()
    }
}
