//! A report as it is shown to programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::sections::{
    AlertsView, BacklogView, CategoryView, EscalatedView, IncidentsView, PolicyView, ServiceView,
};
use crate::domain::health::{Evidence, Measured, Reason, Recommendation, Report, Trend, basis, ripens};
use crate::domain::kpi::{Range, Value, Window};
use crate::domain::uptime::Every;
use crate::http::kpi::view::{KpiView, WindowView};

/// How services and the desk did in a window, and what is worth doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthReport)]
pub(super) struct ReportView {
    window: WindowView,
    /// The window before it, which trends are seen against.
    before: WindowView,
    /// The instant of the tenant's last event; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// `nothing_yet`; `unknown` where nothing was measured in the window; `healthy`,
    /// `at_risk` or `failing`.
    verdict: &'static str,
    /// Why it is not better, the weightiest first.
    reasons: Vec<ReasonView>,
    /// What rests on too little to count: too few tickets, or of uptime too small
    /// a share of the time.
    notes: Vec<String>,
    /// What is worth doing, the most urgent first: two at most, none where
    /// nothing is.
    recommendations: Vec<RecommendationView>,
    /// The KPIs by name, as `/v1/kpis` answers them, each with its trend.
    #[schema(value_type = BTreeMap<String, HealthKpiView>)]
    kpis: BTreeMap<&'static str, HealthKpiView>,
    /// How long the parts are that series are of.
    #[schema(inline)]
    interval: Every,
    /// Promises of the window by policy, those broken most first.
    sla: Vec<PolicyView>,
    /// What came in, by category, the most first.
    ticket_trends: Vec<CategoryView>,
    backlog: BacklogView,
    /// Hand-overs asked for in the window, by persona.
    escalations: Vec<EscalatedView>,
    /// Each service that is watched, or that tickets came in about.
    services: Vec<ServiceView>,
    incidents: IncidentsView,
    alerts: AlertsView,
}

/// Why a verdict is not better.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthReason)]
struct ReasonView {
    /// The rule that gave it.
    rule: &'static str,
    /// `serious` or `warning`.
    weight: &'static str,
    /// In words.
    text: String,
}

/// A KPI with what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthKpi)]
struct HealthKpiView {
    #[serde(flatten)]
    kpi: KpiView,
    /// Against the window before; null of what is of now.
    trend: Option<KpiTrendView>,
    /// The number in each part of the window, in order; empty of what is of now.
    series: Vec<PointView>,
}

/// A number against the window before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthKpiTrend)]
struct KpiTrendView {
    #[serde(flatten)]
    trend: TrendView,
    /// The number of the window before, as `basis` says; null where nothing was
    /// counted, or could not be counted in time.
    #[schema(value_type = Option<f64>)]
    before: Option<Value>,
    /// How many that rests on.
    before_n: u64,
    /// Whether the window is over for less than seven days, of what becomes of
    /// tickets: what was resolved in it may still be reopened. Later, too,
    /// `resolution_rate`, `time_to_resolution` and `automation` change when a ticket
    /// that came in in it is resolved. Never true of others, of which `satisfaction`
    /// may change for three days (`life.rating_changeable_seconds`).
    provisional: bool,
    /// How the two windows compare, in words.
    basis: &'static str,
}

/// Which way a number went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthTrend)]
pub(super) struct TrendView {
    /// `better`, `worse`, `steady`, `not_enough`; of counts `more` or `fewer`.
    direction: &'static str,
    /// By how much, in its own unit; null where one of them is nothing.
    change: Option<f64>,
}

impl From<Trend> for TrendView {
    fn from(Trend { direction, change }: Trend) -> Self {
        Self { direction: direction.as_str(), change }
    }
}

/// A number in a part of the window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthPoint)]
struct PointView {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The number; null where nothing was counted.
    #[schema(value_type = Option<f64>)]
    value: Option<Value>,
    /// How many it rests on.
    n: u64,
    /// Whether the part is over for less than seven days, of what becomes of
    /// tickets, as in `trend`. Younger points have had less time than older ones.
    provisional: bool,
}

/// Something worth doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthRecommendation)]
struct RecommendationView {
    /// The rule that made it.
    rule: &'static str,
    /// How urgent it is, 1 to 100.
    urgency: u8,
    /// What is wrong.
    finding: String,
    /// What to do about it.
    action: String,
    /// What it rests on.
    evidence: Vec<EvidenceView>,
}

/// A number that a recommendation rests on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthEvidence)]
struct EvidenceView {
    /// What it is.
    what: String,
    /// The number; null where nothing was counted.
    value: Option<f64>,
    /// `seconds`, `fraction`, `score` or `count`.
    unit: &'static str,
    /// How many it rests on; null: it is a count itself, or one duration.
    n: Option<u64>,
    /// Where it can be looked at, by what is there.
    #[schema(value_type = BTreeMap<String, String>)]
    links: BTreeMap<&'static str, String>,
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        let Evidence { what, value, scale, n, link } = evidence;
        let links = link.iter().map(|link| (link.title, link.href.clone())).collect();
        Self { what: what.clone(), value: *value, unit: scale.as_str(), n: *n, links }
    }
}

impl From<&Recommendation> for RecommendationView {
    fn from(one: &Recommendation) -> Self {
        Self {
            rule: one.rule.as_str(),
            urgency: one.urgency,
            finding: one.finding.clone(),
            action: one.action.clone(),
            evidence: one.evidence.iter().map(EvidenceView::from).collect(),
        }
    }
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        Self { rule: reason.rule, weight: reason.weight.as_str(), text: reason.text.clone() }
    }
}

impl HealthKpiView {
    fn of(measured: &Measured, report: &Report) -> Self {
        let material = &report.material;
        let name = measured.answer.name;
        let (zone, now) = (&material.window().zone, material.question.now);
        let may_change = |from: Timestamp, to: Timestamp| {
            ripens(name) && Window { from, to, zone: zone.clone() }.is_provisional(now)
        };
        let trend = measured.trend().zip(measured.before.as_ref()).map(|(trend, before)| KpiTrendView {
            trend: trend.into(),
            before: before.value,
            before_n: before.n,
            provisional: may_change(material.window().from, material.window().to),
            basis: basis(name, material.stood),
        });
        let parts: &[Range] = &material.parts;
        let series = parts.iter().zip(&measured.series).map(|((from, to), answer)| PointView {
            from: *from,
            to: *to,
            value: answer.value,
            n: answer.n,
            provisional: may_change(*from, *to),
        });
        Self {
            kpi: KpiView::of(&measured.answer, &material.question, material.as_of),
            trend,
            series: series.collect(),
        }
    }
}

impl ReportView {
    pub(super) fn of(report: &Report) -> Self {
        let material = &report.material;
        let kpi = |kpi: &Measured| (kpi.answer.name.as_str(), HealthKpiView::of(kpi, report));
        Self {
            window: WindowView::of(material.window()),
            before: WindowView::of(&material.before),
            as_of: material.as_of,
            verdict: report.verdict.as_str(),
            reasons: report.reasons.iter().map(ReasonView::from).collect(),
            notes: report.notes.clone(),
            recommendations: report.recommendations.iter().map(RecommendationView::from).collect(),
            kpis: material.kpis.iter().map(kpi).collect(),
            interval: material.every,
            sla: material.policies.iter().map(PolicyView::from).collect(),
            ticket_trends: CategoryView::all(material),
            backlog: BacklogView::of(material),
            escalations: material.escalations.iter().map(EscalatedView::from).collect(),
            services: ServiceView::all(material),
            incidents: IncidentsView::of(material),
            alerts: AlertsView::from(&material.alerts),
        }
    }
}
