//! Whether a step that somebody holds in hand may be taken now.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::base::bases;
use super::facts::Situation;
use super::plan::Plan;
use super::policy::{Ladder, Policy, Target};
use super::reached::Reached;
use super::step::{Done, Step, StepId, StepState};
use crate::domain::closed_list::closed_list;

closed_list! {
    /// Why a step tells nobody anything.
    Moot {
        /// It was taken, skipped or cancelled before.
        Done = "done",
        /// The ticket was merged into another.
        Merged = "merged",
        /// The ticket was resolved or closed.
        Resolved = "resolved",
        /// Another plan holds since.
        Replanned = "replanned",
        /// What it climbs for has ended: the clock stopped, somebody
        /// acknowledged, the ticket is no P1 any more.
        Over = "over",
        /// Nobody of its level was there.
        Nobody = "nobody",
        /// A later reminder of the same was due as well.
        Overtaken = "overtaken",
        /// Another step of the same instant told them by the same means.
        Told = "told",
    }
}

/// What to do with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Take it, for whom it reaches.
    Fire {
        /// Who gets it.
        to: Reached,
        /// When it was due; that is its stamp, however late it is taken.
        due: Timestamp,
    },
    /// Never take it.
    Moot(Moot),
    /// It tells nobody: record that.
    Skip {
        /// When it was due.
        due: Timestamp,
        /// Nobody is there, a later reminder overtook it, or they were told.
        why: Moot,
    },
    /// Not yet; none: not before something happens to the ticket.
    PutOff(Option<Timestamp>),
}

/// What to do with a step at `now`, for the ticket as it is. `reach` tells whom
/// a target stands for at an instant: a team that exists, somebody on call, an
/// agent who still works.
#[must_use]
pub fn decide(
    step: &Step,
    policy: &Policy,
    ticket: &Situation<'_>,
    done: &BTreeMap<StepId, Done>,
    reach: &dyn Fn(&Target, Timestamp) -> Option<Reached>,
    now: Timestamp,
) -> Decision {
    if done.contains_key(&step.id) || step.state != StepState::Planned {
        return Decision::Moot(Moot::Done);
    }
    let replanned = step.generation != ticket.generation();
    if let Some(why) = ended(ticket).or_else(|| replanned.then_some(Moot::Replanned)) {
        return Decision::Moot(why);
    }
    // Who is late reaches whoever is there by then.
    let plan = Plan::of(policy, ticket, done, &|target, at| reach(target, at.max(now)));
    match plan.planned().find(|current| current.id == step.id) {
        Some(current) => plan.judge(current, now),
        None => Decision::Moot(Moot::Over),
    }
}

/// Why nothing climbs for a ticket any more, if so.
pub(super) fn ended(ticket: &Situation<'_>) -> Option<Moot> {
    if ticket.merged {
        Some(Moot::Merged)
    } else if ticket.is_over() {
        Some(Moot::Resolved)
    } else {
        None
    }
}

/// Why what a step that was taken told is not worth telling any more, if so:
/// the ticket has ended, or what the ladder climbs for. For whoever is about to
/// tell people.
#[must_use]
pub fn silenced(step: &StepId, policy: &Policy, ticket: &Situation<'_>) -> Option<Moot> {
    let climbs = |ladder: &&Ladder| {
        let same = ladder.trigger.to_string() == step.trigger;
        same && bases(&ladder.trigger, ticket).iter().any(|base| base.cycle == step.cycle)
    };
    let over = || (!policy.ladders.iter().any(|ladder| climbs(&ladder))).then_some(Moot::Over);
    ended(ticket).or_else(over)
}

impl Plan {
    /// What to do at `now` with a step that this plan holds as planned.
    #[must_use]
    pub fn judge(&self, step: &Step, now: Timestamp) -> Decision {
        let Some(due) = step.due else { return Decision::PutOff(None) };
        if !step.is_ready(now) {
            return Decision::PutOff(step.ready_at());
        }
        if self.planned().any(|later| step.id.is_overtaken_by(&later.id) && later.is_ready(now)) {
            return Decision::Skip { due, why: Moot::Overtaken };
        }
        match &step.to {
            Some(to) if self.has_told(step, to) => Decision::Skip { due, why: Moot::Told },
            Some(to) => Decision::Fire { to: to.clone(), due },
            None => Decision::Skip { due, why: Moot::Nobody },
        }
    }

    /// Whether another step told them by the same means at that instant.
    fn has_told(&self, step: &Step, to: &Reached) -> bool {
        let same = |other: &&Step| {
            other.state == StepState::Fired
                && other.due == step.due
                && other.id.action == step.id.action
                && other.to.as_ref() == Some(to)
        };
        step.id.action.reminds() && self.steps.iter().any(|other| same(&other))
    }
}
