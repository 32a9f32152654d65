//! From words to a policy and a history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::question::{Event, Promise, Question, RuleWords, Ticket};
use crate::domain::calendar::Calendar;
use crate::domain::sla::history::{Happening, Opening};
use crate::domain::sla::policy::{CalendarRef, Conditions, Origin, Policy, Schedule, Target};
use crate::domain::sla::rules::{Late, Metric, Rank, Reopen, Rules};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, Status};

const MOST_PRIORITIES: usize = 1_000;
const MOST_EVENTS: usize = 10_000;
/// A hundred years.
const MOST_MINUTES: f64 = 36_525.0 * 1_440.0;
const STATES: &str = "new, open, pending, on_hold, solved, resolved, closed, merged";
const KINDS: &str = "agent_public_reply, requester_reply, internal_note, status, priority";

/// What is replayed.
pub(super) struct Case {
    pub(super) policy: Policy,
    pub(super) opening: Opening,
    /// The word for the state at creation.
    pub(super) status: String,
    /// In time order, each once, none after the evaluation.
    pub(super) happened: Vec<Happened>,
    pub(super) evaluated_at: Timestamp,
}

/// An event; without a meaning it is only told.
pub(super) struct Happened {
    pub(super) at: Timestamp,
    pub(super) what: Option<Happening>,
    /// The word for the state it leads to.
    pub(super) status: Option<String>,
}

pub(super) fn read(question: Question) -> Result<Case, Vec<Violation>> {
    let mut reader = Reader { faults: Vec::new(), ranks: BTreeMap::new() };
    let Question { calendar, targets, rules, ticket, events, evaluated_at } = question;
    let calendar = match Calendar::build(calendar) {
        Ok(calendar) => Some(calendar),
        Err(violations) => {
            reader.faults.extend(
                violations
                    .into_iter()
                    .map(|fault| Violation { pointer: format!("/calendar{}", fault.pointer), ..fault }),
            );
            None
        }
    };
    let rules = reader.rules(rules);
    let promised = reader.targets(&targets);
    let opening = reader.opening(&ticket);
    let mut happened = reader.events(events, opening.map(|opening| opening.at));
    let evaluated_at = match (evaluated_at, opening) {
        (Some(text), _) => reader.instant("/evaluated_at", &text),
        (None, Some(opening)) => Some(happened.last().map_or(opening.at, |last| last.at)),
        (None, None) => None,
    };
    if let (Some(opening), Some(evaluated_at)) = (opening, evaluated_at)
        && evaluated_at < opening.at
    {
        reader.fault("/evaluated_at", "before_creation", "the ticket did not exist yet");
    }
    match (calendar, opening, evaluated_at) {
        (Some(calendar), Some(opening), Some(evaluated_at)) if reader.faults.is_empty() => {
            happened.retain(|event| event.at <= evaluated_at);
            let status = ticket.status.unwrap_or_else(|| Status::New.to_string());
            Ok(Case { policy: policy(calendar, rules, promised), opening, status, happened, evaluated_at })
        }
        _ => Err(reader.faults),
    }
}

fn policy(calendar: Calendar, rules: Rules, promised: BTreeMap<(Rank, Metric), i64>) -> Policy {
    let reference = CalendarRef { key: "calendar".to_owned(), version: 1 };
    let schedule = Schedule { reference, calendar };
    let target = |seconds| Target { seconds, schedule: schedule.clone() };
    let targets = promised.into_iter().map(|(place, seconds)| (place, target(seconds))).collect();
    Policy {
        key: "case".to_owned(),
        name: "A made-up case".to_owned(),
        version: 1,
        origin: Origin::Shipped,
        conditions: Conditions::default(),
        rules,
        schedule,
        targets,
    }
}

struct Reader {
    faults: Vec<Violation>,
    ranks: BTreeMap<String, Rank>,
}

impl Reader {
    fn fault(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Violation::new(pointer, code, detail));
    }

    fn unknown(&mut self, pointer: impl Into<String>, word: &str, known: &str) {
        let word: String = word.chars().take(80).collect();
        self.fault(pointer, "unknown_word", format!("{word:?} is not one of {known}"));
    }

    fn instant(&mut self, pointer: &str, text: &str) -> Option<Timestamp> {
        let instant = text.parse().ok();
        if instant.is_none() {
            self.fault(pointer, "invalid_instant", "an instant is RFC 3339, such as 2024-06-03T10:00:00Z");
        }
        instant
    }

    fn state(&mut self, pointer: &str, word: &str) -> Option<Status> {
        let state = match word {
            "solved" => Some(Status::Resolved),
            // It stops all clocks as solving does, and here nobody follows it elsewhere.
            "merged" => Some(Status::Closed),
            _ => word.parse().ok(),
        };
        if state.is_none() {
            self.unknown(pointer, word, STATES);
        }
        state
    }

    fn rules(&mut self, words: Option<RuleWords>) -> Rules {
        let Some(words) = words else {
            return Rules { late: Late::OverTarget, ..Rules::default() };
        };
        Rules {
            first_response_pauses_in: self.pauses("first_response", &words.first_response_pauses_in),
            next_response_pauses_in: self.pauses("next_response", &words.next_response_pauses_in),
            resolution_pauses_in: self.pauses("resolution", &words.resolution_pauses_in),
            reopen: self.word("/rules/reopen", words.reopen.as_deref(), Reopen::Resume, Reopen::NAMES),
            next_response_counts_first_message: words.next_response_counts_first_message,
            late: self.word("/rules/late", words.late.as_deref(), Late::OverTarget, Late::NAMES),
        }
    }

    fn pauses(&mut self, metric: &str, words: &[String]) -> BTreeSet<Status> {
        let state =
            |(index, word): (usize, &String)| self.state(&format!("/rules/{metric}_pauses_in/{index}"), word);
        words.iter().enumerate().filter_map(state).collect()
    }

    fn word<T: std::str::FromStr>(
        &mut self,
        pointer: &str,
        word: Option<&str>,
        absent: T,
        names: &[&str],
    ) -> T {
        let Some(word) = word else { return absent };
        word.parse().unwrap_or_else(|_| {
            self.unknown(pointer, word, &names.join(", "));
            absent
        })
    }

    fn targets(&mut self, targets: &BTreeMap<String, Promise>) -> BTreeMap<(Rank, Metric), i64> {
        let mut seconds_by_place = BTreeMap::new();
        if targets.len() > MOST_PRIORITIES {
            self.fault("/targets", "too_many", format!("at most {MOST_PRIORITIES} priorities"));
            return seconds_by_place;
        }
        for (rank, (name, promise)) in (0..).map(Rank).zip(targets) {
            self.ranks.insert(name.clone(), rank);
            let promises = [
                (Metric::FirstResponse, promise.first_response),
                (Metric::NextResponse, promise.next_response),
                (Metric::Resolution, promise.resolution),
            ];
            for (metric, minutes) in promises {
                let Some(minutes) = minutes else { continue };
                if (0.0..=MOST_MINUTES).contains(&minutes) {
                    let seconds = std::time::Duration::from_secs_f64((minutes * 60.0).round()).as_secs();
                    seconds_by_place.insert((rank, metric), seconds.cast_signed());
                } else {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    let detail = "a target is a number of minutes from 0 to a hundred years";
                    self.fault(format!("/targets/{name}/{metric}"), "invalid_target", detail);
                }
            }
        }
        seconds_by_place
    }

    fn rank(&self, name: &str) -> Rank {
        self.ranks.get(name).copied().unwrap_or(Rank(u16::MAX))
    }

    fn opening(&mut self, ticket: &Ticket) -> Option<Opening> {
        let at = self.instant("/ticket/created_at", &ticket.created_at);
        let author = ticket.created_by.as_deref();
        let author = self.word("/ticket/created_by", author, Author::Requester, Author::NAMES);
        let status = match &ticket.status {
            Some(word) => self.state("/ticket/status", word),
            None => Some(Status::New),
        };
        Some(Opening {
            at: at?,
            opened_by_agent: author == Author::Agent,
            priority: self.rank(&ticket.priority),
            status: status?,
        })
    }

    fn events(&mut self, events: Vec<Event>, created: Option<Timestamp>) -> Vec<Happened> {
        if events.len() > MOST_EVENTS {
            self.fault("/events", "too_many", format!("at most {MOST_EVENTS} events"));
            return Vec::new();
        }
        let mut seen = BTreeSet::new();
        let mut happened = Vec::with_capacity(events.len());
        for (index, event) in events.into_iter().enumerate() {
            let pointer = format!("/events/{index}");
            let read = self.event(&pointer, &event);
            if let (Some(created), Some(read)) = (created, &read)
                && read.at < created
            {
                self.fault(format!("{pointer}/at"), "before_creation", "the ticket did not exist yet");
            }
            if event.event_id.is_none_or(|id| seen.insert(id)) {
                happened.extend(read);
            }
        }
        happened.sort_by_key(|event| event.at);
        happened
    }

    fn event(&mut self, pointer: &str, event: &Event) -> Option<Happened> {
        let at = self.instant(&format!("{pointer}/at"), &event.at);
        let to = format!("{pointer}/to");
        let mut status = None;
        let what = match event.kind.as_str() {
            "agent_public_reply" => (!event.automatic).then_some(Happening::AgentMessage),
            "requester_reply" => (!event.automatic).then_some(Happening::RequesterMessage),
            "internal_note" => None,
            "status" | "priority" if event.to.is_none() => {
                self.fault(to, "required", "a change says what it leads to");
                None
            }
            "status" => {
                status.clone_from(&event.to);
                let state = self.state(&to, event.to.as_deref().unwrap_or_default());
                state.map(Happening::Status)
            }
            "priority" => Some(Happening::Priority(self.rank(event.to.as_deref().unwrap_or_default()))),
            kind => {
                self.unknown(format!("{pointer}/type"), kind, KINDS);
                None
            }
        };
        Some(Happened { at: at?, what, status })
    }
}
