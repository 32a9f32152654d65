//! The only place that knows the time, makes identifiers and draws randomness.
//! Everything else is handed what it needs, so that tests can move time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use rand::RngCore as _;
use uuid::{ContextV7, Uuid};

/// The clock of one process. A clone is another handle on the same clock.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    ids: Arc<Mutex<ContextV7>>,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

/// Why a clock did not move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The clock follows the system's time; nobody can set it.
    #[error("the clock follows the system's time and can't be set")]
    NotManual,
    /// The instant asked for lies before the one at which the clock stands.
    #[error("the clock stands at {now} and can't go back to {asked}")]
    Backwards {
        /// Where the clock stands.
        now: Timestamp,
        /// What was asked for, rounded down to microseconds.
        asked: Timestamp,
    },
}

impl Clock {
    /// A clock that follows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Source::System)
    }

    /// A clock that stands at `start` (rounded down to microseconds) until it is [`set`](Self::set).
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::of(Source::Manual(Arc::new(Mutex::new(floor_to_microseconds(start)))))
    }

    fn of(source: Source) -> Self {
        Self { source, ids: Arc::new(Mutex::new(ContextV7::new())) }
    }

    /// The present instant, rounded down to microseconds because Postgres keeps no more.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System => system_now(),
            Source::Manual(at) => *lock(at),
        }
    }

    /// Whether this clock is moved by hand.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        matches!(self.source, Source::Manual(_))
    }

    /// Moves a manual clock to `to` (rounded down to microseconds) and says where it stands now.
    /// The instant at which it stands already is allowed.
    ///
    /// Errors: [`ClockError::Backwards`] for an earlier instant, [`ClockError::NotManual`] for a
    /// system clock; both leave the clock as it was.
    pub fn set(&self, to: Timestamp) -> Result<Timestamp, ClockError> {
        let Source::Manual(at) = &self.source else { return Err(ClockError::NotManual) };
        let asked = floor_to_microseconds(to);
        let mut now = lock(at);
        if asked < *now {
            return Err(ClockError::Backwards { now: *now, asked });
        }
        *now = asked;
        Ok(asked)
    }

    /// A new UUIDv7 of this clock's present millisecond. Ids of one clock and its clones ascend
    /// strictly, also while the clock stands still or the system's time jumps back.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    pub fn new_id(&self) -> Uuid {
        let ids = lock(&self.ids);
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*ids, seconds, nanoseconds))
    }

    /// `N` bytes for keys and tokens from the thread's cryptographic generator, which the
    /// operating system seeds.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    pub fn random_bytes<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }

    /// Monotonic time, for time-outs, rate limits and measuring. No clock moved by hand changes it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads monotonic time")]
    pub fn monotonic() -> Instant {
        Instant::now()
    }
}

/// Identifiers that are the same for the same seed: for made-up pasts, which
/// can be made again.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    count: AtomicU64,
}

impl SeededIds {
    /// Those of this seed. Two of one tenant must not share one.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }

    /// The next `UUIDv7`, of the millisecond of an instant; those of one
    /// millisecond ascend.
    #[must_use]
    pub fn next(&self, at: Timestamp) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; 10];
        bytes[..4].copy_from_slice(&u32::try_from(count & 0x03ff_ffff).unwrap_or_default().to_be_bytes());
        bytes[4..].copy_from_slice(&mix(self.seed ^ count).to_be_bytes()[..6]);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// The finaliser of `SplitMix64`: every bit depends on every other.
const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
fn system_now() -> Timestamp {
    floor_to_microseconds(Timestamp::now())
}

/// Down, never up: an instant that has not come yet must not be recorded.
fn floor_to_microseconds(instant: Timestamp) -> Timestamp {
    let microseconds = instant.as_nanosecond().div_euclid(1_000);
    i64::try_from(microseconds)
        .ok()
        .and_then(|microseconds| Timestamp::from_microsecond(microseconds).ok())
        .unwrap_or(Timestamp::MIN)
}

/// The data behind these locks is whole after every statement, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
