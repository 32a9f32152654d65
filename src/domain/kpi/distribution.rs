//! Many durations, and what is said of them.

use std::collections::BTreeMap;

use serde::Serialize;

/// How often each duration occurred, in whole seconds. Two distributions add
/// up to that of all their tickets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Distribution {
    counts: BTreeMap<i64, u64>,
    n: u64,
}

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

impl Distribution {
    /// Adds `count` durations of `seconds`.
    pub fn add(&mut self, seconds: i64, count: u64) {
        if count > 0 {
            *self.counts.entry(seconds).or_default() += count;
            self.n += count;
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// How many are shorter than `seconds`.
    #[must_use]
    pub fn below(&self, seconds: i64) -> u64 {
        self.counts.range(..seconds).map(|(_, count)| count).sum()
    }

    /// The smallest value that at least `percent` of 100 do not exceed: the
    /// nearest rank, exact. `percent` is taken to lie from 1 to 100.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<i64> {
        let percent = u128::from(percent.clamp(1, 100));
        let rank = (u128::from(self.n) * percent).div_ceil(100);
        let mut seen = 0;
        self.counts
            .iter()
            .find(|(_, count)| {
                seen += u128::from(**count);
                seen >= rank
            })
            .map(|(seconds, _)| *seconds)
    }

    /// The arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let sum: i128 =
            self.counts.iter().map(|(seconds, count)| i128::from(*seconds) * i128::from(*count)).sum();
        (self.n > 0).then(|| real(sum) / real(i128::from(self.n)))
    }

    /// The summary that KPIs give.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            mean: self.mean(),
            p50: self.percentile(50),
            p90: self.percentile(90),
            p95: self.percentile(95),
            p99: self.percentile(99),
        }
    }
}

impl FromIterator<(i64, u64)> for Distribution {
    fn from_iter<I: IntoIterator<Item = (i64, u64)>>(counts: I) -> Self {
        let mut distribution = Self::default();
        for (seconds, count) in counts {
            distribution.add(seconds, count);
        }
        distribution
    }
}

/// What share `part` is of `whole`; none of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(i128::from(part)) / real(i128::from(whole)))
}

#[expect(clippy::cast_precision_loss, reason = "a quotient cannot show more digits than a double has")]
const fn real(number: i128) -> f64 {
    number as f64
}
