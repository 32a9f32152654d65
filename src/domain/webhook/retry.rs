//! When a delivery that failed is tried again, and when it is given up.

use jiff::{SignedDuration, Timestamp};

use super::breaker::BreakerState;
use super::{Health, Patience};

/// The pauses after the first failures, in seconds; later ones are the longest.
const PAUSES: [i64; 8] = [5, 15, 60, 180, 300, 600, 900, 1_200];
/// The longest `Retry-After` that is honoured.
const MOST_ASKED: SignedDuration = SignedDuration::from_hours(1);

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The delivery is given up, and the next one goes on.
    pub gives_up: bool,
    /// When the endpoint is tried again.
    pub at: Timestamp,
}

/// What follows a failure at `now`, `health` counting it already. Another
/// attempt comes after a pause that grows, shortened by up to a quarter at random
/// (`jitter` over its whole range) so that endpoints that failed together don't
/// come back together; later if the receiver asked for that, never sooner.
///
/// A delivery is given up once it has waited, and its endpoint has failed, for
/// [`Patience::give_up`] without a break.
#[must_use]
pub fn after_failure(
    patience: &Patience,
    health: &Health,
    waiting_since: Timestamp,
    now: Timestamp,
    asked: Option<SignedDuration>,
    jitter: u32,
) -> Next {
    let since = health.failing_since.map_or(waiting_since, |failing| failing.max(waiting_since));
    let gives_up = now.duration_since(since) >= patience.give_up;
    let usual = shortened(pause(patience, health), jitter);
    let pause = asked.map_or(usual, |asked| usual.max(asked.min(MOST_ASKED)));
    Next { gives_up, at: now.checked_add(pause).unwrap_or(Timestamp::MAX) }
}

fn pause(patience: &Patience, health: &Health) -> SignedDuration {
    if health.breaker(patience.breaker_failures) == BreakerState::Open {
        return patience.longest_pause;
    }
    let failures = usize::try_from(health.failures).unwrap_or(usize::MAX);
    let seconds = PAUSES.get(failures.saturating_sub(1));
    seconds.map_or(patience.longest_pause, |seconds| {
        SignedDuration::from_secs(*seconds).min(patience.longest_pause)
    })
}

fn shortened(pause: SignedDuration, jitter: u32) -> SignedDuration {
    let milliseconds = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 4);
    let quarter = i128::from(milliseconds / 4) * i128::from(jitter) / i128::from(u32::MAX);
    SignedDuration::from_millis(milliseconds - i64::try_from(quarter).unwrap_or(0))
}

/// How long a `Retry-After` asks to wait: seconds, or an instant of HTTP.
#[must_use]
pub fn asked(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let text = header.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(at.duration_since(now).max(SignedDuration::ZERO))
}
