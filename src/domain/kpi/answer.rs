//! From counted facts to answers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::definition::{Exclusion, FIRST_RESPONSE_SECONDS, Goal, Name};
use super::distribution::{Distribution, Statistics, share};

/// The number itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Whole seconds.
    Seconds(i64),
    /// A share, 0 to 1.
    Fraction(f64),
}

/// One KPI, answered. It serialises to what identifies the answer, for
/// fingerprints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Which.
    pub name: Name,
    /// The number; none where nothing was counted.
    pub value: Option<Value>,
    /// How many tickets it rests on.
    pub n: u64,
    /// How many were left out, by reason; each reason of the KPI is there.
    pub excluded: BTreeMap<Exclusion, u64>,
    /// More about durations.
    pub responses: Option<Responses>,
    /// Whether it may still change by reopenings; none where it cannot.
    pub provisional: Option<bool>,
}

/// What only the first response time has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Responses {
    /// The durations, summarised.
    pub statistics: Statistics,
    /// Answered in time ÷ (answered + overdue), 0 to 1; none of nothing.
    pub within_target: Option<f64>,
    /// Unanswered tickets whose time was used up in the window.
    pub open_overdue: u64,
}

impl Answer {
    /// Whether the goal is met; none without a goal or a value.
    #[must_use]
    pub fn met(&self) -> Option<bool> {
        match (self.value?, self.name.goal()?) {
            (Value::Seconds(seconds), Goal::BelowSeconds(bound)) => Some(seconds < bound),
            (Value::Fraction(fraction), Goal::AboveFraction(bound)) => Some(fraction > bound),
            (Value::Seconds(_), Goal::AboveFraction(_)) | (Value::Fraction(_), Goal::BelowSeconds(_)) => None,
        }
    }

    fn new(name: Name, value: Option<Value>, n: u64, excluded: &BTreeMap<Exclusion, u64>) -> Self {
        let excluded = name
            .exclusions()
            .iter()
            .map(|reason| (*reason, excluded.get(reason).copied().unwrap_or_default()))
            .collect();
        Self { name, value, n, excluded, responses: None, provisional: None }
    }
}

/// First responses: the durations of those counted, how many of them were
/// exactly in time though their whole seconds equal the target, how many are
/// overdue without an answer, and who was left out.
#[must_use]
pub fn responses(
    durations: &Distribution,
    just_in_time: u64,
    open_overdue: u64,
    excluded: &BTreeMap<Exclusion, u64>,
) -> Answer {
    let in_time = durations.below(FIRST_RESPONSE_SECONDS) + just_in_time;
    let statistics = durations.statistics();
    let within_target = share(in_time, durations.n() + open_overdue);
    let mut answer =
        Answer::new(Name::FirstResponseTime, statistics.p50.map(Value::Seconds), durations.n(), excluded);
    answer.responses = Some(Responses { statistics, within_target, open_overdue });
    answer
}

/// Tickets counted, those of them that count as good, and who was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// All that count.
    pub n: u64,
    /// The good ones.
    pub good: u64,
    /// Left out, by reason.
    pub excluded: BTreeMap<Exclusion, u64>,
}

/// The share that first level resolved by itself. `provisional`: tickets of
/// the window may still be reopened.
#[must_use]
pub fn first_level(tally: &Tally, provisional: bool) -> Answer {
    let mut answer = rate(Name::FirstLevelResolutionRate, tally);
    answer.provisional = Some(provisional);
    answer
}

/// The share of the tickets created that is resolved.
#[must_use]
pub fn resolved(tally: &Tally) -> Answer {
    rate(Name::ResolutionRate, tally)
}

fn rate(name: Name, tally: &Tally) -> Answer {
    let value = share(tally.good, tally.n).map(Value::Fraction);
    Answer::new(name, value, tally.n, &tally.excluded)
}
