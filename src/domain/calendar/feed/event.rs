//! One event: when it first happens, for how long, and when again.

use jiff::civil::DateTime;
use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;

use super::Fault;
use super::lines::{Block, Line, Property, brief};
use super::moment::{Moment, day_of};
use super::rule::Rule;
use crate::domain::calendar::zone::Zone;
use crate::domain::violation::Violation;

/// How long an event lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// So many whole dates.
    Dates(i64),
    /// So many seconds of the wall clock.
    Seconds(i64),
}

/// An event as it is written.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) uid: Option<String>,
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<Rule>,
    /// Further starts.
    pub(super) also: Vec<Moment>,
    /// Starts that are left out.
    pub(super) except: Vec<Moment>,
    /// The occurrence of the series with the same UID that it stands for.
    pub(super) replaces: Option<Moment>,
    /// Neither cancelled nor, with times, free.
    pub(super) closes: bool,
}

impl Event {
    pub(super) fn read(block: &Block, zone: &Zone) -> Result<Self, Violation> {
        let uid = block.one("UID")?.map(|property| property.value.clone());
        let Some(start) = block.one("DTSTART")? else {
            return Err(Fault::new("invalid_icalendar", "has no DTSTART").at(block));
        };
        let begins = told(start, Moment::read(start, &start.value, zone))?;
        let replaces = match block.one("RECURRENCE-ID")? {
            Some(property) => Some(told(property, replaced(property, uid.as_deref(), zone))?),
            None => None,
        };
        if let Some(rule) = block.all("EXRULE").next() {
            let detail = "EXRULE is no longer part of iCalendar; use EXDATE";
            return Err(Fault::new("unsupported", detail).at(Line(rule.line)));
        }
        let is = |name, value| {
            block.one(name).map(|found| found.is_some_and(|found| found.value.eq_ignore_ascii_case(value)))
        };
        let free = is("TRANSP", "TRANSPARENT")? && matches!(begins, Moment::Time { .. });
        let closes = !is("STATUS", "CANCELLED")? && !free;
        let mut rules = Vec::new();
        for property in block.all("RRULE") {
            rules.push(told(property, Rule::read(property, zone))?);
        }
        Ok(Self {
            length: length(block, &begins, zone)?,
            rules,
            also: moments(block, "RDATE", zone)?,
            except: moments(block, "EXDATE", zone)?,
            uid,
            start: begins,
            replaces,
            closes,
        })
    }

    /// A moment on the clock by which the event recurs: for whole dates the
    /// midnight of the written date, otherwise local time of the start's zone.
    pub(super) fn on_its_clock(&self, moment: &Moment) -> DateTime {
        match (&self.start, moment) {
            (Moment::Date(_), moment) => moment.date().at(0, 0, 0, 0),
            (Moment::Time { local, .. }, Moment::Date(date)) => date.to_datetime(local.time()),
            (Moment::Time { zone, .. }, moment) => in_zone(moment, zone),
        }
    }
}

/// The wall clock of a zone at a moment.
fn in_zone(moment: &Moment, zone: &TimeZone) -> DateTime {
    match moment {
        Moment::Time { local, zone: own } if own != zone => own
            .to_ambiguous_timestamp(*local)
            .compatible()
            .map_or(*local, |instant| zone.to_datetime(instant)),
        Moment::Time { local, .. } => *local,
        Moment::Date(date) => date.at(0, 0, 0, 0),
    }
}

fn told<T>(property: &Property, result: Result<T, Fault>) -> Result<T, Violation> {
    result.map_err(|fault| fault.at(Line(property.line)))
}

fn replaced(property: &Property, uid: Option<&str>, zone: &Zone) -> Result<Moment, Fault> {
    if property.param("RANGE").is_some() {
        return Err(Fault::new(
            "unsupported",
            "RECURRENCE-ID with a RANGE; end the series and begin another",
        ));
    }
    if uid.is_none() {
        return Err(Fault::new("invalid_icalendar", "RECURRENCE-ID of an event without UID"));
    }
    Moment::read(property, &property.value, zone)
}

fn moments(block: &Block, name: &str, zone: &Zone) -> Result<Vec<Moment>, Violation> {
    let mut moments = Vec::new();
    for property in block.all(name) {
        for value in property.values() {
            let moment = if value.contains('/') {
                let detail = format!("{name} {:?} is a period; write an event of its own", brief(value));
                Err(Fault::new("unsupported", detail))
            } else {
                Moment::read(property, value, zone)
            };
            moments.push(told(property, moment)?);
        }
    }
    Ok(moments)
}

fn length(block: &Block, start: &Moment, zone: &Zone) -> Result<Length, Violation> {
    match (block.one("DTEND")?, block.one("DURATION")?) {
        (Some(_), Some(duration)) => {
            let detail = "an event has a DTEND or a DURATION, not both";
            Err(Fault::new("invalid_icalendar", detail).at(Line(duration.line)))
        }
        (Some(end), None) => told(end, until(end, start, zone)),
        (None, Some(duration)) => told(duration, lasting(duration, start)),
        (None, None) => Ok(match start {
            Moment::Date(_) => Length::Dates(1),
            Moment::Time { .. } => Length::Seconds(0),
        }),
    }
}

fn until(property: &Property, start: &Moment, calendar: &Zone) -> Result<Length, Fault> {
    let end = Moment::read(property, &property.value, calendar)?;
    let length = match (start, &end) {
        // Many programs write a single date as its own end.
        (Moment::Date(from), Moment::Date(to)) if from == to => Length::Dates(1),
        (Moment::Date(from), Moment::Date(to)) => Length::Dates(day_of(*to) - day_of(*from)),
        (Moment::Time { local, zone }, Moment::Time { .. }) => {
            Length::Seconds(in_zone(&end, zone).duration_since(*local).as_secs())
        }
        _ => {
            let detail = "DTSTART and DTEND are not both dates or both times";
            return Err(Fault::new("invalid_icalendar", detail));
        }
    };
    match length {
        Length::Dates(length) | Length::Seconds(length) if length < 0 => {
            Err(Fault::new("invalid_date", "ends before it begins"))
        }
        length => Ok(length),
    }
}

fn lasting(property: &Property, start: &Moment) -> Result<Length, Fault> {
    let fault =
        |detail: &str| Fault::new("invalid_date", format!("DURATION {:?} {detail}", brief(&property.value)));
    let span = SpanParser::new().parse_span(&property.value).map_err(|_| fault("is no duration"))?;
    let finer = [span.get_milliseconds(), span.get_microseconds(), span.get_nanoseconds()];
    if span.get_years() != 0 || span.get_months() != 0 || finer != [0; 3] {
        return Err(fault("is not in weeks, days, hours, minutes and seconds"));
    }
    if span.is_negative() {
        return Err(fault("is negative"));
    }
    let days = 7 * i64::from(span.get_weeks()) + i64::from(span.get_days());
    let seconds = 3_600 * i64::from(span.get_hours()) + 60 * span.get_minutes() + span.get_seconds();
    match start {
        Moment::Date(_) if seconds % 86_400 != 0 => Err(fault("of an event of whole dates is not in days")),
        Moment::Date(_) => Ok(Length::Dates((days + seconds / 86_400).max(1))),
        Moment::Time { .. } => Ok(Length::Seconds(days * 86_400 + seconds)),
    }
}
