//! The stretches of time that entries are summed up over: hours, days, weeks
//! and months of UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::closed_list::closed_list;

closed_list! {
    /// A kind of stretch, from the shortest.
    Span {
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A week, from Monday.
        Week = "week",
        /// A month.
        Month = "month",
    }
}

/// From its beginning to before its end.
pub type Range = (Timestamp, Timestamp);

impl Span {
    /// The beginning of the stretch that an instant lies in.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        // The epoch was a Thursday.
        let (seconds, shift) = match self {
            Self::Hour => (3_600, 0),
            Self::Day => (86_400, 0),
            Self::Week => (7 * 86_400, 3 * 86_400),
            Self::Month => {
                let date = at.to_zoned(TimeZone::UTC).date();
                return midnight(date.first_of_month());
            }
        };
        // Before the epoch the fraction counts back from its second.
        let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
        let from = (second + shift).div_euclid(seconds) * seconds - shift;
        Timestamp::from_second(from).unwrap_or(Timestamp::MIN)
    }

    /// The beginning of the next one.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Timestamp {
        let hours = match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 24 * 7,
            // Never past the next one, and always in it.
            Self::Month => {
                let start = Self::Month.start(at);
                let later = start.checked_add(SignedDuration::from_hours(24 * 32));
                return later.map_or(Timestamp::MAX, |later| Self::Month.start(later));
            }
        };
        self.start(at).checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
    }

    /// The whole stretches within a range, together; none: not even one.
    #[must_use]
    pub fn whole(self, (from, to): Range) -> Option<Range> {
        let first = if self.start(from) == from { from } else { self.next(from) };
        let last = self.start(to);
        (first < last).then_some((first, last))
    }
}

fn midnight(date: Date) -> Timestamp {
    date.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

/// What is left of a range when others, which lie in it in order, are taken out.
#[must_use]
pub fn without((from, to): Range, taken: &[Range]) -> Vec<Range> {
    let (mut left, mut at) = (Vec::new(), from);
    for (start, end) in taken {
        if at < *start {
            left.push((at, *start));
        }
        at = at.max(*end);
    }
    if at < to {
        left.push((at, to));
    }
    left
}
