//! When a mail that could not be sent is tried again.

use jiff::SignedDuration;

/// Minutes between one try and the next.
const MINUTES: [i64; 13] = [1, 5, 15, 30, 60, 120, 180, 240, 240, 240, 240, 240, 240];
/// A wait is longer by up to one part in this many, so that what failed
/// together does not come back together.
const SPREAD: i64 = 5;

/// How long to wait after the `attempts`-th failure in a row, from 1. `None`:
/// it has been tried for more than a day, and is not tried again. `jitter`: any
/// number, spread evenly.
#[must_use]
pub fn delay_after(attempts: u32, jitter: u8) -> Option<SignedDuration> {
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let seconds = MINUTES.get(place)? * 60;
    Some(SignedDuration::from_secs(seconds + seconds / SPREAD * i64::from(jitter) / 255))
}
