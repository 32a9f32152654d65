//! What a monitor has seen, and what one more look adds to it.

use jiff::{SignedDuration, Timestamp};

use super::definition::{Heartbeat, HttpCheck};
use crate::domain::closed_list::closed_list;
use crate::domain::uptime::Span;

closed_list! {
    /// How a service was when its monitor looked last.
    MonitorState {
        /// Nobody has looked since it began to watch.
        Unknown = "unknown",
        /// It was there.
        Up = "up",
        /// It was not.
        Down = "down",
    }
}

/// What a monitor has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// At the last look.
    pub state: MonitorState,
    /// When that was.
    pub checked_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: i32,
    /// The first of them.
    pub failing_since: Option<Timestamp>,
    /// Why the last look failed.
    pub reason: Option<String>,
    /// When the last heartbeat came.
    pub beat_at: Option<Timestamp>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            state: MonitorState::Unknown,
            checked_at: None,
            failures: 0,
            failing_since: None,
            reason: None,
            beat_at: None,
        }
    }
}

/// Time that was observed, and how the service was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// From one look to the next.
    pub span: Span,
    /// As the first of the two found it.
    pub state: MonitorState,
}

/// What happens to the outage of a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has begun at this instant.
    Opens(Timestamp),
    /// It has ended at this instant.
    Ends(Timestamp),
}

/// What a look changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is known after it.
    pub health: Health,
    /// The time that is observed by it, in order.
    pub sights: Vec<Sight>,
    /// What happens to the outage, in order.
    pub turns: Vec<Turn>,
}

impl Step {
    fn begin(health: &Health) -> Self {
        Self { health: health.clone(), sights: Vec::new(), turns: Vec::new() }
    }

    /// The time since the last look, unless that was too long ago, is observed
    /// now; the look is the last one from now on. `false`: it is not.
    fn look(&mut self, at: Timestamp, longest_gap: SignedDuration) -> bool {
        let Some(before) = self.health.checked_at else {
            self.health.checked_at = Some(at);
            return false;
        };
        let span = Span::new(before, at);
        let known = self.health.state != MonitorState::Unknown && at.duration_since(before) <= longest_gap;
        if known && !span.is_empty() {
            self.sights.push(Sight { span, state: self.health.state });
        }
        self.health.checked_at = Some(before.max(at));
        known
    }

    fn turn(&mut self, turn: Turn) {
        self.turns.push(turn);
    }
}

impl Health {
    /// From when on the next heartbeat is waited for.
    #[must_use]
    pub fn waits_since(&self, watched_since: Timestamp) -> Timestamp {
        self.beat_at.map_or(watched_since, |beat| beat.max(watched_since))
    }

    /// What the answer to a check at `at` changes. `open`: there is an outage
    /// that has not ended.
    #[must_use]
    pub fn checked(
        &self,
        check: &HttpCheck,
        longest_gap: SignedDuration,
        open: bool,
        at: Timestamp,
        answer: &Result<(), String>,
    ) -> Step {
        let mut step = Step::begin(self);
        let continues = step.look(at, longest_gap);
        let health = &mut step.health;
        match answer {
            Ok(()) => {
                (health.state, health.failures) = (MonitorState::Up, 0);
                (health.failing_since, health.reason) = (None, None);
                if open {
                    step.turn(Turn::Ends(at));
                }
            }
            Err(why) => {
                // Failures on both sides of a gap are not in a row.
                let row = if continues { health.failing_since } else { None };
                health.failures = if row.is_some() { health.failures.saturating_add(1) } else { 1 };
                let since = row.unwrap_or(at);
                health.state = MonitorState::Down;
                (health.failing_since, health.reason) = (Some(since), Some(why.clone()));
                if !open && health.failures >= check.failures_to_open {
                    step.turn(Turn::Opens(since));
                }
            }
        }
        step
    }

    /// What time alone changes where no heartbeat has come until `now`.
    #[must_use]
    pub fn awaited(
        &self,
        beat: &Heartbeat,
        longest_gap: SignedDuration,
        watched_since: Timestamp,
        open: bool,
        now: Timestamp,
    ) -> Step {
        let mut step = Step::begin(self);
        let deadline = beat.deadline(self.waits_since(watched_since));
        if now < deadline {
            return step;
        }
        if self.state != MonitorState::Down {
            step.look(deadline, longest_gap);
            step.health.state = MonitorState::Down;
            (step.health.failures, step.health.failing_since) = (1, Some(deadline));
            let BeatWords { seconds, since } = BeatWords::of(beat, self.beat_at);
            step.health.reason = Some(format!("no heartbeat came within {seconds} s {since}"));
            if !open {
                step.turn(Turn::Opens(deadline));
            }
        }
        step.look(now, longest_gap);
        step
    }

    /// What a heartbeat at `at` changes.
    #[must_use]
    pub fn beaten(
        &self,
        beat: &Heartbeat,
        longest_gap: SignedDuration,
        watched_since: Timestamp,
        open: bool,
        at: Timestamp,
    ) -> Step {
        // It may have been missed while nobody looked.
        let mut step = self.awaited(beat, longest_gap, watched_since, open, at);
        step.look(at, longest_gap);
        if open || step.turns.iter().any(|turn| matches!(turn, Turn::Opens(_))) {
            step.turn(Turn::Ends(at));
        }
        let health = &mut step.health;
        (health.state, health.failures) = (MonitorState::Up, 0);
        (health.failing_since, health.reason, health.beat_at) = (None, None, Some(at));
        step
    }
}

/// The words of a heartbeat that did not come.
struct BeatWords {
    seconds: i64,
    since: &'static str,
}

impl BeatWords {
    const fn of(beat: &Heartbeat, last: Option<Timestamp>) -> Self {
        let since = if last.is_some() { "of the last one" } else { "of the beginning" };
        Self { seconds: beat.interval_seconds.saturating_add(beat.grace_seconds), since }
    }
}
