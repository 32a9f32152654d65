//! Clocks as they stand at an instant, and their account of themselves.

mod share;

use jiff::{SignedDuration, Timestamp};

use super::policy::{CalendarRef, Schedule};
use super::rules::{Late, Metric};
use super::track::Track;
use crate::domain::calendar::timestamp;
use crate::domain::closed_list::closed_list;

const SECOND: i64 = 1_000_000;
/// Beyond so many segments a stretch is told as one, whatever the hours.
const MOST_SEGMENTS: usize = 2_000;

closed_list! {
    /// How a clock stands.
    State {
        /// It counts.
        Running = "running",
        /// It stands still for now.
        Paused = "paused",
        /// Stopped in time.
        Met = "met",
        /// Late, whether or not it has stopped since.
        Breached = "breached",
        /// It will never be met nor missed: the ticket was merged, or closed
        /// with the clock in time.
        Cancelled = "cancelled",
    }
}

closed_list! {
    /// What a clock did over a segment.
    SegmentKind {
        /// It counted.
        Running = "running",
        /// The state of the ticket paused it.
        Paused = "paused",
        /// It would have counted, but the calendar was closed.
        OutsideHours = "outside_hours",
        /// The ticket was resolved or closed.
        Stopped = "stopped",
    }
}

/// A part of a clock's life in which one thing was true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, not included.
    pub to: Timestamp,
    /// What the clock did.
    pub kind: SegmentKind,
    /// Business seconds it added; over all segments they add up to the clock's.
    pub business_seconds: i64,
}

/// One promise on one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What is promised.
    pub metric: Metric,
    /// From 1: next responses have one per unanswered stretch, resolutions one
    /// per reopening where that restarts.
    pub cycle: u32,
    /// How it stands.
    pub state: State,
    /// When it started.
    pub started_at: Timestamp,
    /// The deadline; once stopped the one it was judged by. None without a
    /// target, while it stands still with something left (pauses move it), or
    /// beyond the year 9999.
    pub due_at: Option<Timestamp>,
    /// Business seconds promised; none is no promise, only a measurement.
    pub target_seconds: Option<i64>,
    /// Business seconds promised last; unlike `target_seconds` it stays when a
    /// later policy or priority promises nothing.
    pub promised_seconds: Option<i64>,
    /// Counts the business seconds.
    pub calendar: CalendarRef,
    /// When it stopped or was cancelled.
    pub stopped_at: Option<Timestamp>,
    /// Business time used so far or until the stop, exact to the microsecond.
    pub business: SignedDuration,
    /// The same in whole seconds, rounded down.
    pub business_seconds: i64,
    /// Seconds that it ran, open or not: pauses are left out, nights are not.
    pub elapsed_seconds: i64,
    /// The deadline that passed, or the later change that put it into the
    /// past. Stays once recorded, in every state.
    pub breached_at: Option<Timestamp>,
    /// The instant that a breach of `due_at` is stamped with.
    breaches_at: Option<Timestamp>,
    late: Late,
    schedule: Schedule,
    stretches: Vec<Stretch>,
}

/// All clocks of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// None as long as the requester of a ticket opened by an agent has not written.
    pub first_response: Option<Clock>,
    /// One per unanswered stretch, in order.
    pub next_response: Vec<Clock>,
    /// At least one; more only where reopening restarts.
    pub resolution: Vec<Clock>,
    /// When the ticket was first resolved.
    pub first_resolved_at: Option<Timestamp>,
    /// When it was last resolved, also if it was reopened since.
    pub last_resolved_at: Option<Timestamp>,
}

impl Clocks {
    /// Every clock, by metric and cycle.
    pub fn iter(&self) -> impl Iterator<Item = &Clock> {
        self.first_response.iter().chain(&self.next_response).chain(&self.resolution)
    }

    /// The newest clock of a metric.
    #[must_use]
    pub fn current(&self, metric: Metric) -> Option<&Clock> {
        match metric {
            Metric::FirstResponse => self.first_response.as_ref(),
            Metric::NextResponse => self.next_response.last(),
            Metric::Resolution => self.resolution.last(),
        }
    }
}

/// What the ticket's history lets a clock do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StretchKind {
    Running,
    Paused,
    Stopped,
}

/// Instants are microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) kind: StretchKind,
}

impl Clock {
    pub(super) fn of(mut track: Track<'_>, now: i64, closed: bool) -> Self {
        track.judge(now);
        let state = state(&track, closed);
        let business = track.used(track.stopped.unwrap_or(now));
        let schedule = track.schedule().clone();
        let stretches = joined(track.stretches(now));
        let ran = stretches.iter().filter(|stretch| stretch.kind == StretchKind::Running);
        let elapsed: i64 = ran.map(|stretch| stretch.to - stretch.from).sum();
        Self {
            metric: track.metric,
            cycle: track.cycle,
            state,
            started_at: timestamp(track.started),
            due_at: track.due().map(timestamp),
            target_seconds: track.target().map(|target| target.seconds),
            promised_seconds: track.promised().map(|target| target.seconds),
            calendar: schedule.reference.clone(),
            stopped_at: track.stopped.map(timestamp),
            business: SignedDuration::from_micros(business),
            business_seconds: business.div_euclid(SECOND),
            elapsed_seconds: elapsed.div_euclid(SECOND),
            breached_at: track.breached.map(timestamp),
            breaches_at: track.breaches_at().map(timestamp),
            late: track.late(),
            schedule,
            stretches,
        }
    }

    /// How the promise stands: as the clock does, or cancelled where a later
    /// policy or priority promises nothing and nothing had been broken.
    #[must_use]
    pub fn promise(&self) -> State {
        let withdrawn = self.target_seconds.is_none() && self.promised_seconds.is_some();
        if withdrawn && self.state != State::Breached { State::Cancelled } else { self.state }
    }

    /// The instant after which it is late if nothing else happens to the
    /// ticket; none for a clock that has stopped or has no deadline.
    #[must_use]
    pub fn late_after(&self) -> Option<Timestamp> {
        let due = self.due_at.filter(|_| self.stopped_at.is_none())?;
        match (self.late, self.state) {
            (Late::AfterDeadline, _) => Some(due),
            // No more than the target is used before it opens again.
            (Late::OverTarget, State::Running) => self.schedule.calendar.due(due, SignedDuration::ZERO).ok(),
            (Late::OverTarget, _) => None,
        }
    }

    /// The instant that its breach is, or will be, stamped with: the recorded
    /// one, or else the one that follows if nothing else happens to the ticket.
    #[must_use]
    pub fn breach_at(&self) -> Option<Timestamp> {
        self.breached_at.or_else(|| self.breaches_at.filter(|_| self.late_after().is_some()))
    }

    /// Its life from start to stop or to the instant it was looked at, without
    /// holes, counted in the calendar in force at its end. At most about two
    /// thousand segments: what is left then is told per stretch of the history
    /// as one `running` segment, closed hours included.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        let mut account = Account { segments: Vec::new(), used: 0 };
        for stretch in &self.stretches {
            match stretch.kind {
                StretchKind::Running => self.running(stretch, &mut account),
                StretchKind::Paused => account.add((stretch.from, stretch.to), SegmentKind::Paused, 0),
                StretchKind::Stopped => account.add((stretch.from, stretch.to), SegmentKind::Stopped, 0),
            }
        }
        account.segments
    }

    fn running(&self, stretch: &Stretch, account: &mut Account) {
        let calendar = &self.schedule.calendar;
        let mut at = stretch.from;
        for (opening, closing) in calendar.spans(stretch.from, stretch.to) {
            if account.segments.len() >= MOST_SEGMENTS {
                let business = calendar.elapsed_micros(at, stretch.to);
                account.add((at, stretch.to), SegmentKind::Running, business);
                return;
            }
            account.add((at, opening), SegmentKind::OutsideHours, 0);
            account.add((opening, closing), SegmentKind::Running, closing - opening);
            at = closing;
        }
        account.add((at, stretch.to), SegmentKind::OutsideHours, 0);
    }
}

struct Account {
    segments: Vec<Segment>,
    used: i64,
}

impl Account {
    fn add(&mut self, (from, to): (i64, i64), kind: SegmentKind, business: i64) {
        if from == to {
            return;
        }
        let before = self.used.div_euclid(SECOND);
        self.used += business;
        // The difference of rounded sums, so that the seconds add up.
        let business_seconds = self.used.div_euclid(SECOND) - before;
        self.segments.push(Segment { from: timestamp(from), to: timestamp(to), kind, business_seconds });
    }
}

fn state(track: &Track<'_>, closed: bool) -> State {
    if track.cancelled {
        State::Cancelled
    } else if track.breached.is_some() {
        State::Breached
    } else if track.stopped.is_some() {
        State::Met
    } else if closed {
        State::Cancelled
    } else if track.mode() == StretchKind::Running {
        State::Running
    } else {
        State::Paused
    }
}

fn joined(stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if last.kind == stretch.kind && last.to == stretch.from => last.to = stretch.to,
            _ => joined.push(stretch),
        }
    }
    joined
}
