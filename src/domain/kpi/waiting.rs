//! First answers that are awaited, and when their time was used up.

use jiff::Timestamp;

use super::definition::Measure;
use crate::domain::calendar::Calendar;
use crate::domain::sla::{Entry, Happening, Late, Metric, Opening, Policy, Rank, Schedule, Target, clocks};
use crate::domain::ticket::event::PolicyRef;
use crate::domain::vocabulary::Status;

/// A ticket went into a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange {
    /// When.
    pub at: Timestamp,
    /// Into which.
    pub to: Status,
}

/// A first response clock with all that its time depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When it started.
    pub started_at: Timestamp,
    /// When the answer came, if it has.
    pub stopped_at: Option<Timestamp>,
    /// Key of the calendar it runs on.
    pub calendar: String,
    /// The policy that promised it.
    pub policy: PolicyRef,
    /// Which text of policies and calendars that was.
    pub sla_version: String,
    /// What became of the ticket, in order.
    pub changes: Vec<StateChange>,
}

impl Waiting {
    /// The instant by which `target_seconds` had been used, if they were used
    /// up before the answer came, or before `now` where none has. An answer at
    /// that very instant is in time. Counted by the calendar that the promise
    /// runs on, with the pauses of its policy, which must be `policy`.
    #[must_use]
    pub fn passed_at(
        &self,
        policy: &Policy,
        target_seconds: i64,
        measure: Measure,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let policy = self.yardstick(policy, target_seconds, measure);
        let opening =
            Opening { at: self.started_at, opened_by_agent: false, priority: RANK, status: Status::New };
        let entries: Vec<Entry> = (0_i64..)
            .zip(&self.changes)
            .map(|(order, change)| Entry { at: change.at, order, what: Happening::Status(change.to) })
            .collect();
        clocks(&policy, &opening, &entries, self.stopped_at.unwrap_or(now)).first_response?.breached_at
    }

    /// A policy that promises this target and nothing else, so that the clocks
    /// of the desk do the counting.
    fn yardstick(&self, policy: &Policy, seconds: i64, measure: Measure) -> Policy {
        let mut schedule = self.schedule(policy).clone();
        if measure == Measure::Elapsed {
            schedule.calendar = Calendar::always();
        }
        let mut yardstick = policy.clone();
        yardstick.rules.late = Late::AfterDeadline;
        yardstick.targets =
            [((RANK, Metric::FirstResponse), Target { seconds, schedule })].into_iter().collect();
        yardstick
    }

    fn schedule<'p>(&self, policy: &'p Policy) -> &'p Schedule {
        let promised = policy.targets.values().map(|target| &target.schedule);
        promised
            .chain([&policy.schedule])
            .find(|own| own.reference.key == self.calendar)
            .unwrap_or(&policy.schedule)
    }
}

/// The yardstick knows one urgency only.
const RANK: Rank = Rank(0);
