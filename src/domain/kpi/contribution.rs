//! The entries that follow from a ticket's history. Nothing here depends on
//! when it is looked at: what time alone brings is an entry ahead of time.

use jiff::{SignedDuration, Timestamp};

use super::attainment::Outcome;
use super::automation;
use super::definition::Exclusion;
use super::entry::{Entry, EntryKind, Marks, Traits};
use super::target::Targets;
use crate::domain::sla::{Clock, Clocks, Metric, State};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::ticket::{Event, Fact, Ticket};
use crate::domain::vocabulary::{Author, Scope, TicketType};

/// What a ticket contributes, in no order. `clocks`: as they stand at its last
/// event.
#[must_use]
pub fn entries(ticket: &Ticket, history: &[Event], clocks: &Clocks, targets: &Targets) -> Vec<Entry> {
    let target = targets.first_response_seconds;
    let whole = Whole { ticket, history, traits: traits(ticket), target };
    let mut entries = vec![whole.created()];
    entries.extend(whole.first_response(clocks));
    entries.extend(whole.resolved());
    entries.extend(whole.durations(clocks));
    entries.extend(clocks.iter().filter_map(|clock| whole.decided(clock)));
    entries.extend(whole.asked());
    entries
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
    history: &'t [Event],
    traits: Traits,
    /// Within how many seconds a first answer is wanted.
    target: i64,
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
            target: None,
        }
    }

    fn is_alert(&self) -> bool {
        self.ticket.classification.ticket_type == TicketType::Alert
    }

    /// Why no promise on it, and no first answer to it, counts.
    fn left_out(&self) -> Option<Exclusion> {
        let merged = self.ticket.merged_into.map(|_| Exclusion::Merged);
        merged.or_else(|| self.ticket.spam.then_some(Exclusion::Spam))
    }

    fn first_response(&self, clocks: &Clocks) -> Vec<Entry> {
        let clock = clocks.first_response.as_ref();
        let response = clock
            .filter(|clock| clock.state != State::Cancelled)
            .and_then(|clock| Some((clock, clock.stopped_at?)));
        let alert = self.is_alert().then_some(Exclusion::Alerts);
        if let Some(reason) = self.left_out().or(alert) {
            let started = clock.map_or(self.ticket.created_at, |clock| clock.started_at);
            let entry = match response {
                Some((clock, at)) => self.answered(clock, at),
                None => self.entry(EntryKind::Unanswered, started),
            };
            return vec![Entry { excluded: Some(reason), ..entry }];
        }
        let unpromised = Some(Exclusion::WithoutPromise);
        let Some(clock) = clock.filter(|clock| clock.promised_seconds.is_some()) else {
            let entry = self.entry(EntryKind::Unanswered, self.ticket.created_at);
            return vec![Entry { excluded: unpromised, ..entry }];
        };
        let withdrawn = clock.promise() == State::Cancelled;
        if let Some((clock, at)) = response {
            return vec![Entry { excluded: unpromised.filter(|_| withdrawn), ..self.answered(clock, at) }];
        }
        if withdrawn || self.ticket.policy.is_none() {
            return Vec::new();
        }
        let overdue = |kind, at: Option<Timestamp>| {
            at.map(|at| Entry { target: Some(self.target), ..self.entry(kind, right_after(at)) })
        };
        let business = overdue(EntryKind::OverdueBusiness, clock.used_business(self.target));
        let elapsed = overdue(EntryKind::OverdueElapsed, clock.used_elapsed(self.target));
        business.into_iter().chain(elapsed).collect()
    }

    fn answered(&self, clock: &Clock, at: Timestamp) -> Entry {
        let target = SignedDuration::from_secs(self.target);
        Entry {
            marks: Marks::default()
                .with(Marks::IN_TIME_BUSINESS, clock.business <= target)
                .with(Marks::IN_TIME_ELAPSED, clock.elapsed() <= target),
            business: Some(clock.business_seconds),
            elapsed: Some(clock.elapsed_seconds),
            target: Some(self.target),
            ..self.entry(EntryKind::Answered, at)
        }
    }

    /// The end of its work that counts: its first resolution by a person, or else
    /// its first end of all, of which a merge is one.
    fn end(&self) -> Option<&Event> {
        let by_person = |event: &&Event| {
            matches!(event.fact, Fact::Resolved { .. }) && event.actor.author() != Author::Automation
        };
        let any = |event: &&Event| matches!(event.fact, Fact::Resolved { .. } | Fact::Merged { .. });
        self.history.iter().find(by_person).or_else(|| self.history.iter().find(any))
    }

    fn resolved(&self) -> Option<Entry> {
        let end = self.end()?;
        let by_machine = end.actor.author() == Author::Automation;
        let excluded = match self.left_out() {
            Some(reason) => Some(reason),
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
        Some(Entry { excluded, marks, ..self.entry(EntryKind::Resolved, end.at) })
    }

    /// How long its resolutions took.
    fn durations(&self, clocks: &Clocks) -> Vec<Entry> {
        let (Some(first), Some(last)) = (clocks.resolution.first(), clocks.resolution.last()) else {
            return Vec::new();
        };
        let ends: Vec<&Event> =
            self.history.iter().filter(|event| matches!(event.fact, Fact::Resolved { .. })).collect();
        let (Some(once), Some(finally)) = (ends.first(), ends.last()) else { return Vec::new() };
        // Of spam nothing is promised any more: its clocks run by no calendar of the desk.
        let promised = self.left_out() != Some(Exclusion::Spam);
        let entry = |kind, clock: &Clock, at: Timestamp| Entry {
            business: clock.used_until(at).filter(|_| promised),
            elapsed: Some(clock.elapsed_until(at)),
            ..self.entry(kind, self.ticket.created_at)
        };
        vec![
            entry(EntryKind::FirstResolution, first, once.at),
            entry(EntryKind::LastResolution, last, finally.at),
        ]
    }

    fn decided(&self, clock: &Clock) -> Option<Entry> {
        clock.promised_seconds?;
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
        let outcome = match self.left_out() {
            Some(Exclusion::Merged) => Outcome::Merged,
            Some(_) => Outcome::Spam,
            None => outcome,
        };
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
        let ended = !self.ticket.is_unresolved();
        let solved = self.end().is_some_and(|end| end.actor.author() == Author::Automation);
        let marks = automation::marks(self.history)
            .with(Marks::RESOLVED_NOW, ended)
            .with(Marks::ANSWERED, ended && !automation::answers(self.history))
            .with(Marks::SOLVED, ended && solved)
            .waiting(self.ticket.status);
        Entry {
            marks,
            business: Some(automation::touches(self.history)),
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
