//! When a share of a promise is used up.

use jiff::Timestamp;

use super::{Clock, SECOND, State, StretchKind};
use crate::domain::calendar::timestamp;

impl Clock {
    /// The instant at which `percent` of the target is used up, in the past or,
    /// if nothing else happens to the ticket, in the future. None without a
    /// target, where it stopped or stands still before that, or beyond the
    /// year 9999.
    #[must_use]
    pub fn used_up(&self, percent: u32) -> Option<Timestamp> {
        // Seconds times a million divide by a hundred without a rest.
        let mut wanted = self.target_seconds?.checked_mul(SECOND / 100)?.checked_mul(i64::from(percent))?;
        let calendar = &self.schedule.calendar;
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
