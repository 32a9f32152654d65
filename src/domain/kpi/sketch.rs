//! Durations, summed up so that any number of them costs the same: exact in
//! their mean, within one per cent in their percentiles.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::statistics::{Statistics, real};

/// Values below are told apart one by one.
const EXACT: i64 = 256;
/// Each doubling above is cut into so many parts, of less than 0.8 % each.
const PARTS: i64 = 128;

/// How often values of one place occurred, and what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bucket {
    place: u32,
    count: i64,
    sum: i64,
}

impl Bucket {
    const fn is_empty(self) -> bool {
        self.count == 0 && self.sum == 0
    }
}

/// A distribution of values from 0 on. Two of them add up, and what was added
/// can be taken away again, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    /// By place, without empty ones.
    buckets: Vec<Bucket>,
}

impl Sketch {
    /// Adds a value `count` times, or takes it away where that is negative.
    /// Values below 0 are taken for 0.
    pub fn add(&mut self, value: i64, count: i64) {
        let value = value.max(0);
        self.take(&[Bucket { place: place(value), count, sum: value.saturating_mul(count) }]);
    }

    /// Adds all that another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.take(&other.buckets);
    }

    /// Adds buckets, which are in order. Where many sketches are merged the
    /// places are nearly always known: then nothing moves.
    fn take(&mut self, added: &[Bucket]) {
        let (mut unknown, mut empties, mut from) = (Vec::new(), false, 0);
        for bucket in added {
            from += place_in(&self.buckets[from..], bucket.place);
            match self.buckets.get_mut(from).filter(|known| known.place == bucket.place) {
                Some(known) => {
                    known.count += bucket.count;
                    known.sum += bucket.sum;
                    empties |= known.is_empty();
                }
                None => unknown.push(*bucket),
            }
        }
        unknown.retain(|bucket| !bucket.is_empty());
        if empties {
            self.buckets.retain(|bucket| !bucket.is_empty());
        }
        if !unknown.is_empty() {
            let in_order = self.buckets.last().is_none_or(|last| last.place < unknown[0].place);
            self.buckets.append(&mut unknown);
            if !in_order {
                // Two runs that are in order: this sort merges them.
                self.buckets.sort_by_key(|bucket| bucket.place);
            }
        }
    }

    /// What takes it away again.
    #[must_use]
    pub fn negated(&self) -> Self {
        let negated = |bucket: &Bucket| Bucket { count: -bucket.count, sum: -bucket.sum, ..*bucket };
        Self { buckets: self.buckets.iter().map(negated).collect() }
    }

    /// How many there are.
    #[must_use]
    pub fn n(&self) -> u64 {
        u64::try_from(self.buckets.iter().map(|bucket| bucket.count).sum::<i64>()).unwrap_or_default()
    }

    /// What they add up to.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.buckets.iter().map(|bucket| bucket.sum).sum()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
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
        let found = self.buckets.iter().find(|bucket| {
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

/// Small numbers are short: each place is kept as its distance from the one
/// before, and each sum as what it exceeds the least that it could be.
impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        serializer.collect_seq(self.buckets.iter().map(|bucket| {
            let distance = bucket.place - last;
            last = bucket.place;
            (distance, bucket.count, bucket.sum - bucket.count.saturating_mul(floor(bucket.place)))
        }))
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut last = 0_u32;
        let steps: Vec<(u32, i64, i64)> = Vec::deserialize(deserializer)?;
        let buckets = steps.into_iter().map(|(distance, count, rest)| {
            last = last.saturating_add(distance);
            Bucket { place: last, count, sum: rest.saturating_add(count.saturating_mul(floor(last))) }
        });
        Ok(Self { buckets: buckets.collect() })
    }
}

/// Where among buckets in order a place is, or would be: near the beginning
/// where they are merged one after the other.
fn place_in(buckets: &[Bucket], place: u32) -> usize {
    let mut reach = 1;
    while buckets.get(reach).is_some_and(|bucket| bucket.place < place) {
        reach *= 2;
    }
    let (from, to) = (reach / 2, buckets.len().min(reach + 1));
    from + buckets[from..to].partition_point(|bucket| bucket.place < place)
}

/// The bucket of a value that is not negative; greater values never have
/// smaller ones.
fn place(value: i64) -> u32 {
    let place = if value < EXACT {
        value
    } else {
        let doublings = i64::from(value.ilog2()) - i64::from(EXACT.ilog2());
        // 128 to 255: which part of its doubling.
        let part = value >> (doublings + 1);
        EXACT + doublings * PARTS + (part - PARTS)
    };
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The smallest value of a place.
fn floor(place: u32) -> i64 {
    let place = i64::from(place);
    if place < EXACT {
        return place;
    }
    let (doublings, part) = ((place - EXACT) / PARTS, (place - EXACT) % PARTS);
    (PARTS + part).checked_shl(u32::try_from(doublings + 1).unwrap_or(u32::MAX)).unwrap_or(i64::MAX)
}
