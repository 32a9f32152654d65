//! Running sums of business time over a fixed number of days, so that any
//! question is a few look-ups, however far ahead it reaches.

use super::hours::{Hours, weekday_of};
use super::span::{Span, merge, total};
use super::zone::{DAY_SECONDS, SECOND, Zone};

/// Whole weeks, about 22 years.
pub(crate) const ERA_DAYS: i64 = 7 * 1_170;
/// A Monday; from here on local dates can be computed with.
pub(crate) const FIRST_DAY: i64 = -4_371_580;
/// 9999-12-29; from here on they can't.
pub(crate) const END_DAY: i64 = 2_932_894;

/// One date that is not an ordinary one of its weekday: its hours differ or
/// its clock is set.
#[derive(Debug)]
struct Special {
    day: i64,
    /// The instants at which the local date begins and ends.
    extent: Span,
    open: Vec<Span>,
    /// How much the earlier special dates of the era differ from their weekdays.
    differs_before: i64,
}

/// `ERA_DAYS` local dates of one calendar, from a Monday.
#[derive(Debug)]
pub(crate) struct Era {
    first: i64,
    days: i64,
    /// Business time from Monday to before each weekday, and of a whole week.
    week: [i64; 8],
    specials: Vec<Special>,
    differs: i64,
}

/// The number of eras that local dates can be computed for.
pub(crate) fn count() -> usize {
    usize::try_from((END_DAY - FIRST_DAY + ERA_DAYS - 1) / ERA_DAYS).unwrap_or(0)
}

/// The era of a day, and the day's place in it.
pub(crate) fn place(day: i64) -> (usize, i64) {
    let since = day - FIRST_DAY;
    (usize::try_from(since.div_euclid(ERA_DAYS)).unwrap_or(0), since.rem_euclid(ERA_DAYS))
}

impl Era {
    pub(crate) fn new(index: usize, hours: &Hours, zone: &Zone) -> Self {
        let first = FIRST_DAY + i64::try_from(index).unwrap_or(0) * ERA_DAYS;
        let days = ERA_DAYS.min(END_DAY - first);
        let mut week = [0; 8];
        for weekday in 0..7 {
            week[weekday + 1] = week[weekday] + total(hours.weekday(weekday)) * SECOND;
        }
        let mut era = Self { first, days, week, specials: Vec::new(), differs: 0 };
        let mut unlike: Vec<i64> = hours.exceptions(first..first + days).collect();
        if week[7] > 0 {
            let margin = 2 * DAY_SECONDS * SECOND;
            let day = DAY_SECONDS * SECOND;
            let uneven = zone.uneven_days(first * day - margin, (first + days) * day + margin);
            unlike.extend(uneven.into_iter().filter(|day| (first..first + days).contains(day)));
            unlike.sort_unstable();
            unlike.dedup();
        }
        for day in unlike {
            era.add(day, hours.day(day), zone);
        }
        era
    }

    fn add(&mut self, day: i64, hours: &[Span], zone: &Zone) {
        let extent = Span::new(zone.start_of_day(day), zone.start_of_day(day + 1));
        // Cut to the date, because a bound that a gap moves may land on another one.
        let instant = |seconds| zone.instant(day, seconds).clamp(extent.from, extent.to);
        let open = hours.iter().map(|span| Span::new(instant(span.from), instant(span.to))).collect();
        let open = merge(open);
        let weekday = weekday_of(day);
        let ordinary = self.week[weekday + 1] - self.week[weekday];
        let differs = total(&open) - ordinary;
        self.specials.push(Special { day, extent, open, differs_before: self.differs });
        self.differs += differs;
    }

    /// Business time of the whole era.
    pub(crate) fn total(&self) -> i64 {
        self.before_day(self.days)
    }

    /// Business time before the day at a place.
    fn before_day(&self, place: i64) -> i64 {
        let day = self.first + place;
        let next = self.specials.partition_point(|special| special.day < day);
        let differs = self.specials.get(next).map_or(self.differs, |special| special.differs_before);
        place.div_euclid(7) * self.week[7] + self.week[weekday_of(day)] + differs
    }

    /// Business time of the era before an instant of the day at a place.
    pub(crate) fn before(&self, place: i64, at: i64, hours: &Hours, zone: &Zone) -> i64 {
        let passed: i64 =
            self.open(place, hours, zone).map(|span| at.clamp(span.from, span.to) - span.from).sum();
        self.before_day(place) + passed
    }

    /// The instants at which the local date at a place is open, in order.
    pub(crate) fn open<'a>(
        &'a self,
        place: i64,
        hours: &'a Hours,
        zone: &Zone,
    ) -> impl Iterator<Item = Span> + use<'a> {
        let day = self.first + place;
        let (spans, midnight, unit) = if let Some(special) = self.special(day) {
            (special.open.as_slice(), 0, 1)
        } else {
            let spans = hours.weekday(weekday_of(day));
            let midnight = if spans.is_empty() { 0 } else { zone.instant(day, 0) };
            (spans, midnight, SECOND)
        };
        spans.iter().map(move |span| Span::new(midnight + span.from * unit, midnight + span.to * unit))
    }

    /// The instants at which the local date begins and ends, if its clock may be set.
    pub(crate) fn extent(&self, day: i64) -> Option<Span> {
        self.special(day).map(|special| special.extent)
    }

    fn special(&self, day: i64) -> Option<&Special> {
        let index = self.specials.binary_search_by_key(&day, |special| special.day).ok()?;
        self.specials.get(index)
    }

    /// The place of the first day by whose end `wanted` business time of the
    /// era has passed, and what is wanted of that day; with `beyond`, more
    /// than that has passed. The era's total must be enough.
    pub(crate) fn seek(&self, wanted: i64, beyond: bool) -> (i64, i64) {
        let (mut low, mut high) = (0, self.days - 1);
        while low < high {
            let middle = i64::midpoint(low, high);
            let passed = self.before_day(middle + 1);
            if passed > wanted || (passed == wanted && !beyond) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        (low, wanted - self.before_day(low))
    }
}
