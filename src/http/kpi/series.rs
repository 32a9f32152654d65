//! A KPI over time as it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::detail::DetailView;
use super::view::{StatisticsView, WindowView, words};
use crate::domain::kpi::{Answer, Part, Question, Range, Unit, Value};
use crate::domain::uptime::Every;
use crate::flow::kpi::{Parts, Series};

/// One KPI over time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiSeries)]
pub(super) struct SeriesView {
    /// What the number is, in words.
    definition: Option<&'static str>,
    /// What it counts in.
    unit: Option<Unit>,
    window: WindowView,
    /// How long the parts are.
    #[schema(inline)]
    interval: Every,
    /// The instant of the last thing that they rest on: of the tenant's last
    /// event, or, of uptime, of what was said or seen of services; null if there
    /// is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// The parts of the window, in order.
    points: Vec<PointView>,
    /// The same by groups of tickets, where `group_by` asks for them: those that
    /// hold anything. A ticket is in one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupSeriesView>>,
}

/// The KPI of a group of tickets over time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiGroupSeries)]
struct GroupSeriesView {
    /// What its tickets have in common, by dimension.
    #[schema(value_type = BTreeMap<String, String>)]
    by: BTreeMap<&'static str, String>,
    /// The parts of the window, in order.
    points: Vec<PointView>,
}

/// The KPI in one part of the window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiPoint)]
pub(super) struct PointView {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The number; null where nothing was counted.
    #[schema(value_type = Option<f64>)]
    value: Option<Value>,
    /// Whether the target is met; null without a target or a value.
    met: Option<bool>,
    /// How many the number rests on.
    n: u64,
    /// How many were left out, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    excluded: BTreeMap<&'static str, u64>,
    /// Whether reopenings may still change it; only where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisional: Option<bool>,
    /// The durations, summarised; only where the number is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<StatisticsView>,
    /// What only this KPI has.
    #[serde(flatten)]
    detail: DetailView,
}

impl SeriesView {
    pub(super) fn of(question: &Question, parts: &Parts, series: &Series) -> Self {
        let group = |(part, answers): &(Part, Vec<Answer>)| GroupSeriesView {
            by: words(part),
            points: points(&parts.ranges, answers),
        };
        Self {
            definition: question.names.first().map(|name| name.definition()),
            unit: question.names.first().map(|name| name.unit()),
            window: WindowView::of(&question.window),
            interval: parts.every,
            as_of: series.state.version.as_of,
            points: points(&parts.ranges, &series.answers),
            groups: (!question.group_by.is_empty()).then(|| series.groups.iter().map(group).collect()),
        }
    }
}

impl PointView {
    fn of((from, to): Range, answer: &Answer) -> Self {
        Self {
            from,
            to,
            value: answer.value,
            met: answer.met(),
            n: answer.n,
            excluded: answer.excluded.iter().map(|(reason, n)| (reason.as_str(), *n)).collect(),
            provisional: answer.provisional,
            stats: answer.statistics.map(StatisticsView::from),
            detail: DetailView::from(&answer.detail),
        }
    }
}

/// One number over time: of each range one answer.
pub(super) fn points(ranges: &[Range], answers: &[Answer]) -> Vec<PointView> {
    ranges.iter().zip(answers).map(|(range, answer)| PointView::of(*range, answer)).collect()
}

/// Several numbers over time, by name: of each range as many answers, one after
/// the other.
pub(super) fn by_name(ranges: &[Range], answers: &[Answer]) -> BTreeMap<&'static str, Vec<PointView>> {
    let mut series: BTreeMap<&'static str, Vec<PointView>> = BTreeMap::new();
    let names = answers.len() / ranges.len().max(1);
    for (range, answers) in ranges.iter().zip(answers.chunks(names.max(1))) {
        for answer in answers {
            series.entry(answer.name.as_str()).or_default().push(PointView::of(*range, answer));
        }
    }
    series
}
