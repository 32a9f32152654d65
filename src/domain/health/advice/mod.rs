//! What is worth doing: one rule for each kind of trouble. Each says how urgent
//! it is, and rests on numbers that are told with it. The two most urgent are
//! kept; where no rule finds anything there is none.

mod desk;
mod load;
mod service;

use super::evidence::Evidence;
use super::material::Material;
use crate::domain::closed_list::closed_list;

/// So many recommendations a report holds at most.
pub const MOST_RECOMMENDATIONS: usize = 2;

closed_list! {
    /// Which rule made a recommendation, in the order that decides between
    /// equals.
    Rule {
        /// A service misses its uptime.
        UnreliableService = "unreliable_service",
        /// First answers come late.
        SlowFirstResponse = "slow_first_response",
        /// Promises are broken.
        BrokenPromises = "broken_promises",
        /// First level hands over too much, or resolves it not for good.
        LowFirstLevel = "low_first_level",
        /// Requesters are not satisfied.
        LowSatisfaction = "low_satisfaction",
        /// Too much of what waits is late.
        LateBacklog = "late_backlog",
        /// More comes in of one kind than before.
        GrowingDemand = "growing_demand",
        /// Alerts come and go.
        FlappingAlerts = "flapping_alerts",
        /// Much of what comes in asks how something is done.
        TrainingNeed = "training_need",
    }
}

/// Something worth doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// The rule that made it.
    pub rule: Rule,
    /// How urgent it is, 1 to 100.
    pub urgency: u8,
    /// What is wrong, in a line.
    pub finding: String,
    /// What to do about it.
    pub action: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// The most urgent recommendations.
pub(super) fn recommend(material: &Material) -> Vec<Recommendation> {
    let slow = desk::slow_first_response(material);
    let promises = desk::broken_promises(material, slow.is_some());
    let found = [
        service::unreliable(material),
        slow,
        promises,
        desk::low_first_level(material),
        desk::low_satisfaction(material),
        load::late_backlog(material),
        load::growing_demand(material),
        service::flapping(material),
        load::training_need(material),
    ];
    let mut found: Vec<Recommendation> = found.into_iter().flatten().collect();
    found.sort_by_key(|one| (std::cmp::Reverse(one.urgency), one.rule));
    found.truncate(MOST_RECOMMENDATIONS);
    found
}

/// How urgent something is: `least` where it is as bad as a rule asks, 25 more
/// where it could not be worse.
fn urgency(least: u8, badness: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 25")]
    let more = (badness.clamp(0.0, 1.0) * 25.0).round() as u8;
    least.saturating_add(more).min(100)
}
