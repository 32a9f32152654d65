//! The entries that follow from a ticket's history. Nothing here depends on
//! when it is looked at: what time alone brings is an entry ahead of time.

use jiff::{SignedDuration, Timestamp};

use super::attainment::Outcome;
use super::definition::{Exclusion, FIRST_RESPONSE_SECONDS};
use super::entry::{Entry, EntryKind, Marks, Traits};
use crate::domain::sla::{Clock, Clocks, Metric, State};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::ticket::record::{Record, TriageRecord};
use crate::domain::ticket::{Event, Fact, Ticket};
use crate::domain::vocabulary::{Author, DecidedBy, Scope, TicketType, Visibility};

/// What a ticket contributes, in no order. `clocks`: as they stand at its last
/// event.
#[must_use]
pub fn entries(ticket: &Ticket, triage: &TriageRecord, history: &[Event], clocks: &Clocks) -> Vec<Entry> {
    let whole = Whole { ticket, triage, history, traits: traits(ticket) };
    let mut entries = vec![whole.created()];
    entries.extend(whole.first_response(clocks));
    entries.extend(whole.resolved());
    entries.extend(whole.durations(clocks));
    entries.extend(clocks.iter().filter_map(|clock| whole.decided(clock)));
    entries.extend(whole.asked());
    entries
}

/// The same from a record, which has the state and triage of its ticket.
#[must_use]
pub fn of_record(record: &Record, history: &[Event], clocks: &Clocks) -> Vec<Entry> {
    entries(&record.state, &record.triage, history, clocks)
}

fn traits(ticket: &Ticket) -> Traits {
    Traits {
        priority: ticket.priority(),
        category: ticket.classification.category,
        team: ticket.team.clone(),
        channel: ticket.channel,
        ticket_type: ticket.classification.ticket_type,
    }
}

/// The first instant after `at` that the database can tell from it: what is due
/// at an instant is late only after it.
fn right_after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX)
}

struct Whole<'t> {
    ticket: &'t Ticket,
    triage: &'t TriageRecord,
    history: &'t [Event],
    traits: Traits,
}

impl Whole<'_> {
    fn entry(&self, kind: EntryKind, at: Timestamp) -> Entry {
        Entry {
            kind,
            place: 0,
            at,
            traits: self.traits.clone(),
            excluded: self.ticket.merged_into.map(|_| Exclusion::Merged),
            marks: Marks::default(),
            business: None,
            elapsed: None,
        }
    }

    fn is_alert(&self) -> bool {
        self.ticket.classification.ticket_type == TicketType::Alert
    }

    fn first_response(&self, clocks: &Clocks) -> Vec<Entry> {
        let clock = clocks.first_response.as_ref().filter(|clock| clock.promised_seconds.is_some());
        let Some(clock) = clock else {
            let unpromised = Entry {
                excluded: Some(Exclusion::WithoutPromise),
                ..self.entry(EntryKind::Unpromised, self.ticket.created_at)
            };
            return if self.is_alert() { Vec::new() } else { vec![unpromised] };
        };
        let (merged, cancelled) = (self.ticket.merged_into.is_some(), clock.promise() == State::Cancelled);
        if let Some(at) = clock.stopped_at {
            return if merged && cancelled { Vec::new() } else { vec![self.answered(clock, at, cancelled)] };
        }
        if merged || cancelled || self.is_alert() || self.ticket.policy.is_none() {
            return Vec::new();
        }
        let overdue = |kind, at: Option<Timestamp>| at.map(|at| self.entry(kind, right_after(at)));
        let business = clock.used_business(FIRST_RESPONSE_SECONDS);
        let elapsed = clock.used_elapsed(FIRST_RESPONSE_SECONDS);
        overdue(EntryKind::OverdueBusiness, business)
            .into_iter()
            .chain(overdue(EntryKind::OverdueElapsed, elapsed))
            .collect()
    }

    fn answered(&self, clock: &Clock, at: Timestamp, cancelled: bool) -> Entry {
        let target = SignedDuration::from_secs(FIRST_RESPONSE_SECONDS);
        let entry = self.entry(EntryKind::Answered, at);
        let alert = self.is_alert().then_some(Exclusion::Alerts);
        let unpromised = cancelled.then_some(Exclusion::WithoutPromise);
        Entry {
            excluded: entry.excluded.or(alert).or(unpromised),
            marks: Marks::default()
                .with(Marks::IN_TIME_BUSINESS, clock.business <= target)
                .with(Marks::IN_TIME_ELAPSED, clock.elapsed() <= target),
            business: Some(clock.business_seconds),
            elapsed: Some(clock.elapsed_seconds),
            ..entry
        }
    }

    /// The first end of its work; a merge is one.
    fn first_end(&self) -> Option<&Event> {
        self.history.iter().find(|event| matches!(event.fact, Fact::Resolved { .. } | Fact::Merged { .. }))
    }

    fn resolved(&self) -> Option<Entry> {
        let end = self.first_end()?;
        let entry = self.entry(EntryKind::Resolved, end.at);
        let by_machine = end.actor.author() == Author::Automation;
        let excluded = match entry.excluded {
            Some(merged) => Some(merged),
            None if self.ticket.classification.scope == Scope::OutOfScope => Some(Exclusion::OutOfScope),
            None if by_machine && self.is_alert() => Some(Exclusion::AlertsClosedByMachine),
            None if by_machine => Some(Exclusion::AutoClosed),
            None => None,
        };
        let returns = self.history.iter().filter(|event| event.fact == Fact::Reopened && event.seq > end.seq);
        let back: Vec<Timestamp> = returns.map(|event| event.at).collect();
        let soon = back.iter().any(|at| at.duration_since(end.at) <= REOPEN_WINDOW);
        let marks = Marks::default()
            .with(Marks::ESCALATED, self.ticket.escalations > 0)
            .with(Marks::REOPENED_SOON, soon)
            .with(Marks::REOPENED, !back.is_empty());
        Some(Entry { excluded, marks, ..entry })
    }

    /// How long its resolutions took.
    fn durations(&self, clocks: &Clocks) -> Vec<Entry> {
        let (Some(first), Some(last)) = (clocks.resolution.first(), clocks.resolution.last()) else {
            return Vec::new();
        };
        let entry = |kind, resolved_at: Timestamp, business: Option<i64>| Entry {
            business,
            elapsed: Some(resolved_at.duration_since(self.ticket.created_at).as_secs()),
            ..self.entry(kind, self.ticket.created_at)
        };
        let ends: Vec<&Event> =
            self.history.iter().filter(|event| matches!(event.fact, Fact::Resolved { .. })).collect();
        let (Some(once), Some(finally)) = (ends.first(), ends.last()) else { return Vec::new() };
        let first_seconds = first.used_until(once.at);
        let last_seconds = last.used_until(finally.at);
        vec![
            entry(EntryKind::FirstResolution, once.at, first_seconds),
            entry(EntryKind::LastResolution, finally.at, last_seconds),
        ]
    }

    fn decided(&self, clock: &Clock) -> Option<Entry> {
        clock.promised_seconds?;
        let merged = self.ticket.merged_into.is_some();
        let (at, outcome) = match (clock.promise(), clock.breached_at, clock.breach_at()) {
            (State::Met, _, _) => (clock.stopped_at?, Outcome::Kept),
            (_, Some(at), _) => (at, Outcome::Breached),
            (State::Cancelled, None, _) => (self.ticket.closed_at?, Outcome::Cancelled),
            // Time alone breaks it, right after its deadline, if nothing happens.
            (State::Running | State::Paused, None, Some(_)) => {
                (right_after(clock.late_after()?), Outcome::Breached)
            }
            _ => return None,
        };
        let outcome = if merged { Outcome::Merged } else { outcome };
        let place = Metric::ALL.iter().position(|known| *known == clock.metric).unwrap_or_default();
        let cycle = i32::try_from(clock.cycle).unwrap_or(i32::MAX / 4);
        Some(Entry {
            place: cycle.saturating_mul(4).saturating_add(i32::try_from(place).unwrap_or_default()),
            excluded: None,
            marks: Marks::decided(clock.metric, self.traits.priority, outcome),
            ..self.entry(EntryKind::Decided, at)
        })
    }

    fn created(&self) -> Entry {
        let by_person = |event: &&Event| event.actor.author() == Author::Agent;
        let touches = self.history.iter().filter(by_person).count();
        let corrected = self
            .history
            .iter()
            .filter(by_person)
            .any(|event| matches!(event.fact, Fact::Triaged { decided_by: DecidedBy::Human, .. }));
        let placed = self.history.iter().filter(by_person).any(|event| {
            matches!(event.fact, Fact::Assigned { .. } | Fact::Escalated { automatic: false, .. })
        });
        let answered = self.history.iter().any(|event| match &event.fact {
            Fact::MessageAdded { visibility, author, .. } => {
                *visibility == Visibility::Public && *author == Author::Agent
            }
            Fact::MessagePublished { author, .. } => *author == Author::Agent,
            _ => false,
        });
        let ended = !self.ticket.is_unresolved();
        let solved = self.first_end().is_some_and(|end| end.actor.author() == Author::Automation);
        let told = self.triage.is_human("category") && !corrected;
        let marks = Marks::default()
            .with(Marks::RESOLVED_NOW, ended)
            .with(Marks::TRIAGED, !told)
            .with(Marks::ROUTED, !placed)
            .with(Marks::ANSWERED, ended && !answered)
            .with(Marks::SOLVED, ended && solved)
            .with(Marks::CORRECTED, corrected)
            .waiting(self.ticket.status);
        Entry {
            marks,
            business: Some(i64::try_from(touches).unwrap_or(i64::MAX)),
            ..self.entry(EntryKind::Created, self.ticket.created_at)
        }
    }

    fn asked(&self) -> Vec<Entry> {
        let mut asked = Vec::new();
        let mut resolution = 0;
        let place = |seq: i64| i32::try_from(seq).unwrap_or(i32::MAX);
        let about = |fact: &Fact, wanted: i64| match fact {
            Fact::Rated { score, resolution } if *resolution == wanted => Some(*score),
            _ => None,
        };
        for event in self.history {
            match &event.fact {
                Fact::Resolved { .. } => resolution = event.seq,
                Fact::SurveyRequested { .. } => {
                    let answered = self.history.iter().any(|later| about(&later.fact, resolution).is_some());
                    asked.push(Entry {
                        place: place(event.seq),
                        marks: Marks::default().with(Marks::RATED, answered),
                        ..self.entry(EntryKind::Surveyed, event.at)
                    });
                }
                // The last answer about a resolution counts, when it was given.
                Fact::Rated { score, resolution } => {
                    let known = asked.iter().position(|entry: &Entry| {
                        entry.kind == EntryKind::Rated && entry.place == place(*resolution)
                    });
                    known.map(|known| asked.remove(known));
                    asked.push(Entry {
                        place: place(*resolution),
                        marks: Marks(i16::from(*score)),
                        ..self.entry(EntryKind::Rated, event.at)
                    });
                }
                _ => {}
            }
        }
        asked
    }
}
