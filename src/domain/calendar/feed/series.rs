//! All occurrences of an event, and what they close.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use super::event::{Event, Length};
use super::moment::{Moment, day_of, instant_of};
use super::rule::Rule;
use super::{Budget, Closures, Fault, recurrence};
use crate::domain::calendar::span::Span;
use crate::domain::calendar::zone::{DAY, DAY_SECONDS, SECOND, Zone};

/// When the event begins, each time, by the clock of its start; without what
/// other events replace.
pub(super) fn starts(
    event: &Event,
    replaced: &[&Moment],
    budget: &mut Budget,
) -> Result<BTreeSet<DateTime>, Fault> {
    let first = event.on_its_clock(&event.start);
    let mut starts = BTreeSet::new();
    // What stands for one occurrence has no series of its own.
    let rules = if event.replaces.is_some() { &[][..] } else { &event.rules };
    if rules.is_empty() {
        starts.insert(first);
    }
    for rule in rules {
        let within = |date: Date| within(event, rule, date.to_datetime(first.time()));
        let dates = recurrence::dates(rule, first.date(), within, budget)?;
        starts.extend(dates.into_iter().map(|date| date.to_datetime(first.time())));
    }
    budget.spend(1 + event.also.len() + event.except.len() + replaced.len())?;
    starts.extend(event.also.iter().map(|also| event.on_its_clock(also)));
    for gone in event.except.iter().chain(replaced.iter().copied()) {
        starts.remove(&event.on_its_clock(gone));
    }
    Ok(starts)
}

fn within(event: &Event, rule: &Rule, start: DateTime) -> bool {
    match &rule.until {
        None => true,
        Some(Moment::Date(last)) => start.date() <= *last,
        Some(last) => start <= event.on_its_clock(last),
    }
}

/// Adds what the event closes whenever it begins.
pub(super) fn close(
    event: &Event,
    starts: &BTreeSet<DateTime>,
    calendar: &Zone,
    budget: &mut Budget,
    closures: &mut Closures,
) -> Result<(), Fault> {
    for start in starts {
        match (event.length, &event.start) {
            (Length::Seconds(seconds), Moment::Time { zone, .. }) => {
                budget
                    .spend(usize::try_from(seconds / DAY_SECONDS).unwrap_or(usize::MAX).saturating_add(1))?;
                let end = start.checked_add(SignedDuration::from_secs(seconds)).ok();
                let bounds = instant_of(*start, zone).zip(end.and_then(|end| instant_of(end, zone)));
                let (from, to) =
                    bounds.ok_or_else(|| Fault::new("invalid_date", "reaches beyond the year 9999"))?;
                cut(from, to, calendar, closures);
            }
            (Length::Dates(dates) | Length::Seconds(dates), _) => {
                budget.spend(usize::try_from(dates).unwrap_or(usize::MAX))?;
                let first = day_of(start.date());
                closures.days.extend(first..first + dates);
            }
        }
    }
    Ok(())
}

/// A break from one instant to another, on the dates of the calendar.
fn cut(from: i64, to: i64, calendar: &Zone, closures: &mut Closures) {
    let local = |at: i64| at + calendar.offset(at);
    let (from, to) = (local(from), local(to));
    // Empty too where the clock is set back by the whole length meanwhile.
    for day in from.div_euclid(DAY)..=(to - 1).div_euclid(DAY) {
        let seconds = |at: i64| ((at - day * DAY) / SECOND).clamp(0, DAY_SECONDS);
        let span = Span::new(seconds(from), seconds(to));
        if span.from < span.to {
            closures.breaks.entry(day).or_default().push(span);
        }
    }
}
