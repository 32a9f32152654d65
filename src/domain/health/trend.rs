//! What became of a number since the window before. Small numbers say nothing:
//! what chance alone would do is no trend.

use crate::domain::closed_list::closed_list;
use crate::domain::kpi::{Answer, Detail, Name, Value};
use crate::domain::uptime::LEAST_COVERAGE;

closed_list! {
    /// Which way a number went.
    Direction {
        /// To the good.
        Better = "better",
        /// To the bad.
        Worse = "worse",
        /// There is more of what is neither good nor bad.
        More = "more",
        /// There is less of it.
        Fewer = "fewer",
        /// Nowhere, or no further than chance takes it.
        Steady = "steady",
        /// It rests on too little to say so.
        NotEnough = "not_enough",
    }
}

/// A number against the window before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Which way it went.
    pub direction: Direction,
    /// By how much, in its own unit; none where one of them is nothing.
    pub change: Option<f64>,
}

/// On how many tickets, answers or promises a number must rest to say anything.
pub const ENOUGH: u64 = 10;
/// The share of itself by which a duration must change.
const OF_DURATION: f64 = 0.2;
/// By how much a share must change, whatever it rests on.
const OF_SHARE: f64 = 0.03;
/// By how much a mean score must change.
const OF_SCORE: f64 = 0.2;
/// By how much uptime must change: seven minutes of a week are so much.
const OF_UPTIME: f64 = 0.000_7;
/// So many standard errors are seldom chance.
const ERRORS: f64 = 1.96;

/// The number as one that can be reckoned with.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "no number of tickets or seconds is that large")]
pub(super) const fn real(value: Value) -> f64 {
    match value {
        Value::Seconds(seconds) => seconds as f64,
        Value::Fraction(number) | Value::Score(number) => number,
        Value::Count(count) => count as f64,
    }
}

#[expect(clippy::cast_precision_loss, reason = "no number of tickets is that large")]
pub(super) const fn count(n: u64) -> f64 {
    n as f64
}

/// Whether less of it is good.
const fn falls_to_the_good(name: Name) -> bool {
    matches!(
        name,
        Name::FirstResponseTime
            | Name::TimeToResolution
            | Name::Backlog
            | Name::ReopenRate
            | Name::EscalationRate
    )
}

/// A number against the same of the window before.
#[must_use]
pub fn trend(now: &Answer, before: &Answer) -> Trend {
    let values = now.value.map(real).zip(before.value.map(real));
    let Some((value, old)) = values else { return Trend { direction: Direction::NotEnough, change: None } };
    let change = value - old;
    let known = |answer: &Answer| match &answer.detail {
        Detail::Uptime(uptime) => uptime.overall.coverage().is_some_and(|share| share >= LEAST_COVERAGE),
        _ => answer.n >= ENOUGH,
    };
    let direction = if !known(now) || !known(before) {
        Direction::NotEnough
    } else if change.abs() < notable(now, before, value, old) {
        Direction::Steady
    } else if (change < 0.0) == falls_to_the_good(now.name) {
        Direction::Better
    } else {
        Direction::Worse
    };
    Trend { direction, change: Some(change) }
}

/// How large a change must be to be one.
fn notable(now: &Answer, before: &Answer, value: f64, old: f64) -> f64 {
    match (now.name, now.value) {
        (Name::Uptime, _) => OF_UPTIME,
        (_, Some(Value::Score(_))) => OF_SCORE,
        (_, Some(Value::Fraction(_))) => {
            let (n, m) = (count(now.n), count(before.n));
            let all = value.mul_add(n, old * m) / (n + m);
            let error = (all * (1.0 - all) * (1.0 / n + 1.0 / m)).max(0.0).sqrt();
            (ERRORS * error).max(OF_SHARE)
        }
        // A change of nothing at all is none, also where both are zero.
        _ => (OF_DURATION * old).max(1.0),
    }
}

/// How many there are, against how many there were: neither good nor bad.
#[must_use]
pub fn change_of_count(now: u64, before: u64) -> Trend {
    let change = count(now) - count(before);
    let sum = count(now) + count(before);
    let direction = if now.saturating_add(before) < ENOUGH {
        Direction::NotEnough
    } else if change.abs() <= 2.0 * sum.sqrt() {
        Direction::Steady
    } else if change > 0.0 {
        Direction::More
    } else {
        Direction::Fewer
    };
    Trend { direction, change: Some(change) }
}
