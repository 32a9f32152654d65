//! Holidays from the text of a calendar feed (iCalendar, RFC 5545).
//!
//! * An event of whole dates (`DTSTART;VALUE=DATE`) makes each of its dates a
//!   holiday, whatever its `TRANSP` says: holiday feeds mark theirs as free.
//! * An event with times is a break: it closes the hours that it covers. A
//!   zone is an IANA name; a time without one is local time of the calendar.
//!   `TRANSP:TRANSPARENT` makes such an event close nothing.
//! * `STATUS:CANCELLED` closes nothing, and takes one occurrence away if the
//!   event names it by `RECURRENCE-ID`.
//! * Rules recur daily, weekly, monthly or yearly. They are followed to the end
//!   of the year 2199; a start that its own rule does not make is no occurrence.
//!
//! The work is bounded: one text may cost so many steps, whatever its rules
//! say, and is refused beyond that.

mod event;
mod lines;
mod moment;
mod recurrence;
mod rule;
mod series;

use std::collections::{BTreeMap, BTreeSet};

use self::event::Event;
use self::lines::Block;
use super::hours::Dated;
use super::span::merge;
use super::zone::Zone;
use crate::domain::violation::Violation;

/// Bytes of a text.
const MOST_BYTES: usize = 1_048_576;
/// Steps of all rules and dates of all events together.
const MOST_STEPS: usize = 2_000_000;
/// Stretches that events with times may leave closed on one date.
const MOST_BREAKS: usize = 500;
/// A text with more faults than this is told of no further ones.
const MOST_FAULTS: usize = 100;

/// What the events of a text close.
#[derive(Debug, Default)]
pub(crate) struct Closures {
    /// Whole dates.
    pub(crate) days: BTreeSet<i64>,
    /// Hours, by the calendar's local time.
    pub(crate) breaks: Dated,
}

/// What is wrong with a part of the text.
#[derive(Debug)]
struct Fault {
    code: &'static str,
    detail: String,
}

impl Fault {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The violation, told with its place in the text.
    fn at(self, place: impl std::fmt::Display) -> Violation {
        Violation::new("/icalendar", self.code, format!("{place}: {}", self.detail))
    }
}

/// The steps that are left.
#[derive(Debug)]
struct Budget(usize);

impl Budget {
    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        let detail =
            format!("with this event, the text makes more than {MOST_STEPS} dates and steps of rules");
        self.0 = self.0.checked_sub(steps).ok_or_else(|| Fault::new("too_many", detail))?;
        Ok(())
    }
}

/// Reads the events. `zone` is the calendar's. Violations point to
/// `/icalendar`, name the line, and have one of the codes `too_long`,
/// `invalid_icalendar`, `invalid_date`, `invalid_rule`, `unknown_time_zone`,
/// `unsupported`, `too_many`.
pub(crate) fn read(text: &str, zone: &Zone) -> Result<Closures, Vec<Violation>> {
    if text.len() > MOST_BYTES {
        let detail = format!("at most {MOST_BYTES} bytes");
        return Err(vec![Violation::new("/icalendar", "too_long", detail)]);
    }
    let blocks = lines::events(text).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut events = Vec::new();
    for block in &blocks {
        match Event::read(block, zone) {
            Ok(event) => events.push((block, event)),
            Err(fault) => faults.push(fault),
        }
        if faults.len() >= MOST_FAULTS {
            break;
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    close(&events, zone).map_err(|fault| vec![fault])
}

fn close(events: &[(&Block, Event)], zone: &Zone) -> Result<Closures, Violation> {
    let mut replaced: BTreeMap<&str, Vec<&moment::Moment>> = BTreeMap::new();
    for (_, event) in events {
        if let (Some(uid), Some(id)) = (&event.uid, &event.replaces) {
            replaced.entry(uid).or_default().push(id);
        }
    }
    let mut budget = Budget(MOST_STEPS);
    let mut closures = Closures::default();
    for (block, event) in events.iter().filter(|(_, event)| event.closes) {
        let uid = event.uid.as_deref().filter(|_| event.replaces.is_none());
        let others = uid.and_then(|uid| replaced.get(uid)).map_or(&[][..], Vec::as_slice);
        let told = |fault: Fault| fault.at(block);
        let starts = series::starts(event, others, &mut budget).map_err(told)?;
        series::close(event, &starts, zone, &mut budget, &mut closures).map_err(told)?;
    }
    for (day, spans) in &mut closures.breaks {
        *spans = merge(std::mem::take(spans));
        if spans.len() > MOST_BREAKS {
            let date = moment::date_of(*day).map(|date| date.to_string()).unwrap_or_default();
            let detail = format!("more than {MOST_BREAKS} events with times on {date}");
            return Err(Violation::new("/icalendar", "too_many", detail));
        }
    }
    Ok(closures)
}
