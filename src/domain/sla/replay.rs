//! Reading a ticket's history into clocks.

use jiff::Timestamp;

use super::clock::{Clock, Clocks, StretchKind};
use super::history::{Entry, Happening, Opening};
use super::policy::Policy;
use super::rules::{Metric, Rank, Reopen};
use super::track::Track;
use crate::domain::calendar::{micros, timestamp};
use crate::domain::vocabulary::Status;

/// The clocks of a ticket that keeps its policy, as of `now`. Entries are taken
/// by `at`, then `order`, then as given; what happened after `now` is not
/// looked at.
#[must_use]
pub fn clocks(policy: &Policy, opening: &Opening, entries: &[Entry], now: Timestamp) -> Clocks {
    clocks_under(policy, &[], opening, entries, now)
}

/// The same for a ticket that was promised by `first` when it was opened, and
/// by one of `later` from each [`Happening::Policy`] on.
#[must_use]
pub fn clocks_under(
    first: &Policy,
    later: &[Policy],
    opening: &Opening,
    entries: &[Entry],
    now: Timestamp,
) -> Clocks {
    let mut ordered: Vec<&Entry> = entries.iter().filter(|entry| entry.at <= now).collect();
    ordered.sort_by_key(|entry| (entry.at, entry.order));
    let mut replay = Replay::under(first, later, opening);
    for entry in ordered {
        replay.apply(entry.at, entry.what);
    }
    replay.clocks(now)
}

/// A history that has been read so far. Each entry costs the same, however
/// many came before.
#[derive(Debug)]
pub struct Replay<'p> {
    policy: &'p Policy,
    later: &'p [Policy],
    at: i64,
    status: Status,
    rank: Rank,
    cancelled: bool,
    first_response: Option<Track<'p>>,
    next_response: Vec<Track<'p>>,
    resolution: Vec<Track<'p>>,
    first_resolved_at: Option<i64>,
    last_resolved_at: Option<i64>,
}

impl<'p> Replay<'p> {
    /// Nothing but the opening, of a ticket that keeps its policy.
    #[must_use]
    pub fn new(policy: &'p Policy, opening: &Opening) -> Self {
        Self::under(policy, &[], opening)
    }

    /// Nothing but the opening, of a ticket whose policy may change to one of `later`.
    #[must_use]
    pub fn under(policy: &'p Policy, later: &'p [Policy], opening: &Opening) -> Self {
        let at = micros(opening.at);
        let mut replay = Self {
            policy,
            later,
            at,
            status: opening.status,
            rank: opening.priority,
            cancelled: false,
            first_response: None,
            next_response: Vec::new(),
            resolution: Vec::new(),
            first_resolved_at: None,
            last_resolved_at: None,
        };
        let first = replay.track(Metric::Resolution, 1);
        replay.resolution.push(first);
        if !opening.opened_by_agent {
            replay.requester_wrote();
        }
        if opening.status.is_over() {
            replay.resolved();
        }
        replay
    }

    /// Reads the next entry; one that is older than the last counts as of its instant.
    pub fn apply(&mut self, at: Timestamp, what: Happening) {
        if self.cancelled {
            return;
        }
        self.at = self.at.max(micros(at));
        match what {
            Happening::AgentMessage => self.agent_wrote(),
            Happening::RequesterMessage => self.requester_wrote(),
            Happening::Status(status) => self.moved(status),
            Happening::Priority(rank) => {
                self.rank = rank;
                let at = self.at;
                self.open().for_each(|track| track.retarget(at, rank));
            }
            Happening::Policy { place, priority } => {
                self.rank = priority.unwrap_or(self.rank);
                if let Some(policy) = self.later.get(place) {
                    self.adopt(policy);
                }
            }
            Happening::Cancelled => {
                self.cancelled = true;
                let at = self.at;
                // A ticket that is merged ends as the duplicate of another.
                self.first_resolved_at.get_or_insert(at);
                self.last_resolved_at.get_or_insert(at);
                self.open().for_each(|track| track.cancel(at));
            }
        }
    }

    /// The deadline that is counted down to at `at`: none where the clock does
    /// not exist, has stopped, has no target, or stands still, except paused
    /// and past its deadline.
    #[must_use]
    pub fn deadline(&self, metric: Metric, at: Timestamp) -> Option<Timestamp> {
        let track = match metric {
            Metric::FirstResponse => self.first_response.as_ref(),
            Metric::NextResponse => self.next_response.last(),
            Metric::Resolution => self.resolution.last(),
        };
        let track = track.filter(|track| track.counts())?;
        let due = track.due()?;
        let shown = match track.mode() {
            StretchKind::Running => true,
            StretchKind::Paused => due < micros(at),
            StretchKind::Stopped => false,
        };
        shown.then(|| timestamp(due))
    }

    /// The state of the ticket after what was read.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The clocks as of `now`.
    #[must_use]
    pub fn clocks(self, now: Timestamp) -> Clocks {
        let now = self.at.max(micros(now));
        let closed = self.status == Status::Closed;
        let clock = |track| Clock::of(track, now, closed);
        Clocks {
            first_response: self.first_response.map(clock),
            next_response: self.next_response.into_iter().map(clock).collect(),
            resolution: self.resolution.into_iter().map(clock).collect(),
            first_resolved_at: self.first_resolved_at.map(timestamp),
            last_resolved_at: self.last_resolved_at.map(timestamp),
        }
    }

    fn adopt(&mut self, policy: &'p Policy) {
        let (at, rank, status) = (self.at, self.rank, self.status);
        self.policy = policy;
        self.open().for_each(|track| track.adopt(at, policy, rank, mode(policy, track.metric, status)));
    }

    fn agent_wrote(&mut self) {
        let at = self.at;
        if let Some(track) = &mut self.first_response {
            track.stop(at);
        }
        if let Some(track) = self.next_response.last_mut() {
            track.stop(at);
        }
    }

    fn requester_wrote(&mut self) {
        let answered = self.first_response.as_ref().is_some_and(|track| !track.counts());
        if self.first_response.is_none() {
            self.first_response = Some(self.track(Metric::FirstResponse, 1));
        }
        let waiting = self.next_response.last().is_some_and(Track::counts);
        if !waiting && (answered || self.policy.rules.next_response_counts_first_message) {
            let cycle = self.next_response.last().map_or(1, |last| last.cycle + 1);
            let next = self.track(Metric::NextResponse, cycle);
            self.next_response.push(next);
        }
    }

    fn moved(&mut self, status: Status) {
        let was_over = self.status.is_over();
        self.status = status;
        match (was_over, status.is_over()) {
            (false, true) => self.resolved(),
            (true, false) => self.reopened(),
            (true, true) => {}
            (false, false) => {
                let (at, policy) = (self.at, self.policy);
                self.open().for_each(|track| track.shift(at, mode(policy, track.metric, status)));
            }
        }
    }

    fn resolved(&mut self) {
        let at = self.at;
        self.first_resolved_at.get_or_insert(at);
        self.last_resolved_at = Some(at);
        for track in self.open() {
            match track.metric {
                Metric::Resolution => track.stop(at),
                Metric::FirstResponse | Metric::NextResponse => track.shift(at, StretchKind::Stopped),
            }
        }
    }

    fn reopened(&mut self) {
        let (at, policy, rank, status) = (self.at, self.policy, self.rank, self.status);
        let counting = policy.rules.reopen == Reopen::CountSolved;
        for track in self.open() {
            track.resume(at, policy, rank, mode(policy, track.metric, status), counting);
        }
        let cycle = self.resolution.last().map_or(1, |last| last.cycle);
        if policy.rules.reopen == Reopen::Restart {
            let next = self.track(Metric::Resolution, cycle + 1);
            self.resolution.push(next);
        } else if let Some(track) = self.resolution.last_mut() {
            track.resume(at, policy, rank, mode(policy, Metric::Resolution, status), counting);
        }
    }

    fn track(&self, metric: Metric, cycle: u32) -> Track<'p> {
        let mode = mode(self.policy, metric, self.status);
        Track::start(self.policy, (metric, cycle), self.rank, self.at, mode)
    }

    /// The clocks that can still change: earlier cycles are history.
    fn open(&mut self) -> impl Iterator<Item = &mut Track<'p>> {
        let current = self.first_response.iter_mut();
        let current = current.chain(self.next_response.last_mut()).chain(self.resolution.last_mut());
        current.filter(|track| track.counts())
    }
}

fn mode(policy: &Policy, metric: Metric, status: Status) -> StretchKind {
    if status.is_over() {
        StretchKind::Stopped
    } else if policy.rules.pauses(metric, status) {
        StretchKind::Paused
    } else {
        StretchKind::Running
    }
}
