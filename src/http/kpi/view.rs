//! KPIs as they are shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::detail::DetailView;
use super::link::LinksView;
use super::series::PointView;
use crate::domain::kpi::{Answer, Goal, Part, Question, Statistics, Unit, Value, Window};
use crate::flow::kpi::Kpis;

/// All KPIs of a window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Kpis)]
pub(super) struct KpisView {
    window: WindowView,
    /// The instant of the last thing that they rest on: of the tenant's last
    /// event, or of what was said or seen of services; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// The KPIs by name.
    #[schema(value_type = BTreeMap<String, KpiView>)]
    kpis: BTreeMap<&'static str, KpiView>,
    /// The same by groups of tickets, where `group_by` asks for them: those
    /// that hold anything. A ticket is in one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupView>>,
    /// The parts of the window by KPI, in order, where `interval` asks for them;
    /// backlog, which is of now, is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Vec<PointView>>>)]
    pub(super) series: Option<BTreeMap<&'static str, Vec<PointView>>>,
}

/// The KPIs of a group of tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiGroup)]
pub(super) struct GroupView {
    /// What its tickets have in common, by dimension.
    #[schema(value_type = BTreeMap<String, String>)]
    by: BTreeMap<&'static str, String>,
    /// The KPIs by name.
    #[schema(value_type = BTreeMap<String, KpiView>)]
    kpis: BTreeMap<&'static str, KpiView>,
}

impl KpisView {
    pub(super) fn of(question: &Question, kpis: &Kpis) -> Self {
        Self {
            window: WindowView::of(&question.window),
            as_of: kpis.state.version.as_of,
            kpis: views(question, &kpis.answers, kpis.state.version.as_of),
            groups: groups(question, kpis),
            series: None,
        }
    }
}

fn views(
    question: &Question,
    answers: &[Answer],
    as_of: Option<Timestamp>,
) -> BTreeMap<&'static str, KpiView> {
    answers.iter().map(|answer| (answer.name.as_str(), KpiView::of(answer, question, as_of))).collect()
}

pub(super) fn groups(question: &Question, kpis: &Kpis) -> Option<Vec<GroupView>> {
    let group = |(part, answers): &(Part, Vec<Answer>)| GroupView {
        by: words(part),
        kpis: views(&narrowed(question, part), answers, kpis.state.version.as_of),
    };
    (!question.group_by.is_empty()).then(|| kpis.groups.iter().map(group).collect())
}

pub(super) fn words(part: &Part) -> BTreeMap<&'static str, String> {
    let Part { priority, category, team, channel, ticket_type } = part;
    let words = [
        ("priority", priority.map(|word| word.to_string())),
        ("category", category.map(|word| word.to_string())),
        ("team", team.clone()),
        ("channel", channel.map(|word| word.to_string())),
        ("type", ticket_type.map(|word| word.to_string())),
    ];
    words.into_iter().filter_map(|(name, word)| Some((name, word?))).collect()
}

/// The question as it would be asked about one group alone.
fn narrowed(question: &Question, part: &Part) -> Question {
    let mut narrowed = question.clone();
    let filter = &mut narrowed.filter;
    filter.priority = part.priority.map_or_else(|| filter.priority.clone(), |word| vec![word]);
    filter.category = part.category.map_or_else(|| filter.category.clone(), |word| vec![word]);
    filter.team = part.team.clone().map_or_else(|| filter.team.clone(), |word| vec![word]);
    filter.channel = part.channel.map_or_else(|| filter.channel.clone(), |word| vec![word]);
    filter.ticket_type = part.ticket_type.map_or_else(|| filter.ticket_type.clone(), |word| vec![word]);
    narrowed
}

/// A window: from its beginning to before its end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiWindow)]
pub(in crate::http) struct WindowView {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// IANA time zone in which dates were read.
    tz: String,
}

impl WindowView {
    pub(in crate::http) fn of(window: &Window) -> Self {
        Self { from: window.from, to: window.to, tz: window.zone.name().to_owned() }
    }
}

/// One KPI.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Kpi)]
pub(in crate::http) struct KpiView {
    /// What the number is, in words.
    definition: &'static str,
    /// The number; null where nothing was counted.
    #[schema(value_type = Option<f64>)]
    value: Option<Value>,
    /// What it counts in: `seconds`, `fraction` (0 to 1), `score` (1 to 5) or
    /// `tickets`.
    unit: Unit,
    /// What it should be; null where that was not decided.
    #[schema(value_type = Option<f64>)]
    target: Option<Value>,
    /// Whether it is; null without a target or a value.
    met: Option<bool>,
    /// How many tickets the number rests on.
    n: u64,
    /// How many tickets were left out, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    excluded: BTreeMap<&'static str, u64>,
    window: WindowView,
    /// IANA time zone in which dates were read.
    tz: String,
    /// The instant of the last thing that the answer rests on: of the tenant's
    /// last event, or, with uptime in it, of what was said or seen of services;
    /// null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Whether reopenings may still change it; only where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisional: Option<bool>,
    /// The durations, summarised; only where the number is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<StatisticsView>,
    /// What only this KPI has.
    #[serde(flatten)]
    detail: DetailView,
    links: LinksView,
}

/// One KPI, and the same of groups of tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneKpi)]
pub(super) struct OneKpiView {
    #[serde(flatten)]
    pub(super) kpi: KpiView,
    /// The groups that hold anything, where `group_by` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<GroupView>>,
    /// The parts of the window, in order, where `interval` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<Vec<PointView>>,
}

impl KpiView {
    pub(in crate::http) fn of(answer: &Answer, question: &Question, as_of: Option<Timestamp>) -> Self {
        Self {
            definition: answer.name.definition(),
            value: answer.value,
            unit: answer.name.unit(),
            target: answer.goal.map(bound),
            met: answer.met(),
            n: answer.n,
            excluded: answer.excluded.iter().map(|(reason, n)| (reason.as_str(), *n)).collect(),
            window: WindowView::of(&question.window),
            tz: question.window.zone.name().to_owned(),
            as_of,
            provisional: answer.provisional,
            stats: answer.statistics.map(StatisticsView::from),
            detail: DetailView::from(&answer.detail),
            links: LinksView::of(answer.name, question),
        }
    }
}

const fn bound(goal: Goal) -> Value {
    match goal {
        Goal::BelowSeconds(seconds) => Value::Seconds(seconds),
        Goal::AboveFraction(fraction) => Value::Fraction(fraction),
        Goal::AboveScore(score) => Value::Score(score),
    }
}

/// Durations in seconds, summarised; percentiles by nearest rank. All null
/// where there are none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiStatistics)]
pub(super) struct StatisticsView {
    /// Arithmetic mean.
    #[serde(serialize_with = "whole_where_possible")]
    mean: Option<f64>,
    /// Median.
    p50: Option<i64>,
    /// 90 of 100 are this or less.
    p90: Option<i64>,
    /// 95 of 100 are this or less.
    p95: Option<i64>,
    /// 99 of 100 are this or less.
    p99: Option<i64>,
}

impl From<Statistics> for StatisticsView {
    fn from(statistics: Statistics) -> Self {
        let Statistics { mean, p50, p90, p95, p99 } = statistics;
        Self { mean, p50, p90, p95, p99 }
    }
}

/// Seconds are integers; a mean between two of them keeps its fraction.
#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn whole_where_possible<S: Serializer>(mean: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(mean) = mean else { return serializer.serialize_none() };
    match format!("{mean}").parse::<i64>() {
        Ok(whole) => serializer.serialize_i64(whole),
        Err(_) => serializer.serialize_f64(*mean),
    }
}
