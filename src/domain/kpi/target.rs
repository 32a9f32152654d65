//! What numbers should be, and what they are compared with: settings.

use serde::Serialize;

use super::definition::Name;
use crate::domain::closed_list::closed_list;

closed_list! {
    /// Which of several durations stands for all of them.
    Statistic {
        /// The arithmetic mean.
        Mean = "mean",
        /// The median.
        P50 = "p50",
        /// Nine of ten are this or less.
        P90 = "p90",
        /// 95 of 100 are this or less.
        P95 = "p95",
        /// 99 of 100 are this or less.
        P99 = "p99",
    }
}

/// What a number should be; the bound itself misses it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Goal {
    /// Less than so many seconds.
    BelowSeconds(i64),
    /// More than this share.
    AboveFraction(f64),
    /// More than this mean score.
    AboveScore(f64),
}

/// The targets in force.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Targets {
    /// Within how many seconds a first answer is wanted.
    pub first_response_seconds: i64,
    /// Which statistic of first responses is compared with that.
    pub first_response_statistic: Statistic,
    /// Which share first level should resolve by itself, 0 to 1.
    pub first_level_resolution: f64,
    /// Which mean score requesters should give, 1 to 5.
    pub satisfaction: f64,
    /// Which share of the time services should be there, 0 to 1.
    pub uptime: f64,
    /// How often persons would act on a ticket if all were done by hand.
    pub manual_touches: u32,
}

impl Targets {
    /// What a number should be, where that was decided.
    #[must_use]
    pub const fn goal(&self, name: Name) -> Option<Goal> {
        match name {
            Name::FirstResponseTime => Some(Goal::BelowSeconds(self.first_response_seconds)),
            Name::FirstLevelResolutionRate => Some(Goal::AboveFraction(self.first_level_resolution)),
            Name::Satisfaction => Some(Goal::AboveScore(self.satisfaction)),
            Name::Uptime => Some(Goal::AboveFraction(self.uptime)),
            Name::ResolutionRate
            | Name::TimeToResolution
            | Name::SlaAttainment
            | Name::Backlog
            | Name::ReopenRate
            | Name::EscalationRate
            | Name::Automation => None,
        }
    }
}
