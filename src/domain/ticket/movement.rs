//! What another policy, or another version of it, would do to a ticket's
//! clocks. A preview and the change itself are the same plan.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::{Actor, Event, Fact, PolicyCause, PolicyRef};
use super::promise;
use super::record::StoredClock;
use super::state::Ticket;
use crate::domain::id::EventId;
use crate::domain::kpi::{self, Entry, Targets};
use crate::domain::sla::{Metric, Policy, Rank, State};

/// A ticket that gets another version of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// What it is promised by until then.
    pub from: Option<PolicyRef>,
    /// What it is promised by from then on; none: nothing.
    pub to: Option<PolicyRef>,
    /// The fact that says so.
    pub event: Event,
    /// The ticket after it.
    pub state: Ticket,
    /// What it then contributes to KPIs.
    pub entries: Vec<Entry>,
    /// Its clocks after it, as they are kept.
    pub clocks: Vec<StoredClock>,
    /// The clocks that are no longer what they were.
    pub shifts: Vec<Shift>,
    /// The metrics whose promise is weaker.
    pub loosened: Vec<Metric>,
}

/// A clock before and after; none: there was or is no promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// What is promised.
    pub metric: Metric,
    /// Which cycle of it.
    pub cycle: i32,
    /// Before.
    pub before: Option<StoredClock>,
    /// After.
    pub after: Option<StoredClock>,
}

impl Shift {
    /// The change itself breaks the promise.
    #[must_use]
    pub fn breaches(&self) -> bool {
        let breached =
            |clock: &Option<StoredClock>| clock.as_ref().is_some_and(|clock| clock.state == State::Breached);
        breached(&self.after) && !breached(&self.before)
    }

    /// Seconds by which the deadline moves, where there is one before and after.
    #[must_use]
    pub fn seconds(&self) -> Option<i64> {
        let (before, after) = (self.before.as_ref()?.due_at?, self.after.as_ref()?.due_at?);
        Some(after.duration_since(before).as_secs())
    }
}

/// Who moves a ticket, when and why.
#[derive(Debug, Clone, Copy)]
pub struct Mover<'m> {
    /// The identifier of the fact.
    pub event: EventId,
    /// When; never before the ticket's last fact.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Why.
    pub reason: Option<&'m str>,
}

impl Movement {
    /// Plans it. `promised`: the policies of [`promise::promises`] of the
    /// history; `to` with the name of its text; `targets` of KPIs. `None` where the history has no
    /// opening.
    #[must_use]
    pub fn plan(
        history: &[Event],
        promised: &[Policy],
        targets: &Targets,
        (to, text): (Option<&Policy>, &str),
        mover: Mover<'_>,
    ) -> Option<Self> {
        let mut state = Ticket::replay(history)?;
        let from = state.policy.clone();
        let reference = to.map(|policy| PolicyRef {
            key: policy.key.clone(),
            version: i32::try_from(policy.version).unwrap_or(i32::MAX),
        });
        let at = mover.at.max(state.updated_at);
        let fact = Fact::PolicyChanged {
            policy: reference.clone(),
            sla_version: text.to_owned(),
            cause: PolicyCause::Moved,
        };
        let event = Event {
            seq: state.version + 1,
            id: mover.event,
            at,
            actor: mover.actor,
            fact,
            reason: mover.reason.map(ToOwned::to_owned),
        };
        let before = promise::stored(&promise::clocks(promised, history, at)?);
        state.apply(&event);
        let mut told = history.to_vec();
        told.push(event.clone());
        let mut policies = promised.to_vec();
        policies.push(to.cloned().unwrap_or_else(Policy::none));
        let after = promise::clocks(&policies, &told, at)?;
        let (clocks, entries) = (promise::stored(&after), kpi::entries(&state, &told, &after, targets));
        let rank = Rank::from(state.priority());
        let terms = policies.iter().rev().nth(1)?.loosened(rank, policies.last()?, rank);
        let later = promise::later(&before, &clocks);
        let loosened = terms.into_iter().chain(later).collect::<BTreeSet<_>>().into_iter().collect();
        Some(Self {
            from,
            to: reference,
            event,
            state,
            shifts: shifts(&before, &clocks),
            entries,
            clocks,
            loosened,
        })
    }
}

fn shifts(before: &[StoredClock], after: &[StoredClock]) -> Vec<Shift> {
    let same =
        |one: &StoredClock, other: &StoredClock| (one.metric, one.cycle) == (other.metric, other.cycle);
    let mut shifts: Vec<Shift> = before
        .iter()
        .map(|clock| (clock, after.iter().find(|later| same(clock, later))))
        .filter(|(clock, later)| later.is_none_or(|later| moved(clock, later)))
        .map(|(clock, later)| Shift {
            metric: clock.metric,
            cycle: clock.cycle,
            before: Some(clock.clone()),
            after: later.cloned(),
        })
        .collect();
    let new = after.iter().filter(|clock| !before.iter().any(|earlier| same(clock, earlier)));
    shifts.extend(new.map(|clock| Shift {
        metric: clock.metric,
        cycle: clock.cycle,
        before: None,
        after: Some(clock.clone()),
    }));
    shifts
}

/// Whether anything that a clock promises or has used is different.
fn moved(before: &StoredClock, after: &StoredClock) -> bool {
    let shown = |clock: &StoredClock| {
        (clock.state, clock.due_at, clock.target_seconds, clock.breached_at, clock.business_seconds)
    };
    shown(before) != shown(after)
}
