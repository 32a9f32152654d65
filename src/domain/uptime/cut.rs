//! A window in parts: hours, days, weeks and months of its time zone.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::spans::Span;
use crate::domain::closed_list::closed_list;

closed_list! {
    /// How long the parts of a window are.
    Every {
        /// From one full hour to the next.
        Hour = "hour",
        /// Local dates; 23 to 25 hours where clocks change.
        Day = "day",
        /// From Monday to Monday.
        Week = "week",
        /// Months of the calendar.
        Month = "month",
    }
}

/// The parts of a stretch of time by the clock and the calendar of the IANA
/// time zone `zone`, in order; the first and the last are cut off by its ends.
/// None: there would be more than `most`, or the zone is unknown.
#[must_use]
pub fn cut(window: Span, zone: &str, every: Every, most: usize) -> Option<Vec<Span>> {
    let zone = TimeZoneDatabase::bundled().get(zone).ok()?;
    let mut parts = Vec::new();
    let mut from = window.from;
    while from < window.to {
        if parts.len() == most {
            return None;
        }
        let to = next(&zone, from, every).unwrap_or(window.to).min(window.to);
        parts.push(Span::new(from, to));
        from = to;
    }
    Some(parts)
}

/// Where the part ends that an instant lies in, in the IANA time zone `zone`;
/// none: no instant can say it, or the zone is unknown.
#[must_use]
pub fn boundary(at: Timestamp, zone: &str, every: Every) -> Option<Timestamp> {
    next(&TimeZoneDatabase::bundled().get(zone).ok()?, at, every)
}

/// The beginning of the part after the one that an instant lies in; none: no
/// instant can say it.
fn next(zone: &TimeZone, at: Timestamp, every: Every) -> Option<Timestamp> {
    let local = zone.to_datetime(at);
    let date = match every {
        Every::Hour => {
            let into = SignedDuration::new(
                i64::from(local.minute()) * 60 + i64::from(local.second()),
                local.subsec_nanosecond(),
            );
            return at.checked_sub(into).and_then(|hour| hour.checked_add(1.hour())).ok();
        }
        Every::Day => local.date().tomorrow().ok()?,
        Every::Week => {
            let left = 7 - local.date().weekday().to_monday_zero_offset();
            local.date().checked_add(i64::from(left).days()).ok()?
        }
        Every::Month => local.date().last_of_month().tomorrow().ok()?,
    };
    let begin = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()?;
    (begin > at).then_some(begin)
}
