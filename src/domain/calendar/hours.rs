//! The opening hours of local dates: a weekly pattern and the dates that
//! differ from it.

use std::collections::{BTreeMap, BTreeSet};

use super::span::{Span, merge, subtract, total};
use super::zone::DAY_SECONDS;

/// Opening hours in seconds of the local day, `0..=86400`.
#[derive(Debug, Clone)]
pub(crate) struct Hours {
    /// From Monday.
    weekly: [Vec<Span>; 7],
    /// Sorted by day.
    exceptions: Vec<(i64, Vec<Span>)>,
}

/// Intervals of some dates, as they were written: `to` may lie on the next
/// date, that is, beyond the seconds of a day.
pub(crate) type Dated = BTreeMap<i64, Vec<Span>>;

impl Hours {
    /// An overnight interval is what its two parts would be: the part after
    /// midnight belongs to the next weekday.
    pub(crate) fn new(
        weekly: [Vec<Span>; 7],
        closed: &BTreeSet<i64>,
        shifts: &Dated,
        breaks: &Dated,
    ) -> Self {
        let mut split: [Vec<Span>; 7] = Default::default();
        for (weekday, spans) in weekly.into_iter().enumerate() {
            for span in spans {
                let (today, tomorrow) = at_midnight(span);
                split[weekday].push(today);
                split[(weekday + 1) % 7].push(tomorrow);
            }
        }
        let weekly = split.map(merge);
        let exceptions = exceptions(&weekly, closed, shifts, breaks);
        Self { weekly, exceptions }
    }

    /// Every hour of every day.
    pub(crate) fn always() -> Self {
        let day = || vec![Span::new(0, DAY_SECONDS)];
        Self { weekly: std::array::from_fn(|_| day()), exceptions: Vec::new() }
    }

    pub(crate) fn is_always(&self) -> bool {
        self.exceptions.is_empty() && self.weekly.iter().all(|spans| total(spans) == DAY_SECONDS)
    }

    /// The weekly pattern of a weekday, Monday being 0.
    pub(crate) fn weekday(&self, weekday: usize) -> &[Span] {
        &self.weekly[weekday]
    }

    /// The hours of one local date.
    pub(crate) fn day(&self, day: i64) -> &[Span] {
        match self.exceptions.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(index) => &self.exceptions[index].1,
            Err(_) => self.weekday(weekday_of(day)),
        }
    }

    /// Dates in `days` that do not follow the weekly pattern.
    pub(crate) fn exceptions(&self, days: std::ops::Range<i64>) -> impl Iterator<Item = i64> {
        let first = self.exceptions.partition_point(|(day, _)| *day < days.start);
        self.exceptions[first..].iter().map(|(day, _)| *day).take_while(move |day| *day < days.end)
    }

    /// The last date that can have hours; None where every week has some.
    pub(crate) fn last_day(&self) -> Option<i64> {
        let weekly = self.weekly.iter().any(|spans| !spans.is_empty());
        (!weekly).then(|| self.exceptions.last().map_or(i64::MIN, |(day, _)| *day))
    }
}

/// The weekday of a day count, Monday being 0.
pub(crate) fn weekday_of(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

fn at_midnight(span: Span) -> (Span, Span) {
    (
        Span::new(span.from, span.to.min(DAY_SECONDS)),
        Span::new((span.from - DAY_SECONDS).max(0), span.to - DAY_SECONDS),
    )
}

/// Gives each part of an interval to its own date.
fn by_date(dated: &Dated) -> Dated {
    let mut split = Dated::new();
    for (day, spans) in dated {
        split.entry(*day).or_default();
        for span in spans {
            let (today, tomorrow) = at_midnight(*span);
            split.entry(*day).or_default().push(today);
            if tomorrow.from < tomorrow.to {
                split.entry(*day + 1).or_default().push(tomorrow);
            }
        }
    }
    split
}

fn exceptions(
    weekly: &[Vec<Span>; 7],
    closed: &BTreeSet<i64>,
    shifts: &Dated,
    breaks: &Dated,
) -> Vec<(i64, Vec<Span>)> {
    let written: BTreeSet<i64> = shifts.keys().copied().collect();
    let shifts = by_date(shifts);
    let breaks = by_date(breaks);
    let mut days: BTreeSet<i64> = closed.clone();
    days.extend(shifts.keys());
    days.extend(breaks.keys());
    let hours = |day: i64| {
        if closed.contains(&day) {
            return Vec::new();
        }
        let mut spans = shifts.get(&day).cloned().unwrap_or_default();
        // Only what runs over from the night before reaches a date without a shift of its own.
        if !written.contains(&day) {
            spans.extend_from_slice(&weekly[weekday_of(day)]);
        }
        let cuts = merge(breaks.get(&day).cloned().unwrap_or_default());
        subtract(&merge(spans), &cuts)
    };
    days.into_iter().map(|day| (day, hours(day))).collect()
}
