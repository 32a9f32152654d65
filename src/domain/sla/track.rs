//! One clock while a history is read.

use super::clock::{Stretch, StretchKind};
use super::policy::{Policy, Schedule, Target};
use super::rules::{Late, Metric, Rank};
use crate::domain::calendar::Calendar;

const SECOND: i64 = 1_000_000;

/// Instants are microseconds.
#[derive(Debug)]
pub(super) struct Track<'p> {
    policy: &'p Policy,
    pub(super) metric: Metric,
    pub(super) cycle: u32,
    pub(super) started: i64,
    target: Option<&'p Target>,
    /// The last target that there was.
    promised: Option<&'p Target>,
    /// What went on before `since`.
    stretches: Vec<Stretch>,
    /// Those of them in which it ran.
    runs: Vec<(i64, i64)>,
    meters: Vec<Meter<'p>>,
    mode: StretchKind,
    since: i64,
    due: Option<i64>,
    /// Since when `due` has been what counts; a breach can't be older.
    in_force: i64,
    pub(super) breached: Option<i64>,
    pub(super) stopped: Option<i64>,
    pub(super) cancelled: bool,
}

/// The business time used by the end of each run, counted in one calendar.
#[derive(Debug)]
struct Meter<'p> {
    calendar: &'p Calendar,
    used: Vec<i64>,
}

impl<'p> Track<'p> {
    pub(super) fn start(
        policy: &'p Policy,
        (metric, cycle): (Metric, u32),
        rank: Rank,
        at: i64,
        mode: StretchKind,
    ) -> Self {
        let mut track = Self {
            policy,
            metric,
            cycle,
            started: at,
            target: policy.target(metric, rank),
            promised: policy.target(metric, rank),
            stretches: Vec::new(),
            runs: Vec::new(),
            meters: Vec::new(),
            mode,
            since: at,
            due: None,
            in_force: at,
            breached: None,
            stopped: None,
            cancelled: false,
        };
        track.due = track.deadline();
        track
    }

    /// Neither stopped nor cancelled.
    pub(super) fn counts(&self) -> bool {
        self.stopped.is_none()
    }

    pub(super) fn due(&self) -> Option<i64> {
        self.due
    }

    pub(super) fn mode(&self) -> StretchKind {
        self.mode
    }

    pub(super) fn target(&self) -> Option<&'p Target> {
        self.target
    }

    pub(super) fn promised(&self) -> Option<&'p Target> {
        self.promised
    }

    pub(super) fn late(&self) -> Late {
        self.policy.rules.late
    }

    /// The instant that a breach of the present deadline is stamped with.
    pub(super) fn breaches_at(&self) -> Option<i64> {
        self.due.map(|due| due.max(self.in_force))
    }

    /// The calendar that measures it: its target's, or the policy's.
    pub(super) fn schedule(&self) -> &'p Schedule {
        self.target.map_or(&self.policy.schedule, |target| &target.schedule)
    }

    /// Runs, pauses or stands from here on.
    pub(super) fn shift(&mut self, at: i64, mode: StretchKind) {
        if self.counts() && mode != self.mode {
            self.judge(at);
            self.close(at);
            self.mode = mode;
            self.due = self.deadline();
        }
    }

    /// The priority changed: the same start, with the new target.
    pub(super) fn retarget(&mut self, at: i64, rank: Rank) {
        let target = self.policy.target(self.metric, rank);
        if self.counts() && target != self.target {
            self.judge(at);
            self.renew(at, target);
        }
    }

    /// Another policy applies: the same start, with its target and its pauses.
    pub(super) fn adopt(&mut self, at: i64, policy: &'p Policy, rank: Rank, mode: StretchKind) {
        if !self.counts() {
            return;
        }
        self.judge(at);
        if mode != self.mode {
            self.close(at);
            self.mode = mode;
        }
        self.policy = policy;
        let target = policy.target(self.metric, rank);
        if target == self.target {
            self.due = self.deadline();
        } else {
            self.renew(at, target);
        }
    }

    /// What was promised has been done.
    pub(super) fn stop(&mut self, at: i64) {
        if self.counts() {
            self.judge(at);
            self.close(at);
            self.stopped = Some(at);
            self.mode = StretchKind::Stopped;
        }
    }

    pub(super) fn cancel(&mut self, at: i64) {
        if self.counts() {
            self.stop(at);
            self.cancelled = true;
        }
    }

    /// The ticket was reopened: it counts again, and the time in between too
    /// where `counting`.
    pub(super) fn resume(
        &mut self,
        at: i64,
        policy: &'p Policy,
        rank: Rank,
        mode: StretchKind,
        counting: bool,
    ) {
        self.judge(at);
        self.stopped = None;
        self.policy = policy;
        if counting {
            self.mode = StretchKind::Running;
        }
        self.close(at);
        self.mode = mode;
        self.renew(at, policy.target(self.metric, rank));
    }

    /// Records a breach that has happened before `at`.
    pub(super) fn judge(&mut self, at: i64) {
        let (Some(due), Some(target)) = (self.due, self.target) else { return };
        if !self.counts() || self.breached.is_some() || at <= due {
            return;
        }
        let late = match self.policy.rules.late {
            Late::AfterDeadline => true,
            Late::OverTarget => self.used(at) > wanted(target),
        };
        if late {
            self.breached = self.breaches_at();
        }
    }

    /// The business time used by `at`, which must not be earlier than the last change.
    pub(super) fn used(&mut self, at: i64) -> i64 {
        let calendar = &self.schedule().calendar;
        let running = if self.mode == StretchKind::Running { at } else { self.since };
        let now = calendar.elapsed_micros(self.since, running);
        now + self.meter(calendar).last().copied().unwrap_or(0)
    }

    /// Everything up to the stop, or else up to `now`.
    pub(super) fn stretches(&mut self, now: i64) -> Vec<Stretch> {
        if self.counts() {
            self.close(now);
        }
        std::mem::take(&mut self.stretches)
    }

    fn renew(&mut self, at: i64, target: Option<&'p Target>) {
        self.target = target;
        self.promised = target.or(self.promised);
        self.in_force = at;
        self.due = self.deadline();
        self.judge(at);
    }

    fn close(&mut self, at: i64) {
        if at > self.since {
            self.stretches.push(Stretch { from: self.since, to: at, kind: self.mode });
            if self.mode == StretchKind::Running {
                self.runs.push((self.since, at));
            }
        }
        self.since = at;
    }

    /// None while it stands still with something left of its target.
    fn deadline(&mut self) -> Option<i64> {
        let target = self.target?;
        let calendar = &target.schedule.calendar;
        let wanted = wanted(target);
        let used = self.meter(calendar);
        let run = used.partition_point(|used| *used < wanted);
        let before = if run == 0 { 0 } else { used[run - 1] };
        let from = match self.runs.get(run) {
            Some((from, _)) => *from,
            None if self.mode == StretchKind::Running => self.since,
            None => return None,
        };
        calendar.due_micros(from, wanted - before)
    }

    fn meter(&mut self, calendar: &'p Calendar) -> &[i64] {
        let index = self.meters.iter().position(|meter| meter.calendar == calendar).unwrap_or_else(|| {
            self.meters.push(Meter { calendar, used: Vec::new() });
            self.meters.len() - 1
        });
        let meter = &mut self.meters[index];
        let mut used = meter.used.last().copied().unwrap_or(0);
        for (from, to) in &self.runs[meter.used.len()..] {
            used += calendar.elapsed_micros(*from, *to);
            meter.used.push(used);
        }
        &meter.used
    }
}

fn wanted(target: &Target) -> i64 {
    target.seconds.max(0).saturating_mul(SECOND)
}
