//! Dates and times as a feed writes them.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::Fault;
use super::lines::{Property, brief};
use crate::domain::calendar::zone::{DAY_SECONDS, Zone, instant};

/// A date, or a time of the wall clock in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    /// A whole date.
    Date(Date),
    /// A time of it.
    Time {
        /// What the clock shows.
        local: DateTime,
        /// Where the clock hangs.
        zone: TimeZone,
    },
}

impl Moment {
    /// The date that is written.
    pub(super) fn date(&self) -> Date {
        match self {
            Self::Date(date) => *date,
            Self::Time { local, .. } => local.date(),
        }
    }

    /// Reads one value of a property; what has no zone is in `zone`.
    pub(super) fn read(property: &Property, text: &str, zone: &Zone) -> Result<Self, Fault> {
        let fault = || {
            let detail = format!("{} {:?} is no date or time that exists", property.name, brief(text));
            Fault::new("invalid_date", detail)
        };
        let (date, time) =
            text.split_once(['T', 't']).map_or((text, None), |(date, time)| (date, Some(time)));
        let date = read_date(date).ok_or_else(fault)?;
        let Some(time) = time else { return Ok(Self::Date(date)) };
        let (time, utc) = time.strip_suffix(['Z', 'z']).map_or((time, false), |time| (time, true));
        let [hour, minute, second] = pairs(time).ok_or_else(fault)?;
        // A leap second has no place of its own on this scale.
        let time = jiff::civil::Time::new(hour, minute, second.min(59), 0).map_err(|_| fault())?;
        let zone = match property.param("TZID") {
            _ if utc => TimeZone::UTC,
            Some(name) => lookup(name).ok_or_else(|| {
                let detail = format!("TZID {:?} is no time zone of the IANA database", brief(name));
                Fault::new("unknown_time_zone", detail)
            })?,
            None => zone.rules().clone(),
        };
        Ok(Self::Time { local: date.to_datetime(time), zone })
    }
}

/// The instant of a local time in microseconds; None at the ends of time.
pub(super) fn instant_of(local: DateTime, zone: &TimeZone) -> Option<i64> {
    Some(instant(zone.to_ambiguous_timestamp(local).compatible().ok()?))
}

/// Days since 1970-01-01.
pub(super) fn day_of(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_secs() / DAY_SECONDS
}

/// The date of a day count, if there is one.
pub(super) fn date_of(day: i64) -> Option<Date> {
    let since = jiff::SignedDuration::try_from_hours(day.checked_mul(24)?)?;
    Date::constant(1970, 1, 1).checked_add(since).ok()
}

fn read_date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let (month, day) = (number(4..6).filter(|_| digits)?, number(6..8)?);
    Date::new(number(0..4)?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn pairs(text: &str) -> Option<[i8; 3]> {
    let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    Some([number(0..2).filter(|_| digits)?, number(2..4)?, number(4..6)?])
}

/// Some programs put a path of their own before the name.
fn lookup(name: &str) -> Option<TimeZone> {
    let known = |name: &str| {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        (!zone.is_unknown()).then_some(zone)
    };
    let mut name = name.trim();
    let mut zone = known(name);
    for _ in 0..6 {
        if zone.is_some() {
            break;
        }
        name = name.split_once('/')?.1;
        zone = known(name);
    }
    zone
}
