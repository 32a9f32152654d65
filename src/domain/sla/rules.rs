//! What a policy may decide about the arithmetic of clocks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Priority, Status};

closed_list! {
    /// What is promised.
    Metric {
        /// How soon a person first answers.
        FirstResponse = "first_response",
        /// How soon a person answers each later message of the requester.
        NextResponse = "next_response",
        /// How soon it is resolved.
        Resolution = "resolution",
    }
}

closed_list! {
    /// What reopening a resolved ticket does to its clocks.
    Reopen {
        /// They go on; the time spent resolved does not count.
        Resume = "resume",
        /// The resolution clock begins a new cycle; others go on as with `resume`.
        Restart = "restart",
        /// They go on, and the time spent resolved counts.
        CountSolved = "count_solved",
    }
}

closed_list! {
    /// When a clock is late. The two differ only for a deadline that falls on
    /// closing or on the beginning of a pause.
    Late {
        /// Past the instant of the deadline.
        AfterDeadline = "after_deadline",
        /// When more than the target has been used; nothing is used while closed or paused.
        OverTarget = "over_target",
    }
}

/// The urgency that targets are looked up by, most urgent 0. Its meaning is the
/// policy's: the desk's own policies use the order of [`Priority`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u16);

impl From<Priority> for Rank {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::P1 => Self(0),
            Priority::P2 => Self(1),
            Priority::P3 => Self(2),
            Priority::P4 => Self(3),
        }
    }
}

/// The settings of a policy; the default is the desk's own arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// States in which the first response clock stands still.
    pub first_response_pauses_in: BTreeSet<Status>,
    /// States in which the next response clock stands still.
    pub next_response_pauses_in: BTreeSet<Status>,
    /// States in which the resolution clock stands still.
    pub resolution_pauses_in: BTreeSet<Status>,
    /// What reopening does.
    pub reopen: Reopen,
    /// Whether the message that opens a ticket starts a next response clock too.
    pub next_response_counts_first_message: bool,
    /// When a clock is late.
    pub late: Late,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            first_response_pauses_in: BTreeSet::new(),
            next_response_pauses_in: BTreeSet::new(),
            resolution_pauses_in: BTreeSet::from([Status::Pending, Status::OnHold]),
            reopen: Reopen::Resume,
            next_response_counts_first_message: false,
            late: Late::AfterDeadline,
        }
    }
}

impl Rules {
    /// Whether the clock of a metric stands still in a state of the ticket.
    #[must_use]
    pub fn pauses(&self, metric: Metric, status: Status) -> bool {
        let pausing = match metric {
            Metric::FirstResponse => &self.first_response_pauses_in,
            Metric::NextResponse => &self.next_response_pauses_in,
            Metric::Resolution => &self.resolution_pauses_in,
        };
        pausing.contains(&status)
    }
}
