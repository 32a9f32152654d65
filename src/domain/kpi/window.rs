//! Which stretch of time is asked about.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, TimestampRound, ToSpan as _, Unit};

use crate::domain::ticket::life::REOPEN_WINDOW;

/// How far back a window reaches if nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The database keeps microseconds.
const GRAIN: SignedDuration = SignedDuration::from_micros(1);
/// The beginning of the year 1: RFC 3339 has no year before.
const YEAR_ONE: i64 = -62_135_596_800;

/// A time zone of the database that is compiled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that is not a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an IANA time zone such as Europe/Berlin")]
pub struct UnknownZone;

impl Zone {
    /// UTC.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The date there at an instant.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// What clocks there show at an instant.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// The instant of a local time; one that is skipped moves forward by the
    /// gap, one that comes twice means the first. None: no instant can say it.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Option<Timestamp> {
        self.0.to_ambiguous_timestamp(local).compatible().ok()
    }

    /// The first instant of a date.
    #[must_use]
    pub fn midnight(&self, date: Date) -> Option<Timestamp> {
        self.instant(date.at(0, 0, 0, 0))
    }
}

impl std::str::FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let found = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone)?;
        if found.is_unknown() || found.iana_name().is_none() { Err(UnknownZone) } else { Ok(Self(found)) }
    }
}

/// One end of a window, as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// An instant.
    Instant(Timestamp),
    /// The midnight that begins a date; where a clock skips it, the first
    /// instant of the date.
    Date(Date),
}

impl std::str::FromStr for Bound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "must be an instant such as 2024-05-01T12:00:00Z or a date such as 2024-05-01";
        if text.len() == "2024-05-01".len() {
            return text.parse().map(Self::Date).map_err(|_| WRONG);
        }
        let instant: Timestamp = text.parse().map_err(|_| WRONG)?;
        let rounding = TimestampRound::new().smallest(Unit::Microsecond);
        instant.round(rounding).map(Self::Instant).map_err(|_| WRONG)
    }
}

impl Bound {
    fn instant(self, zone: &Zone) -> Option<Timestamp> {
        let instant = match self {
            Self::Instant(instant) => instant,
            Self::Date(date) => zone.midnight(date)?,
        };
        (instant.as_second() >= YEAR_ONE).then_some(instant)
    }
}

/// The ends of a window as far as they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Its beginning; none: 30 days (720 hours) before its end.
    pub from: Option<Bound>,
    /// Its end; none: now, with what happened at this very instant.
    pub to: Option<Bound>,
    /// In which dates are read.
    pub zone: Zone,
}

/// Why there is no such window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowFault {
    /// It has no extent.
    #[error("must be later than from, which is {from}")]
    Empty {
        /// Its beginning.
        from: Timestamp,
        /// What would be its end.
        to: Timestamp,
    },
    /// Without an end it reaches to now, and would begin later.
    #[error("must be earlier than now, which is {now} and the end where no `to` is given; give a later `to`")]
    NotBegun {
        /// The present.
        now: Timestamp,
    },
    /// An end that no instant can say.
    #[error("must lie from the year 1 to the year 9999")]
    OutOfRange,
}

impl Bounds {
    /// The window that is meant at `now`.
    pub fn window(&self, now: Timestamp) -> Result<Window, WindowFault> {
        let given = |bound: Option<Bound>| {
            bound.map(|bound| bound.instant(&self.zone).ok_or(WindowFault::OutOfRange)).transpose()
        };
        let to = given(self.to)?;
        let end = to.unwrap_or(now);
        let from = match given(self.from)? {
            Some(from) => from,
            None => end.checked_sub(USUAL).map_err(|_| WindowFault::OutOfRange)?,
        };
        // Half-open, so that an end at `now` would leave out what has just happened.
        let to = match to {
            Some(to) => to,
            None => now.checked_add(GRAIN).map_err(|_| WindowFault::OutOfRange)?,
        };
        if from < to {
            Ok(Window { from, to, zone: self.zone.clone() })
        } else if self.to.is_none() {
            Err(WindowFault::NotBegun { now })
        } else {
            Err(WindowFault::Empty { from, to })
        }
    }

    /// The window that is meant at `now` where whole days are usual: to the
    /// midnight that began today unless its end was given, or to `now` if it
    /// begins no earlier than that; from `days` dates before its end unless its
    /// beginning was given.
    pub fn whole_days(&self, days: i64, now: Timestamp) -> Result<Window, WindowFault> {
        let given = |bound: Option<Bound>| {
            bound.map(|bound| bound.instant(&self.zone).ok_or(WindowFault::OutOfRange)).transpose()
        };
        let today = || self.zone.midnight(self.zone.date(now)).ok_or(WindowFault::OutOfRange);
        let (from, to) = match (given(self.from)?, given(self.to)?) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => match today()? {
                today if from < today => (from, today),
                _ if from < now => (from, now),
                _ => return Err(WindowFault::NotBegun { now }),
            },
            (None, to) => {
                let to = to.map_or_else(today, Ok)?;
                let local = self.zone.local(to).checked_sub(days.days());
                let from = local.ok().and_then(|local| self.zone.instant(local));
                (from.ok_or(WindowFault::OutOfRange)?, to)
            }
        };
        if from < to {
            Ok(Window { from, to, zone: self.zone.clone() })
        } else {
            Err(WindowFault::Empty { from, to })
        }
    }

    /// Whether the window stays the same while time goes on.
    #[must_use]
    pub const fn are_fixed(&self) -> bool {
        self.to.is_some()
    }

    /// Whether the whole window moves along while time goes on.
    #[must_use]
    pub const fn slide(&self) -> bool {
        self.to.is_none() && self.from.is_none()
    }
}

/// A stretch of time: from its beginning to before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// In which its dates were read.
    pub zone: Zone,
}

impl Window {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether a ticket resolved in it could still be reopened at `now`, or
    /// was resolved so lately that it might yet be.
    #[must_use]
    pub fn is_provisional(&self, now: Timestamp) -> bool {
        now.checked_sub(REOPEN_WINDOW).is_ok_and(|settled| settled < self.to)
    }

    /// The window right before it that is as long: as many months where it
    /// is made of whole ones, as many dates where it is made of those, and as
    /// many seconds otherwise. None: no instant can say its beginning.
    #[must_use]
    pub fn before(&self) -> Option<Self> {
        let zone = &self.zone;
        let (first, last) = (zone.date(self.from), zone.date(self.to));
        let whole = zone.midnight(first) == Some(self.from) && zone.midnight(last) == Some(self.to);
        let from = if !whole {
            self.from.checked_sub(self.to.duration_since(self.from)).ok()?
        } else if first.day() == 1 && last.day() == 1 {
            let months = i64::from(last.year() - first.year()) * 12 + i64::from(last.month() - first.month());
            zone.midnight(first.checked_sub(months.months()).ok()?)?
        } else {
            let days = first.until(last).ok()?.get_days();
            zone.midnight(first.checked_sub(days.days()).ok()?)?
        };
        (from < self.from && from.as_second() >= YEAR_ONE).then(|| Self {
            from,
            to: self.from,
            zone: zone.clone(),
        })
    }
}
