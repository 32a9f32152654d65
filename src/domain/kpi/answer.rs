//! The answers: numbers with what they rest on.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attainment::Attainment;
use super::backlog::Backlog;
use super::definition::{Exclusion, Name};
use super::statistics::Statistics;
use super::target::{Goal, Statistic};
use crate::domain::uptime::Figures;

/// The number itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Whole seconds.
    Seconds(i64),
    /// A share, 0 to 1.
    Fraction(f64),
    /// A mean score, 1 to 5.
    Score(f64),
    /// How many.
    Count(u64),
}

/// One KPI, answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which.
    pub name: Name,
    /// What it should be; none where that was not decided.
    pub goal: Option<Goal>,
    /// The number; none where nothing was counted.
    pub value: Option<Value>,
    /// How many tickets, answers or promises it rests on.
    pub n: u64,
    /// How many were left out, by reason; each reason of the KPI is there.
    pub excluded: BTreeMap<Exclusion, u64>,
    /// Durations, summarised, where the number is one of them.
    pub statistics: Option<Statistics>,
    /// Whether it may still change by reopenings; none where it cannot.
    pub provisional: Option<bool>,
    /// What only this number has.
    pub detail: Detail,
}

/// What only one number has.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// Nothing.
    None,
    /// First responses.
    Responses(Responses),
    /// Last resolutions, where the first ones are the number.
    LastResolution(Statistics),
    /// What requesters said.
    Satisfaction(Satisfaction),
    /// Promises by metric and priority.
    Attainment(Attainment),
    /// What waits.
    Backlog(Backlog),
    /// What was done without a person.
    Automation(Automation),
    /// How long services were there.
    Uptime(Uptime),
}

/// How long services were there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// All together.
    pub overall: Figures,
    /// Each of them.
    pub services: BTreeMap<String, Figures>,
}

/// What only the first response time has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Responses {
    /// Answered in time ÷ (answered + overdue), 0 to 1; none of nothing.
    pub within_target: Option<f64>,
    /// How many were answered in time.
    pub in_time: u64,
    /// Unanswered tickets whose time was used up in the window.
    pub open_overdue: u64,
    /// Which statistic of the durations the value is.
    pub statistic: Statistic,
}

/// What only satisfaction has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Satisfaction {
    /// How often each score was given, from 1 to 5.
    pub distribution: [u64; 5],
    /// The share of 4 and 5, 0 to 1; none of nothing.
    pub positive: Option<f64>,
    /// How many were asked in the window.
    pub sent: u64,
    /// The share of those asked that have answered by now; none of nothing.
    pub response_rate: Option<f64>,
    /// In which the mean lies with a confidence of 95 %; none of fewer than two.
    pub interval: Option<(f64, f64)>,
}

/// What only automation has. Shares are of the tickets that came in, 0 to 1;
/// none of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Automation {
    /// Nobody had said what it is.
    pub triaged: Option<f64>,
    /// No person put it where it is.
    pub routed: Option<f64>,
    /// It ended without an answer of a person.
    pub answered: Option<f64>,
    /// It ended, and no person resolved it.
    pub resolved: Option<f64>,
    /// A person has classified it otherwise since.
    pub corrected: Option<f64>,
    /// How often persons acted on a ticket, on average.
    pub touches: Option<f64>,
    /// How many times as many tickets a person's act carries as by hand; none
    /// where no person acted.
    pub capacity: Option<f64>,
}

impl Answer {
    /// Whether the goal is met; none without a goal or a value.
    #[must_use]
    pub fn met(&self) -> Option<bool> {
        if let Detail::Uptime(uptime) = &self.detail {
            // Too little of the time was observed to say so.
            let Some(Goal::AboveFraction(bound)) = self.goal else { return None };
            return uptime.overall.met(bound);
        }
        match (self.value?, self.goal?) {
            (Value::Seconds(seconds), Goal::BelowSeconds(bound)) => Some(seconds < bound),
            (Value::Fraction(fraction), Goal::AboveFraction(bound)) => Some(fraction > bound),
            (Value::Score(score), Goal::AboveScore(bound)) => Some(score > bound),
            _ => None,
        }
    }

    pub(super) fn new(name: Name, value: Option<Value>, n: u64, excluded: &BTreeMap<Exclusion, u64>) -> Self {
        let excluded = name
            .exclusions()
            .iter()
            .map(|reason| (*reason, excluded.get(reason).copied().unwrap_or_default()))
            .collect();
        let (goal, statistics, provisional) = (None, None, None);
        Self { name, goal, value, n, excluded, statistics, provisional, detail: Detail::None }
    }
}
