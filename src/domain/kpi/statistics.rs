//! Many durations, and what is said of them.

use serde::Serialize;

use super::target::Statistic;

/// A summary of durations, in seconds; null where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// The median.
    pub p50: Option<i64>,
    /// Nine of ten are this or less.
    pub p90: Option<i64>,
    /// 95 of 100 are this or less.
    pub p95: Option<i64>,
    /// 99 of 100 are this or less.
    pub p99: Option<i64>,
}

impl Statistics {
    /// One of them, in whole seconds, rounded down; none where there are no durations.
    #[must_use]
    pub fn get(&self, statistic: Statistic) -> Option<i64> {
        match statistic {
            Statistic::Mean => self.mean.map(whole),
            Statistic::P50 => self.p50,
            Statistic::P90 => self.p90,
            Statistic::P95 => self.p95,
            Statistic::P99 => self.p99,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float saturates where it becomes an integer")]
const fn whole(seconds: f64) -> i64 {
    seconds.floor() as i64
}

/// What share `part` is of `whole`; none of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(i128::from(part)) / real(i128::from(whole)))
}

#[expect(clippy::cast_precision_loss, reason = "a quotient cannot show more digits than a double has")]
pub(super) const fn real(number: i128) -> f64 {
    number as f64
}
