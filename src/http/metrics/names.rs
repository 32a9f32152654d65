//! What monitoring is told about how well the desk does. Durations are in
//! business seconds, shares from 0 to 1; a number of nothing is absent.

use super::exposition::Metric;

pub(super) const UP: Metric = Metric::gauge(
    "support_kpi_up",
    "1 if the metrics named support_ and those of queues were read, 0 if they could not be and are left out.",
);
pub(super) const COMPUTED: Metric =
    Metric::gauge("support_kpi_computed_timestamp_seconds", "When the KPIs were computed, in Unix seconds.");
pub(super) const TENANTS_LEFT_OUT: Metric = Metric::gauge(
    "support_kpi_left_out_tenants",
    "Tenants whose KPIs are not shown, as there are more than metrics.kpi_tenants.",
);
pub(super) const TARGET: Metric = Metric::gauge(
    "support_kpi_target",
    "What a KPI should be, in its unit: seconds to stay below, or a share (0 to 1) or score (1 to 5) to exceed.",
);
pub(super) const MET: Metric = Metric::gauge(
    "support_kpi_met",
    "1 if a KPI reaches its target, 0 if not; absent where it cannot be said.",
);
pub(super) const OBSERVATIONS: Metric = Metric::gauge(
    "support_kpi_observations",
    "How many tickets, answers, promises or services a KPI rests on (its n).",
);
pub(super) const FIRST_RESPONSE: Metric = Metric::summary(
    "support_first_response_seconds",
    "Business seconds to the first answer of a person, of tickets first answered in the window.",
);
pub(super) const FIRST_RESPONSE_MEAN: Metric = Metric::gauge(
    "support_first_response_mean_seconds",
    "Mean business seconds to the first answer of a person, of tickets first answered in the window.",
);
pub(super) const WITHIN_TARGET: Metric = Metric::gauge(
    "support_first_response_within_target_ratio",
    "Tickets first answered within the target, of those answered in the window or overdue, 0 to 1.",
);
pub(super) const OVERDUE: Metric = Metric::gauge(
    "support_first_response_overdue_tickets",
    "Tickets still unanswered whose time for the first answer was used up in the window.",
);
pub(super) const FIRST_LEVEL: Metric = Metric::gauge(
    "support_first_level_resolution_ratio",
    "Tickets resolved by first level for good, of those first resolved in the window, 0 to 1.",
);
pub(super) const RESOLVED: Metric = Metric::gauge(
    "support_resolution_ratio",
    "Tickets that are resolved by now, of those created in the window, 0 to 1.",
);
pub(super) const RESOLUTION: Metric = Metric::summary(
    "support_resolution_seconds",
    "Business seconds to the first resolution, of tickets created in the window.",
);
pub(super) const RESOLUTION_MEAN: Metric = Metric::gauge(
    "support_resolution_mean_seconds",
    "Mean business seconds to the first resolution, of tickets created in the window.",
);
pub(super) const LAST_RESOLUTION: Metric = Metric::summary(
    "support_last_resolution_seconds",
    "Business seconds to the last resolution so far, of tickets created in the window.",
);
pub(super) const SATISFACTION: Metric =
    Metric::gauge("support_satisfaction_score", "Mean score of the answers given in the window, 1 to 5.");
pub(super) const RESPONSES: Metric =
    Metric::gauge("support_satisfaction_responses", "Answers of requesters given in the window.");
pub(super) const POSITIVE: Metric = Metric::gauge(
    "support_satisfaction_positive_ratio",
    "Answers of 4 and 5, of those given in the window, 0 to 1.",
);
pub(super) const SURVEYS: Metric =
    Metric::gauge("support_satisfaction_surveys", "Surveys sent in the window.");
pub(super) const RESPONSE_RATE: Metric = Metric::gauge(
    "support_satisfaction_response_ratio",
    "Surveys that are answered by now, of those sent in the window, 0 to 1.",
);
pub(super) const ATTAINMENT: Metric = Metric::gauge(
    "support_sla_attainment_ratio",
    "Promises kept, of those decided in the window, by what was promised and priority, 0 to 1.",
);
pub(super) const CLOCKS: Metric = Metric::gauge(
    "support_sla_clocks",
    "Promises decided in the window, by what was promised, priority and whether they were met or breached.",
);
pub(super) const UPTIME: Metric = Metric::gauge(
    "support_uptime_ratio",
    "Share of the observed time outside maintenance in which a service was there, 0 to 1.",
);
pub(super) const UPTIME_OVERALL: Metric = Metric::gauge(
    "support_uptime_overall_ratio",
    "Share of the observed time outside maintenance in which services were there, all together, 0 to 1.",
);
pub(super) const COVERAGE: Metric = Metric::gauge(
    "support_uptime_coverage_ratio",
    "Share of the window in which services were observed, 0 to 1.",
);
pub(super) const SERVICES_LEFT_OUT: Metric = Metric::gauge(
    "support_uptime_left_out_services",
    "Services whose uptime is not shown one by one, as there are too many.",
);
pub(super) const BACKLOG: Metric =
    Metric::gauge("support_backlog_tickets", "Tickets that wait to be resolved now, by priority and state.");
pub(super) const BACKLOG_AGE: Metric = Metric::gauge(
    "support_backlog_age_tickets",
    "Tickets that wait to be resolved now, by priority and time since they were created.",
);
pub(super) const REOPENED: Metric = Metric::gauge(
    "support_reopen_ratio",
    "Tickets that were reopened since, of those first resolved in the window, 0 to 1.",
);
pub(super) const ESCALATED: Metric = Metric::gauge(
    "support_escalation_ratio",
    "Tickets that were handed over by first level, of those first resolved in the window, 0 to 1.",
);
pub(super) const AUTOMATION: Metric = Metric::gauge(
    "support_automation_ratio",
    "Steps done without a person, of all steps of tickets created in the window, 0 to 1.",
);
pub(super) const STEPS: Metric = Metric::gauge(
    "support_automation_step_ratio",
    "Tickets of which a step was done without a person, of those created in the window, by step, 0 to 1.",
);
pub(super) const CORRECTED: Metric = Metric::gauge(
    "support_automation_corrected_ratio",
    "Tickets of which a person changed what automation had decided, of those created in the window, 0 to 1.",
);
pub(super) const TOUCHES: Metric = Metric::gauge(
    "support_automation_touches_per_ticket",
    "Acts of persons per ticket created in the window.",
);
pub(super) const CAPACITY: Metric = Metric::gauge(
    "support_automation_capacity_ratio",
    "How many times as many tickets an act of a person carries as it would by hand.",
);
pub(super) const TIMERS: Metric = Metric::gauge(
    "worker_oldest_timer_seconds",
    "For how many seconds the timer that waits for longest has been due; 0 if none is.",
);
pub(super) const FACTS: Metric = Metric::gauge(
    "worker_untold_facts",
    "Facts of tickets that webhooks, mails and the feed have not been told of yet, 100,000 at most.",
);

/// All of them, in the order in which they are shown.
pub(super) const ALL: &[&Metric] = &[
    &UP,
    &COMPUTED,
    &TENANTS_LEFT_OUT,
    &TARGET,
    &MET,
    &OBSERVATIONS,
    &FIRST_RESPONSE,
    &FIRST_RESPONSE_MEAN,
    &WITHIN_TARGET,
    &OVERDUE,
    &FIRST_LEVEL,
    &RESOLVED,
    &RESOLUTION,
    &RESOLUTION_MEAN,
    &LAST_RESOLUTION,
    &SATISFACTION,
    &RESPONSES,
    &POSITIVE,
    &SURVEYS,
    &RESPONSE_RATE,
    &ATTAINMENT,
    &CLOCKS,
    &UPTIME,
    &UPTIME_OVERALL,
    &COVERAGE,
    &SERVICES_LEFT_OUT,
    &BACKLOG,
    &BACKLOG_AGE,
    &REOPENED,
    &ESCALATED,
    &AUTOMATION,
    &STEPS,
    &CORRECTED,
    &TOUCHES,
    &CAPACITY,
    &TIMERS,
    &FACTS,
];
