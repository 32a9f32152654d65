//! What only one KPI has, as it is shown.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::view::StatisticsView;
use crate::domain::kpi::{Detail, Statistic};

/// Fields that only some KPIs have; the others leave them out.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = KpiDetail)]
pub(super) struct DetailView {
    /// Of `first_response_time`: the share answered in time of all that were
    /// answered or are overdue, 0 to 1; null where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    #[expect(clippy::option_option, reason = "absent of other KPIs, null where nothing was counted")]
    within_target: Option<Option<f64>>,
    /// Of `first_response_time`: unanswered tickets whose time was used up in
    /// the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_overdue: Option<u64>,
    /// Of `first_response_time`: which statistic of the durations the value is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    statistic: Option<Statistic>,
    /// Of `time_to_resolution`: the durations to the last resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<StatisticsView>,
    #[serde(flatten)]
    satisfaction: Option<SatisfactionView>,
    /// Of `sla_attainment`: by metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, KeptView>>)]
    metrics: Option<BTreeMap<&'static str, KeptView>>,
    /// Of `backlog`: tickets by state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    by_state: Option<BTreeMap<&'static str, u64>>,
    /// Of `backlog`: tickets by age.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    by_age: Option<BTreeMap<&'static str, u64>>,
    #[serde(flatten)]
    automation: Option<AutomationView>,
    #[serde(flatten)]
    uptime: Option<TimesView>,
}

/// What only `uptime` has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiUptime)]
struct TimesView {
    /// Which share of the window, as far as it has passed, was observed, 0 to 1;
    /// null without services. Below 0.95 `met` is null.
    coverage: Option<f64>,
    /// The value of each service; null where nothing of it was observed.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    services: BTreeMap<String, Option<f64>>,
}

/// What only `satisfaction` has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiSatisfaction)]
struct SatisfactionView {
    /// How many answers gave each score, `1` to `5`.
    #[schema(value_type = BTreeMap<String, u64>)]
    distribution: BTreeMap<&'static str, u64>,
    /// The share of 4 and 5, 0 to 1; null where nobody answered.
    positive: Option<f64>,
    /// Surveys sent in the window.
    sent: u64,
    /// The share of those that were answered by now, 0 to 1; null if none.
    response_rate: Option<f64>,
    /// From and to where the mean lies with a confidence of 95 %; null for
    /// fewer than two answers.
    #[schema(value_type = Option<Vec<f64>>)]
    confidence_interval: Option<[f64; 2]>,
}

/// Promises kept and broken, with what was left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiKept)]
pub(in crate::http) struct KeptView {
    /// The share that was kept, met / n, 0 to 1; null where nothing was decided.
    value: Option<f64>,
    /// Kept.
    met: u64,
    /// Broken.
    breached: u64,
    /// Decided, met + breached.
    n: u64,
    /// The same by priority, `P1` to `P4`; only of a metric.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Object>)]
    priorities: BTreeMap<&'static str, KeptView>,
}

/// What only `automation` has; shares are of the n tickets, 0 to 1, and null
/// where there are none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiAutomation)]
struct AutomationView {
    /// Nobody said its category, severity or impact when it came in.
    triaged: Option<f64>,
    /// No person assigned or escalated it.
    routed: Option<f64>,
    /// Ended without a public message of a person.
    answered: Option<f64>,
    /// It ended, and no person resolved it.
    resolved: Option<f64>,
    /// A person has classified it otherwise than it was since.
    corrected: Option<f64>,
    /// Acts of persons per ticket; what one does at one instant is one.
    touches_per_ticket: Option<f64>,
    /// Touches by hand, as configured, divided by touches; null without one.
    capacity_multiple: Option<f64>,
}

impl KeptView {
    pub(in crate::http) fn of(kept: crate::domain::kpi::Kept) -> Self {
        let (value, met, breached, n) = (kept.value(), kept.kept, kept.breached, kept.n());
        Self { value, met, breached, n, priorities: BTreeMap::new() }
    }
}

impl From<&Detail> for DetailView {
    fn from(detail: &Detail) -> Self {
        let mut view = Self::default();
        match detail {
            Detail::None => {}
            Detail::Responses(responses) => {
                view.within_target = Some(responses.within_target);
                view.open_overdue = Some(responses.open_overdue);
                view.statistic = Some(responses.statistic);
            }
            Detail::LastResolution(statistics) => view.last = Some((*statistics).into()),
            Detail::Satisfaction(said) => {
                let scores = ["1", "2", "3", "4", "5"];
                view.satisfaction = Some(SatisfactionView {
                    distribution: scores.into_iter().zip(said.distribution).collect(),
                    positive: said.positive,
                    sent: said.sent,
                    response_rate: said.response_rate,
                    confidence_interval: said.interval.map(|(low, high)| [low, high]),
                });
            }
            Detail::Attainment(attainment) => {
                let metrics = attainment.metrics.iter().map(|(metric, (sum, cells))| {
                    let cells = cells.iter().map(|(priority, kept)| (priority.as_str(), KeptView::of(*kept)));
                    (metric.as_str(), KeptView { priorities: cells.collect(), ..KeptView::of(*sum) })
                });
                view.metrics = Some(metrics.collect());
            }
            Detail::Backlog(backlog) => {
                view.by_state = Some(backlog.by_state.iter().map(|(key, n)| (key.as_str(), *n)).collect());
                view.by_age = Some(backlog.by_age.iter().map(|(key, n)| (key.as_str(), *n)).collect());
            }
            Detail::Uptime(uptime) => {
                let values = uptime.services.iter().map(|(name, figures)| (name.clone(), figures.value()));
                view.uptime =
                    Some(TimesView { coverage: uptime.overall.coverage(), services: values.collect() });
            }
            Detail::Automation(automation) => {
                view.automation = Some(AutomationView {
                    triaged: automation.triaged,
                    routed: automation.routed,
                    answered: automation.answered,
                    resolved: automation.resolved,
                    corrected: automation.corrected,
                    touches_per_ticket: automation.touches,
                    capacity_multiple: automation.capacity,
                });
            }
        }
        view
    }
}
