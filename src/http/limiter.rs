//! How many requests an API key and a tenant may make. The counts are those of
//! this process: with n replicas a caller may get up to n times its quota.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header::{HeaderName, HeaderValue};
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in a window, at once or spread: a bucket that holds `quota`
/// tokens and is filled evenly within `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests per window.
    pub quota: NonZeroU32,
    /// The window; whole seconds, at least one.
    pub window: Duration,
}

/// The rates in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of one API key.
    pub key: Rate,
    /// Of one tenant, over all of its keys.
    pub tenant: Rate,
    /// How many keys and how many tenants are remembered at most; past it those
    /// that have used least are forgotten, which is in their favour.
    pub remembered: usize,
}

/// Where one caller stands with one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `key` or `tenant`.
    pub policy: &'static str,
    /// The rate.
    pub rate: Rate,
    /// Requests that may be made at once.
    pub remaining: u64,
    /// Until the whole quota is there again.
    pub full_in: Duration,
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Where the caller stands, this request counted if it was admitted.
    pub standings: [Standing; 2],
    /// `None` if admitted, else the time after which one more would be.
    pub wait: Option<Duration>,
}

impl Verdict {
    /// 429 unless admitted.
    ///
    /// # Errors
    /// `too_many_requests` with `Retry-After`.
    pub fn demand(&self) -> Result<(), Problem> {
        match self.wait {
            None => Ok(()),
            Some(wait) => Err(Problem::new(Kind::TooManyRequests, Kind::TooManyRequests.usual_detail())
                .with_retry_after(whole_seconds(wait))),
        }
    }

    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let policies = self.standings.iter().map(|standing| {
            let Rate { quota, window } = standing.rate;
            format!("\"{}\";q={quota};w={}", standing.policy, whole_seconds(window))
        });
        let limits = self.standings.iter().map(|standing| {
            let (remaining, seconds) = (standing.remaining, whole_seconds(standing.full_in));
            format!("\"{}\";r={remaining};t={seconds}", standing.policy)
        });
        let lists =
            [(RATE_LIMIT_POLICY, policies.collect::<Vec<_>>()), (RATE_LIMIT, limits.collect::<Vec<_>>())];
        lists
            .into_iter()
            .filter_map(|(name, list)| HeaderValue::try_from(list.join(", ")).ok().map(|value| (name, value)))
    }
}

/// Counts requests. Each bucket is one instant: the time at which it would be
/// full again (the generic cell rate algorithm), so that nothing needs a tick.
#[derive(Debug)]
pub struct Limiter {
    rates: Rates,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    keys: HashMap<Uuid, Instant>,
    tenants: HashMap<Uuid, Instant>,
}

impl Limiter {
    /// A limiter that remembers nobody yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self { rates, buckets: Mutex::default() }
    }

    /// Counts one request, unless one of the two rates is used up: then neither
    /// is charged.
    #[must_use]
    pub fn check(&self, key_id: Uuid, tenant_id: Uuid, now: Instant) -> Verdict {
        let mut buckets = self.lock();
        let key = Bucket::of(&buckets.keys, key_id, self.rates.key, now);
        let tenant = Bucket::of(&buckets.tenants, tenant_id, self.rates.tenant, now);
        let wait = key.wait().max(tenant.wait());
        let (key, tenant) = if wait.is_none() { (key.spend(), tenant.spend()) } else { (key, tenant) };
        if wait.is_none() {
            remember(&mut buckets.keys, key_id, now + key.used, now, self.rates.remembered);
            remember(&mut buckets.tenants, tenant_id, now + tenant.used, now, self.rates.remembered);
        }
        Verdict { standings: [key.standing("key"), tenant.standing("tenant")], wait }
    }

    /// How many keys and tenants are remembered.
    #[must_use]
    pub fn remembered(&self) -> (usize, usize) {
        let buckets = self.lock();
        (buckets.keys.len(), buckets.tenants.len())
    }

    /// The counts are whole after every statement, so a panic elsewhere while
    /// the lock was held leaves them usable.
    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One bucket at one instant; `used` is how much of the window is spent.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    rate: Rate,
    used: Duration,
}

impl Bucket {
    fn of(full_at: &HashMap<Uuid, Instant>, id: Uuid, rate: Rate, now: Instant) -> Self {
        let used = full_at.get(&id).map_or(Duration::ZERO, |full| full.saturating_duration_since(now));
        Self { rate, used }
    }

    /// The part of the window that one request costs.
    fn cost(&self) -> Duration {
        (self.rate.window / self.rate.quota.get()).max(Duration::from_nanos(1))
    }

    fn wait(&self) -> Option<Duration> {
        (self.used + self.cost()).checked_sub(self.rate.window).filter(|wait| !wait.is_zero())
    }

    fn spend(self) -> Self {
        Self { used: self.used + self.cost(), ..self }
    }

    fn standing(&self, policy: &'static str) -> Standing {
        let left = self.rate.window.saturating_sub(self.used).as_nanos() / self.cost().as_nanos();
        Standing {
            policy,
            rate: self.rate,
            remaining: u64::try_from(left).unwrap_or(u64::MAX),
            full_in: self.used,
        }
    }
}

/// Keeps the map within `most`: full buckets go first, then the half that is
/// nearest to full.
fn remember(map: &mut HashMap<Uuid, Instant>, id: Uuid, full_at: Instant, now: Instant, most: usize) {
    if map.len() >= most.max(1) && !map.contains_key(&id) {
        map.retain(|_, full| *full > now);
        if map.len() >= most.max(1) {
            let mut instants: Vec<Instant> = map.values().copied().collect();
            let middle = instants.len() / 2;
            let (_, median, _) = instants.select_nth_unstable(middle);
            let median = *median;
            map.retain(|_, full| *full > median);
        }
    }
    map.insert(id, full_at);
}

/// Rounded up, so that whoever waits that long has waited long enough.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
