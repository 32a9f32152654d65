//! From when the levels of a ladder are counted.

use jiff::Timestamp;

use super::facts::{Pending, Situation};
use super::policy::Trigger;
use crate::domain::sla::{Clock, Metric, State};
use crate::domain::vocabulary::Priority;

/// One run of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// What tells it from other runs of the same ladder.
    pub(super) cycle: String,
    /// None: not known while a clock stands still.
    pub(super) at: Option<Timestamp>,
    /// Levels that would come earlier come then.
    pub(super) earliest: Timestamp,
    /// A promise is broken only after this instant, not at it.
    pub(super) after: Option<Timestamp>,
    /// The hand-over that it is about.
    pub(super) pending: Option<Pending>,
}

impl Base {
    fn known(cycle: String, at: Timestamp) -> Self {
        Self { cycle, at: Some(at), earliest: at, after: None, pending: None }
    }
}

/// The runs of a ladder that climb or will climb if nothing else happens.
pub(super) fn bases(trigger: &Trigger, ticket: &Situation<'_>) -> Vec<Base> {
    // What is no request climbs only for a person who asks for it.
    if ticket.spam && *trigger != Trigger::Manual {
        return Vec::new();
    }
    match trigger {
        Trigger::TargetUsed { metric, percent } => share(ticket, *metric, *percent).into_iter().collect(),
        Trigger::Breach { nth } => breach(ticket, *nth).into_iter().collect(),
        Trigger::Reopened { times } => reopened(ticket, *times).into_iter().collect(),
        Trigger::PriorityOne if ticket.priority == Priority::P1 => {
            let since = ticket.priority_since;
            vec![Base::known(since.as_microsecond().to_string(), since)]
        }
        Trigger::PriorityOne => Vec::new(),
        Trigger::Unacknowledged => ticket.pending.iter().filter_map(unacknowledged).collect(),
        Trigger::Vip { .. } => {
            ticket.vip_since.map(|at| Base::known("1".to_owned(), at)).into_iter().collect()
        }
        // Each press runs to its end: asking again postpones no help.
        Trigger::Manual => {
            let presses = ticket.pressed.iter().enumerate().filter(|(_, press)| !press.ended);
            presses.map(|(nth, press)| Base::known((nth + 1).to_string(), press.at)).collect()
        }
    }
}

/// Whether something may still come of a clock.
fn counts(clock: &Clock) -> bool {
    clock.stopped_at.is_none() && clock.target_seconds.is_some() && clock.state != State::Cancelled
}

fn share(ticket: &Situation<'_>, metric: Metric, percent: u32) -> Option<Base> {
    let clock = ticket.clocks.current(metric).filter(|clock| counts(clock))?;
    Some(Base {
        cycle: clock.cycle.to_string(),
        at: clock.used_up(percent),
        earliest: clock.started_at,
        after: None,
        pending: None,
    })
}

/// The n-th by the instants of the breaches; those that have none come last.
fn breach(ticket: &Situation<'_>, nth: u32) -> Option<Base> {
    let mut clocks: Vec<&Clock> =
        ticket.clocks.iter().filter(|clock| clock.breached_at.is_some() || counts(clock)).collect();
    clocks.sort_by_key(|clock| (clock.breach_at().is_none(), clock.breach_at()));
    let place = usize::try_from(nth).ok()?.checked_sub(1)?;
    let clock = clocks.get(place).copied().filter(|clock| counts(clock))?;
    let after = if clock.breached_at.is_some() { None } else { clock.late_after() };
    let cycle = format!("{}:{}", clock.metric, clock.cycle);
    Some(Base { cycle, at: clock.breach_at(), earliest: clock.started_at, after, pending: None })
}

fn reopened(ticket: &Situation<'_>, times: u32) -> Option<Base> {
    let count = ticket.reopened.len();
    let last = ticket.reopened.last().filter(|_| count >= usize::try_from(times).unwrap_or(usize::MAX))?;
    Some(Base::known(count.to_string(), *last))
}

/// Counted from the time for the acknowledgement, or from the expiry of the
/// last one; none while one holds for good.
fn unacknowledged(pending: &Pending) -> Option<Base> {
    if pending.in_progress {
        return None;
    }
    let round = pending.rounds + pending.acknowledgements.len();
    let (at, earliest) = match pending.acknowledgements.last() {
        Some(last) => (last.expires_at?, last.expires_at?),
        None => (pending.acknowledge_by, pending.requested_at),
    };
    let cycle = format!("{}:{round}", pending.id);
    Some(Base { cycle, at: Some(at), earliest, after: None, pending: Some(pending.clone()) })
}
