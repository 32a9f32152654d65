//! What a report does to the ticket of its group.

use jiff::{SignedDuration, Timestamp};

use super::AlertState;
use crate::domain::ticket::{Ticket, life};

/// How the ticket of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Without,
    /// It is being worked on.
    Open,
    /// It was resolved or closed.
    Ended {
        /// When it was resolved.
        at: Timestamp,
        /// It may still come back.
        reopens: bool,
    },
}

impl Standing {
    /// How this ticket is.
    #[must_use]
    pub fn of(ticket: &Ticket, now: Timestamp) -> Self {
        if ticket.is_unresolved() {
            return Self::Open;
        }
        let at = ticket.resolved_at.unwrap_or(ticket.updated_at);
        Self::Ended { at, reopens: life::may_reopen(ticket, now) }
    }
}

/// What becomes of the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The group gets a new one.
    Open,
    /// The same is reported again.
    Repeat,
    /// It comes back.
    Reopen,
    /// It is resolved, unless others keep it open.
    Resolve,
    /// Nothing.
    Note,
}

/// What a report does. `state`: of the whole group after it; `quiet_since`:
/// when the group was last resolved, if it is.
#[must_use]
pub fn decide(
    state: AlertState,
    ticket: Standing,
    quiet_since: Option<Timestamp>,
    flap_window_seconds: i64,
    now: Timestamp,
) -> Action {
    match (state, ticket) {
        (AlertState::Recorded, _) | (AlertState::Resolved, Standing::Without | Standing::Ended { .. }) => {
            Action::Note
        }
        (AlertState::Resolved, Standing::Open) => Action::Resolve,
        (AlertState::Firing, Standing::Without) => Action::Open,
        (AlertState::Firing, Standing::Open) => Action::Repeat,
        (AlertState::Firing, Standing::Ended { at, reopens }) => {
            let quiet = now.duration_since(quiet_since.map_or(at, |since| since.max(at)));
            if reopens && quiet <= SignedDuration::from_secs(flap_window_seconds) {
                Action::Reopen
            } else {
                Action::Open
            }
        }
    }
}
