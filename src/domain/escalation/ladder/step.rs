//! One step of a ladder, and what became of it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::decision::Moot;
use super::policy::{Action, Trigger};
use super::reached::Reached;
use crate::domain::closed_list::closed_list;
use crate::domain::id::EscalationId;

closed_list! {
    /// How a step stands.
    StepState {
        /// It will be taken if nothing else happens.
        Planned = "planned",
        /// It was taken.
        Fired = "fired",
        /// Its level had nobody to reach.
        Skipped = "skipped",
        /// What it was for was over before its time.
        Cancelled = "cancelled",
    }
}

/// What tells a step from every other of its ticket. The same for everybody
/// who computes it, at whatever time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId {
    /// Key of the policy.
    pub policy: String,
    /// Version of the policy.
    pub version: u32,
    /// The trigger's own spelling.
    pub trigger: String,
    /// Which run of the ladder.
    pub cycle: String,
    /// From 1.
    pub level: usize,
    /// 0 the first time.
    pub repeat: u32,
    /// What is done.
    pub action: Action,
}

impl StepId {
    /// The hand-over that its ladder waits for; none: it waits for something else.
    #[must_use]
    pub fn pending(&self) -> Option<EscalationId> {
        let unacknowledged = self.trigger == Trigger::Unacknowledged.to_string();
        let (id, _) = self.cycle.split_once(':').filter(|_| unacknowledged)?;
        id.parse().ok()
    }

    /// Whether `later` reminds of the same thing after it.
    pub(super) fn is_overtaken_by(&self, later: &Self) -> bool {
        self.repeat < later.repeat
            && (self.level, self.action, self.version) == (later.level, later.action, later.version)
            && (&self.cycle, &self.trigger, &self.policy) == (&later.cycle, &later.trigger, &later.policy)
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, version, trigger, cycle, level, repeat, action } = self;
        write!(f, "{policy}@{version}/{trigger}/{cycle}/{level}.{repeat}/{action}")
    }
}

/// A reminder that was due together with a later one, which alone was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overtaken {
    /// Which reminder of its level.
    pub repeat: u32,
    /// When it was due.
    pub due: Timestamp,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Anything but planned.
    pub state: StepState,
    /// When it was due, whenever it was taken.
    pub due: Option<Timestamp>,
    /// When that was recorded.
    pub at: Timestamp,
    /// Who got it; none for one that nobody got.
    pub to: Option<Reached>,
    /// Why nobody got it.
    pub why: Option<Moot>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What tells it from others.
    pub id: StepId,
    /// The plan it belongs to; see [`Situation::generation`](super::facts::Situation::generation).
    pub generation: usize,
    /// When; none while the clock it hangs on stands still.
    pub due: Option<Timestamp>,
    /// Not at its instant but only after it, as a promise kept at the deadline
    /// is kept: it may be taken after this one.
    pub after: Option<Timestamp>,
    /// Who gets it; none: nobody is there at its instant, or that is not known.
    pub to: Option<Reached>,
    /// How it stands.
    pub state: StepState,
    /// When it was taken, if it was.
    pub taken_at: Option<Timestamp>,
    /// Why it will tell nobody, or told nobody.
    pub why: Option<Moot>,
}

impl Step {
    /// The first instant at which it may be taken; none while that is not known.
    #[must_use]
    pub fn ready_at(&self) -> Option<Timestamp> {
        let past = |after: Timestamp| after.checked_add(SignedDuration::from_micros(1)).unwrap_or(after);
        self.due.map(|due| self.after.map_or(due, |after| past(after).max(due)))
    }

    /// Whether it may be taken at `now`.
    #[must_use]
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.ready_at().is_some_and(|at| at <= now)
    }
}
