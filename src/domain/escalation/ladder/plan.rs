//! The steps to come, with their instants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::base::{Base, bases};
use super::facts::Situation;
use super::policy::{Action, Ladder, Policy, Target};
use crate::domain::closed_list::closed_list;

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, version, trigger, cycle, level, repeat, action } = self;
        write!(f, "{policy}@{version}/{trigger}/{cycle}/{level}.{repeat}/{action}")
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Anything but planned.
    pub state: StepState,
    /// When it was due, whenever it was taken.
    pub due: Option<Timestamp>,
    /// Who got it; none for one that nobody got.
    pub to: Option<Target>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What tells it from others.
    pub id: StepId,
    /// The plan it belongs to; see [`Situation::generation`].
    pub generation: usize,
    /// When; none while the clock it hangs on stands still.
    pub due: Option<Timestamp>,
    /// Not at its instant but only after it, as a promise kept at the deadline
    /// is kept: it may be taken after this one.
    pub after: Option<Timestamp>,
    /// For whom, the first that can be reached; who got it, once fired.
    pub to: Vec<Target>,
    /// How it stands.
    pub state: StepState,
}

/// All steps of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Which plan this is; see [`Situation::generation`].
    pub generation: usize,
    /// By instant, those without one last; those of one instant as the policy
    /// names them.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan for a ticket as it is, and what became of earlier steps. Steps
    /// that should have come before the plan began come at its beginning, of
    /// each level only the last.
    #[must_use]
    pub fn of(policy: &Policy, ticket: &Situation<'_>, done: &BTreeMap<StepId, Done>) -> Self {
        let mut steps = Vec::new();
        if !ticket.is_over() {
            for ladder in &policy.ladders {
                for base in bases(&ladder.trigger, ticket) {
                    climb(policy, ladder, &base, ticket, &mut steps);
                }
            }
        }
        steps.retain(|step| !done.contains_key(&step.id));
        let generation = ticket.generation();
        let past = done.iter().map(|(id, done)| Step {
            id: id.clone(),
            generation,
            due: done.due,
            after: None,
            to: done.to.iter().cloned().collect(),
            state: done.state,
        });
        steps.extend(past);
        // Stable: what has one instant stays in the order of the policy.
        steps.sort_by_key(|step| (step.due.is_none(), step.due));
        Self { generation, steps }
    }

    /// The steps that are still to come.
    pub fn planned(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state == StepState::Planned)
    }

    /// The steps of an earlier plan that this one neither holds nor records:
    /// they are to be recorded as cancelled.
    #[must_use]
    pub fn dropped<'a>(&self, earlier: &'a Self) -> Vec<&'a Step> {
        let kept: BTreeSet<&StepId> = self.steps.iter().map(|step| &step.id).collect();
        earlier.planned().filter(|step| !kept.contains(&step.id)).collect()
    }
}

fn climb(policy: &Policy, ladder: &Ladder, base: &Base, ticket: &Situation<'_>, steps: &mut Vec<Step>) {
    let since = ticket.since();
    for (place, level) in ladder.levels.iter().enumerate() {
        let first = base.at.map(|at| later(at, level.delay).max(base.earliest));
        let instant = |repeat: u32| first.map(|first| later(first, times(level.every, repeat)));
        // Reminders that a later one had overtaken when the plan began tell nothing.
        let overtaken =
            (1..=level.repeat).rev().find(|repeat| instant(*repeat).is_some_and(|at| at <= since));
        for repeat in 0..=level.repeat {
            let due = instant(repeat).map(|at| at.max(since));
            let reminds = repeat >= overtaken.unwrap_or(0);
            let actions = level.actions.iter().copied();
            let wanted = actions.filter(|action| if action.reminds() { reminds } else { repeat == 0 });
            steps.extend(wanted.map(|action| Step {
                id: StepId {
                    policy: policy.key.clone(),
                    version: policy.version,
                    trigger: ladder.trigger.to_string(),
                    cycle: base.cycle.clone(),
                    level: place + 1,
                    repeat,
                    action,
                },
                generation: ticket.generation(),
                due,
                after: base.after.filter(|after| due.is_some_and(|due| due <= *after)),
                to: level.to.clone(),
                state: StepState::Planned,
            }));
        }
    }
}

fn times(every: SignedDuration, repeat: u32) -> SignedDuration {
    every.saturating_mul(i32::try_from(repeat).unwrap_or(i32::MAX))
}

/// Saturates at the range of timestamps.
fn later(at: Timestamp, delay: SignedDuration) -> Timestamp {
    let bound = if delay.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(delay).unwrap_or(bound)
}
