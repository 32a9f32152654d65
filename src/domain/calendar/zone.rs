//! Local time and instants of one time zone. Instants are microseconds since
//! 1970-01-01T00:00:00Z, days are counted from the local date 1970-01-01.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

/// Microseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Seconds of a day whose clock is not set.
pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Microseconds of a day whose clock is not set.
pub(crate) const DAY: i64 = DAY_SECONDS * SECOND;

/// A time zone of the database that is compiled in, so that every replica
/// counts alike whatever its machine has installed.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    rules: TimeZone,
}

impl Zone {
    /// None for a name that the database does not know.
    pub(crate) fn lookup(name: &str) -> Option<Self> {
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        (!rules.is_unknown()).then_some(Self { rules })
    }

    pub(crate) const fn utc() -> Self {
        Self { rules: TimeZone::UTC }
    }

    pub(crate) const fn rules(&self) -> &TimeZone {
        &self.rules
    }

    /// Microseconds that local time is ahead of UTC at an instant.
    pub(crate) fn offset(&self, at: i64) -> i64 {
        micros(self.rules.to_offset(timestamp(at)))
    }

    /// The instant of a local time, given as a day and its seconds. A time
    /// that does not exist moves forward by the gap; one that exists twice
    /// means the first.
    pub(crate) fn instant(&self, day: i64, seconds: i64) -> i64 {
        let local = day * DAY + seconds * SECOND;
        match self.rules.to_ambiguous_timestamp(civil(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => local - micros(offset),
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
                local - micros(before)
            }
        }
    }

    /// The first instant of a local date. A date that the zone skipped begins
    /// and ends at the same instant.
    pub(crate) fn start_of_day(&self, day: i64) -> i64 {
        let local = day * DAY;
        match self.rules.to_ambiguous_timestamp(civil(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => local - micros(offset),
            AmbiguousOffset::Fold { before, .. } => local - micros(before),
            AmbiguousOffset::Gap { before, after } => {
                let earlier = timestamp(local - micros(after));
                self.rules
                    .following(earlier)
                    .next()
                    .map_or(local - micros(before), |change| change.timestamp().as_microsecond())
            }
        }
    }

    /// The local dates on which a change of the clock between two instants may
    /// shorten, lengthen or move a day; sorted, each at most once.
    pub(crate) fn uneven_days(&self, from: i64, to: i64) -> Vec<i64> {
        let mut days: Vec<i64> = Vec::new();
        let mut before = self.offset(from);
        for change in self.rules.following(timestamp(from)) {
            let at = change.timestamp().as_microsecond();
            if at >= to {
                break;
            }
            let after = micros(change.offset());
            // The day before too: it may end in a time that the change skips or repeats.
            let first = (at + before.min(after)).div_euclid(DAY) - 1;
            let last = (at + before.max(after)).div_euclid(DAY);
            days.extend(first..=last);
            before = after;
        }
        days.sort_unstable();
        days.dedup();
        days
    }
}

fn micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * SECOND
}

fn civil(local: i64) -> DateTime {
    Offset::UTC.to_datetime(timestamp(local))
}

/// Saturates at the range of timestamps.
pub(crate) fn timestamp(at: i64) -> Timestamp {
    let bound = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at).unwrap_or(bound)
}

/// Whole microseconds; anything finer is dropped.
pub(crate) fn instant(at: Timestamp) -> i64 {
    at.as_nanosecond().div_euclid(1_000).try_into().unwrap_or(i64::MAX)
}
