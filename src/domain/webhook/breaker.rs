//! Sparing an endpoint that keeps failing: past so many failures in a row only
//! the head is tried, now and then, until one attempt succeeds.

use jiff::Timestamp;

use super::{AttemptOutcome, Health};
use crate::domain::closed_list::closed_list;

closed_list! {
    /// Whether deliveries flow.
    BreakerState {
        /// They do.
        Closed = "closed",
        /// Only the head is tried, at the longest pause.
        Open = "open",
    }
}

impl Health {
    /// Whether deliveries flow to an endpoint of this health.
    #[must_use]
    pub const fn breaker(&self, failures: i32) -> BreakerState {
        if self.failures >= failures { BreakerState::Open } else { BreakerState::Closed }
    }

    /// The health after an attempt that ended at `now`.
    #[must_use]
    pub fn after(&self, outcome: AttemptOutcome, now: Timestamp) -> Self {
        if outcome == AttemptOutcome::Delivered {
            return Self::default();
        }
        Self {
            failures: self.failures.saturating_add(1),
            failing_since: Some(self.failing_since.unwrap_or(now)),
        }
    }
}
