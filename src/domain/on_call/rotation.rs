//! One layer of a schedule: people who take turns.

use jiff::civil::Date;

use crate::domain::calendar::{DAY, SECOND, Zone, timestamp};
use crate::domain::id::AgentId;

const HOUR: i64 = 3_600 * SECOND;
/// Clocks are never set by more than a day; an hour more, to be sure.
const LONGEST_JUMP: i64 = 25 * HOUR;

/// How long a turn is by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Whole local days; 7 is a week.
    Days(i64),
    /// Whole local hours.
    Hours(i64),
}

impl Length {
    const fn micros(self) -> i64 {
        match self {
            Self::Days(days) => days * DAY,
            Self::Hours(hours) => hours * HOUR,
        }
    }
}

/// People who take turns, in order, from the first hand-over on.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Name for people; no two of a schedule share it.
    pub name: String,
    /// The IANA name of the zone that hand-overs are told in.
    pub time_zone: String,
    /// How long a turn is.
    pub length: Length,
    /// The local date of the first hand-over.
    pub starts_on: Date,
    /// The local time of the first hand-over, seconds of the day; that of every
    /// one where turns are whole days.
    pub hand_over: i64,
    /// The local date at whose hand-over time the layer ends; none: it goes on.
    pub ends_on: Option<Date>,
    /// In the order of their turns; one at least.
    pub participants: Vec<AgentId>,
    zone: Zone,
}

impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        self.plan() == other.plan()
    }
}

/// The answer of one layer; the end in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) agent: Option<AgentId>,
    pub(super) until: Option<i64>,
}

impl Layer {
    /// Somebody's turn begins at the hand-over of `starts_on`. None for a zone
    /// that does not exist, a length that is not positive, or nobody to take turns.
    #[must_use]
    pub fn new(
        (name, time_zone): (String, String),
        length: Length,
        (starts_on, hand_over): (Date, i64),
        ends_on: Option<Date>,
        participants: Vec<AgentId>,
    ) -> Option<Self> {
        let zone = Zone::lookup(&time_zone)?;
        let (Length::Days(count) | Length::Hours(count)) = length;
        let valid = count > 0 && !participants.is_empty();
        valid.then_some(Self { name, time_zone, length, starts_on, hand_over, ends_on, participants, zone })
    }

    fn plan(&self) -> (&str, &str, Length, Date, i64, Option<Date>, &[AgentId]) {
        let Self { name, time_zone, length, starts_on, hand_over, ends_on, participants, zone: _ } = self;
        (name, time_zone, *length, *starts_on, *hand_over, *ends_on, participants)
    }

    /// Whose turn it is at an instant, and until when.
    pub(super) fn turn(&self, now: i64) -> Turn {
        let end = self.ends_on.map(|date| self.instant(local(date, self.hand_over)));
        if end.is_some_and(|end| end <= now) {
            return Turn { agent: None, until: None };
        }
        let first = self.boundary(0);
        if now < first {
            return Turn {
                agent: None,
                until: Some(first).filter(|first| end.is_none_or(|end| *first < end)),
            };
        }
        let place = self.place(now);
        let next = self.ahead(place, now);
        let until = match (next, end) {
            (Some(next), Some(end)) => Some(next.min(end)),
            (next, end) => next.or(end),
        };
        let count = i64::try_from(self.participants.len()).unwrap_or(i64::MAX);
        let index = usize::try_from(place.rem_euclid(count)).unwrap_or(0);
        Turn { agent: self.participants.get(index).copied(), until }
    }

    /// The last turn that has begun, from 0. Where the clock is set forward,
    /// hand-overs may fall together: turns without time are left out.
    fn place(&self, now: i64) -> i64 {
        let length = self.length.micros();
        let shown = now + self.zone.offset(now) - local(self.starts_on, self.hand_over);
        let lowest = (shown - LONGEST_JUMP).div_euclid(length).max(0);
        let highest = (shown + LONGEST_JUMP).div_euclid(length);
        (lowest..=highest).rev().find(|place| self.boundary(*place) <= now).unwrap_or(0)
    }

    /// The first hand-over after `now`, when the turn at `place` is the last
    /// that has begun.
    fn ahead(&self, place: i64, now: i64) -> Option<i64> {
        let further = LONGEST_JUMP.div_euclid(self.length.micros()) + 1;
        let ahead = (place + 1..=place + further).map(|place| self.boundary(place));
        ahead.filter(|boundary| *boundary > now).min()
    }

    fn boundary(&self, place: i64) -> i64 {
        self.instant(local(self.starts_on, self.hand_over) + place * self.length.micros())
    }

    fn instant(&self, local: i64) -> i64 {
        let instant = self.zone.instant(local.div_euclid(DAY), local.rem_euclid(DAY) / SECOND);
        // What time cannot say is its end.
        timestamp(instant).as_microsecond()
    }
}

/// A local time as microseconds since the local 1970-01-01T00:00.
fn local(date: Date, seconds: i64) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_secs() * SECOND + seconds * SECOND
}
