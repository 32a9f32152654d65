//! When a share of a promise is used up.

use jiff::{SignedDuration, Timestamp};

use super::{Clock, SECOND, State, StretchKind};
use crate::domain::calendar::{Calendar, timestamp};

impl Clock {
    /// The instant at which `percent` of the target is used up, in the past or,
    /// if nothing else happens to the ticket, in the future. None without a
    /// target, where it stopped or stands still before that, or beyond the
    /// year 9999.
    #[must_use]
    pub fn used_up(&self, percent: u32) -> Option<Timestamp> {
        // Seconds times a million divide by a hundred without a rest.
        let wanted = self.target_seconds?.checked_mul(SECOND / 100)?.checked_mul(i64::from(percent))?;
        self.gone_by(wanted, &self.schedule.calendar)
    }

    /// The instant at which so many business seconds were or, if nothing else
    /// happens to the ticket, will be used, whatever its target; none as for
    /// [`used_up`](Self::used_up).
    #[must_use]
    pub fn used_business(&self, seconds: i64) -> Option<Timestamp> {
        self.gone_by(seconds.checked_mul(SECOND)?, &self.schedule.calendar)
    }

    /// The same for seconds that it ran, day and night.
    #[must_use]
    pub fn used_elapsed(&self, seconds: i64) -> Option<Timestamp> {
        self.gone_by(seconds.checked_mul(SECOND)?, &Calendar::always())
    }

    /// How long it ran, day and night.
    #[must_use]
    pub fn elapsed(&self) -> SignedDuration {
        let running = self.stretches.iter().filter(|stretch| stretch.kind == StretchKind::Running);
        SignedDuration::from_micros(running.map(|stretch| stretch.to - stretch.from).sum())
    }

    /// Business seconds that it had used at an instant, rounded down.
    #[must_use]
    pub fn used_until(&self, at: Timestamp) -> Option<i64> {
        let at = crate::domain::calendar::micros(at);
        let running = self.stretches.iter().filter(|stretch| stretch.kind == StretchKind::Running);
        let used = running
            .filter(|stretch| stretch.from < at)
            .map(|stretch| self.schedule.calendar.elapsed_micros(stretch.from, stretch.to.min(at)));
        self.promised_seconds.map(|_| used.sum::<i64>() / SECOND)
    }

    /// Seconds that it had run at an instant, day and night, rounded down.
    #[must_use]
    pub fn elapsed_until(&self, at: Timestamp) -> i64 {
        let at = crate::domain::calendar::micros(at);
        let running = self.stretches.iter().filter(|stretch| stretch.kind == StretchKind::Running);
        let ran =
            running.filter(|stretch| stretch.from < at).map(|stretch| stretch.to.min(at) - stretch.from);
        ran.sum::<i64>() / SECOND
    }

    fn gone_by(&self, mut wanted: i64, calendar: &Calendar) -> Option<Timestamp> {
        for stretch in self.stretches.iter().filter(|stretch| stretch.kind == StretchKind::Running) {
            let used = calendar.elapsed_micros(stretch.from, stretch.to);
            if used >= wanted {
                return calendar.due_micros(stretch.from, wanted).map(timestamp);
            }
            wanted -= used;
        }
        let runs = self.stopped_at.is_none() && matches!(self.state, State::Running | State::Breached);
        let last = self.stretches.last();
        let from = last.map_or(self.started_at, |last| timestamp(last.to));
        // A clock that was looked at in the instant it started, or went on, has
        // no stretch of that yet.
        let counts = last.is_none_or(|last| last.kind == StretchKind::Running);
        let goes_on = runs && (counts || self.state == State::Running);
        let from = goes_on.then(|| crate::domain::calendar::micros(from))?;
        calendar.due_micros(from, wanted).map(timestamp)
    }
}
