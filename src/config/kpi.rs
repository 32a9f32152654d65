//! What KPIs are compared with, and how they are looked after.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// The statistics that a first response time may be.
const STATISTICS: &[&str] = &["mean", "p50", "p90", "p95", "p99"];
/// A year.
const LONGEST_SECONDS: u64 = 366 * 86_400;

/// `[kpi]`.
#[derive(Debug, Clone)]
pub struct Kpi {
    /// How often persons would act on a ticket if all were done by hand.
    pub manual_touches: u32,
    /// Within how many seconds a first answer is wanted.
    pub first_response_target_seconds: i64,
    /// Which statistic of first responses is compared with that: one of `mean`,
    /// `p50`, `p90`, `p95`, `p99`.
    pub first_response_statistic: String,
    /// The share that first level should resolve by itself, 0 to 1.
    pub first_level_resolution_target: f64,
    /// The mean score that requesters should give, 1 to 5.
    pub satisfaction_target: f64,
    /// The share of the time services should be there, 0 to 1.
    pub uptime_target: f64,
    /// How long until all tenants are looked after again.
    pub upkeep: Duration,
}

impl Kpi {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let manual_touches = reader.number("kpi.manual_touches_per_ticket", 1..=1_000);
        let seconds = reader.number("kpi.first_response_target_seconds", 1..=LONGEST_SECONDS);
        let statistic = reader.name("kpi.first_response_statistic", STATISTICS);
        // A value must be able to be more than its target.
        let first_level = reader.fraction("kpi.first_level_resolution_target", (0.0, 1.0));
        let satisfaction = reader.fraction("kpi.satisfaction_target", (1.0, 5.0));
        let uptime = reader.fraction("kpi.uptime_target", (0.0, 1.0));
        let upkeep = reader.seconds("kpi.upkeep_seconds", 1..=86_400);
        Ok(Self {
            manual_touches: manual_touches?,
            first_response_target_seconds: seconds?,
            first_response_statistic: statistic?,
            first_level_resolution_target: first_level?,
            satisfaction_target: satisfaction?,
            uptime_target: uptime?,
            upkeep: upkeep?,
        })
    }
}
