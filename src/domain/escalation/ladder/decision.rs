//! Whether a step that somebody holds in hand may be taken now.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::facts::Situation;
use super::plan::{Done, Plan, Step, StepId, StepState};
use super::policy::{Policy, Target};
use crate::domain::closed_list::closed_list;

closed_list! {
    /// Why a step tells nobody anything any more.
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
    }
}

/// What to do with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Take it, for this target.
    Fire {
        /// Who gets it.
        to: Target,
        /// When it was due; that is its stamp, however late it is taken.
        due: Timestamp,
    },
    /// Never take it.
    Moot(Moot),
    /// Its level has nobody to reach: record that, at once.
    Skip {
        /// When it was due.
        due: Timestamp,
    },
    /// Not yet; none: not before something happens to the ticket.
    PutOff(Option<Timestamp>),
}

/// What to do with a step at `now`, for the ticket as it is. `reaches` tells
/// whether a target is there: a team that exists, somebody on call, an agent
/// who still works.
#[must_use]
pub fn decide(
    step: &Step,
    policy: &Policy,
    ticket: &Situation<'_>,
    done: &BTreeMap<StepId, Done>,
    reaches: impl Fn(&Target) -> bool,
    now: Timestamp,
) -> Decision {
    if done.contains_key(&step.id) || step.state != StepState::Planned {
        return Decision::Moot(Moot::Done);
    }
    if ticket.merged {
        return Decision::Moot(Moot::Merged);
    }
    if ticket.is_over() {
        return Decision::Moot(Moot::Resolved);
    }
    if step.generation != ticket.generation() {
        return Decision::Moot(Moot::Replanned);
    }
    let plan = Plan::of(policy, ticket, done);
    let Some(current) = plan.planned().find(|current| current.id == step.id) else {
        return Decision::Moot(Moot::Over);
    };
    let Some(due) = current.due else { return Decision::PutOff(None) };
    if now < due {
        return Decision::PutOff(Some(due));
    }
    if let Some(after) = current.after.filter(|after| now <= *after) {
        let soonest = after.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        return Decision::PutOff(Some(soonest));
    }
    match current.to.iter().find(|target| reaches(target)) {
        Some(to) => Decision::Fire { to: to.clone(), due },
        None => Decision::Skip { due },
    }
}
