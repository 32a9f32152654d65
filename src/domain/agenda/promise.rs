//! Promises that are broken.

use jiff::Timestamp;

use super::{Item, View, right_after};
use crate::domain::sla::{Clock, Metric};
use crate::domain::ticket::Fact;

/// The first breach that the history does not hold yet: one that has happened,
/// or one that comes if nothing else does.
pub(super) fn breach(view: &View<'_>) -> Option<(Timestamp, Item)> {
    let recorded: Vec<(Metric, u32)> = view
        .history
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::ClockBreached { metric, cycle, .. } => Some((*metric, *cycle)),
            _ => None,
        })
        .collect();
    let clocks = view.clocks.iter().filter(|clock| !recorded.contains(&(clock.metric, clock.cycle)));
    clocks.filter_map(of).min_by_key(|(at, _)| *at)
}

fn of(clock: &Clock) -> Option<(Timestamp, Item)> {
    let stamp = clock.breach_at()?;
    let item = Item::Breach { metric: clock.metric, cycle: clock.cycle, stamp };
    // What is at its deadline is in time; the instant after it is late.
    let at = match clock.breached_at {
        Some(at) => at,
        None => right_after(clock.late_after()?),
    };
    Some((at, item))
}
