//! The written form of a calendar, and what can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::hours::{Dated, Hours};
use super::span::Span;
use super::zone::{DAY_SECONDS, Zone};
use super::{Calendar, feed};
use crate::domain::violation::Violation;

/// `["HH:MM", "HH:MM"]` or with seconds, half-open, in local time. `24:00` ends
/// a day; an end before the beginning lies on the next date.
pub type Interval = [String; 2];

/// More on one date would only make every question slow.
const MOST_INTERVALS: usize = 500;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A calendar as people and other systems write it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// An IANA name such as `Europe/Berlin`.
    pub time_zone: String,
    /// Intervals by weekday, `mon` to `sun`; what overlaps counts once.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<Interval>>,
    /// Dates (`YYYY-MM-DD`) that are closed, whatever else is said of them.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Shifts: intervals that replace the weekly ones of a date; none closes it.
    #[serde(default)]
    pub overrides: BTreeMap<String, Vec<Interval>>,
    /// Intervals that are cut out of the hours of a date.
    #[serde(default)]
    pub breaks: BTreeMap<String, Vec<Interval>>,
    /// The text of a calendar feed (iCalendar): its events of whole dates are
    /// holidays too, its events with times are breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icalendar: Option<String>,
    /// A remark for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl CalendarSpec {
    /// Every hour of every day, in UTC.
    #[must_use]
    pub fn always() -> Self {
        let day = || vec![["00:00".to_owned(), "24:00".to_owned()]];
        let weekly = WEEKDAYS.iter().map(|weekday| ((*weekday).to_owned(), day())).collect();
        Self { time_zone: "Etc/UTC".to_owned(), weekly, ..Self::default() }
    }
}

impl Calendar {
    /// Reads the written form. Violations point into it and have one of the
    /// codes `unknown_time_zone`, `unknown_weekday`, `invalid_time`,
    /// `empty_interval`, `invalid_date`, `too_many` (more than 500 intervals of
    /// one date), `never_opens`; for `icalendar` also `too_long`,
    /// `invalid_icalendar`, `invalid_rule`, `unsupported`.
    pub fn build(spec: CalendarSpec) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let zone = Zone::lookup(&spec.time_zone);
        if zone.is_none() {
            let detail = format!("{:?} is no time zone of the IANA database", brief(&spec.time_zone));
            faults.push(Violation::new("/time_zone", "unknown_time_zone", detail));
        }
        let weekly = weekly(&spec.weekly, &mut faults);
        let mut closed = holidays(&spec.holidays, &mut faults);
        let shifts = dated("overrides", &spec.overrides, &mut faults);
        let mut breaks = dated("breaks", &spec.breaks, &mut faults);
        if let Some(text) = &spec.icalendar {
            match feed::read(text, zone.as_ref().unwrap_or(&Zone::utc())) {
                Ok(mut closures) => {
                    closed.append(&mut closures.days);
                    for (day, mut spans) in closures.breaks {
                        breaks.entry(day).or_default().append(&mut spans);
                    }
                }
                Err(mut found) => faults.append(&mut found),
            }
        }
        let Some(zone) = zone.filter(|_| faults.is_empty()) else {
            return Err(faults);
        };
        let calendar = Self::new(spec, Hours::new(weekly, &closed, &shifts, &breaks), zone);
        if calendar.ever_opens() {
            Ok(calendar)
        } else {
            let detail = "no weekday and no shift ever opens";
            Err(vec![Violation::new("/weekly", "never_opens", detail)])
        }
    }
}

fn weekly(written: &BTreeMap<String, Vec<Interval>>, faults: &mut Vec<Violation>) -> [Vec<Span>; 7] {
    let mut weekly: [Vec<Span>; 7] = Default::default();
    for (name, intervals) in written {
        let pointer = format!("/weekly/{}", escape(name));
        if let Some(weekday) = WEEKDAYS.iter().position(|weekday| weekday == name) {
            weekly[weekday] = spans(&pointer, intervals, faults);
        } else {
            let detail = format!("{:?} is not one of {}", brief(name), WEEKDAYS.join(", "));
            faults.push(Violation::new(pointer, "unknown_weekday", detail));
        }
    }
    weekly
}

fn holidays(written: &[String], faults: &mut Vec<Violation>) -> BTreeSet<i64> {
    let day = |(index, text): (usize, &String)| date(&format!("/holidays/{index}"), text, faults);
    written.iter().enumerate().filter_map(day).collect()
}

fn dated(field: &str, written: &BTreeMap<String, Vec<Interval>>, faults: &mut Vec<Violation>) -> Dated {
    let mut dated = Dated::new();
    for (text, intervals) in written {
        let pointer = format!("/{field}/{}", escape(text));
        let day = date(&pointer, text, faults);
        let spans = spans(&pointer, intervals, faults);
        if let Some(day) = day {
            dated.insert(day, spans);
        }
    }
    dated
}

fn spans(pointer: &str, intervals: &[Interval], faults: &mut Vec<Violation>) -> Vec<Span> {
    if intervals.len() > MOST_INTERVALS {
        let detail = format!("at most {MOST_INTERVALS} intervals");
        faults.push(Violation::new(pointer, "too_many", detail));
        return Vec::new();
    }
    let mut spans = Vec::with_capacity(intervals.len());
    for (index, [from, to]) in intervals.iter().enumerate() {
        let at = format!("{pointer}/{index}");
        let start = time(&format!("{at}/0"), from, false, faults);
        let end = time(&format!("{at}/1"), to, true, faults);
        let (Some(start), Some(end)) = (start, end) else { continue };
        if start == end {
            let detail = "begins and ends at the same time; a whole day is 00:00 to 24:00";
            faults.push(Violation::new(at, "empty_interval", detail));
            continue;
        }
        let overnight = if end < start { DAY_SECONDS } else { 0 };
        spans.push(Span::new(start, end + overnight));
    }
    spans
}

/// Seconds of the day; `24:00` only as an end.
fn time(pointer: &str, text: &str, ends: bool, faults: &mut Vec<Violation>) -> Option<i64> {
    let seconds = clock_time(text).filter(|seconds| *seconds < DAY_SECONDS || ends);
    if seconds.is_none() {
        let detail = format!("{:?} is no time from 00:00 to 23:59, or 24:00 as an end", brief(text));
        faults.push(Violation::new(pointer, "invalid_time", detail));
    }
    seconds
}

fn clock_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(two_digits);
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next().unwrap_or(Some(0))?;
    let seconds = hour * 3_600 + minute * 60 + second;
    let valid = minute < 60 && second < 60 && seconds <= DAY_SECONDS && parts.next().is_none();
    valid.then_some(seconds)
}

fn two_digits(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        _ => None,
    }
}

/// Days since 1970-01-01.
fn date(pointer: &str, text: &str, faults: &mut Vec<Violation>) -> Option<i64> {
    // Printed again to refuse the other spellings that the parser takes.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    if date.is_none() {
        let detail = format!("{:?} is no date of the form YYYY-MM-DD", brief(text));
        faults.push(Violation::new(pointer, "invalid_date", detail));
    }
    date.map(|date| date.duration_since(Date::constant(1970, 1, 1)).as_secs() / DAY_SECONDS)
}

/// A key as one step of a JSON pointer.
fn escape(key: &str) -> String {
    brief(key).replace('~', "~0").replace('/', "~1")
}

fn brief(text: &str) -> String {
    text.chars().take(80).collect()
}
