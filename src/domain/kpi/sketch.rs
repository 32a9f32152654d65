//! Durations, summed up so that any number of them costs the same: exact in
//! their mean, within one per cent in their percentiles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::statistics::{Statistics, real};

/// Values below are told apart one by one.
const EXACT: i64 = 256;
/// Each doubling above is cut into so many parts, of less than 0.8 % each.
const PARTS: i64 = 128;

/// How often values of a bucket occurred, and what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Bucket {
    count: i64,
    sum: i64,
}

/// A distribution of values from 0 on. Two of them add up, and what was added
/// can be taken away again, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sketch {
    buckets: BTreeMap<i32, Bucket>,
}

impl Sketch {
    /// Adds a value `count` times, or takes it away where that is negative.
    /// Values below 0 are taken for 0.
    pub fn add(&mut self, value: i64, count: i64) {
        let value = value.max(0);
        let added = Bucket { count, sum: value.saturating_mul(count) };
        self.put(place(value), added);
    }

    /// Adds all that another one holds.
    pub fn merge(&mut self, other: &Self) {
        for (place, bucket) in &other.buckets {
            self.put(*place, *bucket);
        }
    }

    /// What takes it away again.
    #[must_use]
    pub fn negated(&self) -> Self {
        let negated = |bucket: &Bucket| Bucket { count: -bucket.count, sum: -bucket.sum };
        Self { buckets: self.buckets.iter().map(|(place, bucket)| (*place, negated(bucket))).collect() }
    }

    fn put(&mut self, place: i32, added: Bucket) {
        let bucket = self.buckets.entry(place).or_default();
        bucket.count += added.count;
        bucket.sum += added.sum;
        if *bucket == Bucket::default() {
            self.buckets.remove(&place);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn n(&self) -> u64 {
        u64::try_from(self.buckets.values().map(|bucket| bucket.count).sum::<i64>()).unwrap_or_default()
    }

    /// What they add up to.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.buckets.values().map(|bucket| bucket.sum).sum()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// The smallest value that at least `percent` of 100 do not exceed, by
    /// nearest rank: the mean of its bucket, so exact where the values in it are
    /// equal, and within one per cent always.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<i64> {
        let percent = u128::from(percent.clamp(1, 100));
        let rank = (u128::from(self.n()) * percent).div_ceil(100);
        let mut seen = 0;
        let found = self.buckets.values().find(|bucket| {
            seen += u128::try_from(bucket.count).unwrap_or_default();
            seen >= rank && bucket.count > 0
        })?;
        Some(found.sum / found.count)
    }

    /// The arithmetic mean, exact.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let n = self.n();
        (n > 0).then(|| real(i128::from(self.sum())) / real(i128::from(n)))
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

/// The bucket of a value that is not negative; greater values never have
/// smaller ones.
fn place(value: i64) -> i32 {
    let place = if value < EXACT {
        value
    } else {
        let doublings = i64::from(value.ilog2()) - i64::from(EXACT.ilog2());
        // 128 to 255: which part of its doubling.
        let part = value >> (doublings + 1);
        EXACT + doublings * PARTS + (part - PARTS)
    };
    i32::try_from(place).unwrap_or(i32::MAX)
}
