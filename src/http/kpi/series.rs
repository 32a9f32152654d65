//! A KPI over time as it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::detail::DetailView;
use super::view::{StatisticsView, WindowView};
use crate::domain::kpi::{Answer, Question, Range, Unit, Value};
use crate::domain::uptime::Every;

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
    /// The instant of the tenant's last event; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
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
    /// The durations, summarised; only where the number is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<StatisticsView>,
    /// What only this KPI has.
    #[serde(flatten)]
    detail: DetailView,
}

impl SeriesView {
    pub(super) fn of(
        question: &Question,
        every: Every,
        ranges: &[Range],
        answers: &[Answer],
        as_of: Option<Timestamp>,
    ) -> Self {
        Self {
            definition: question.names.first().map(|name| name.definition()),
            unit: question.names.first().map(|name| name.unit()),
            window: WindowView::of(&question.window),
            interval: every,
            as_of,
            points: ranges.iter().zip(answers).map(|(range, answer)| PointView::of(*range, answer)).collect(),
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
            stats: answer.statistics.map(StatisticsView::from),
            detail: DetailView::from(&answer.detail),
        }
    }
}

/// Several numbers over time, by name: of each range one answer for each name.
pub(super) fn by_name(
    question: &Question,
    ranges: &[Range],
    answers: &[Answer],
) -> BTreeMap<&'static str, Vec<PointView>> {
    let mut series: BTreeMap<&'static str, Vec<PointView>> = BTreeMap::new();
    for (range, answers) in ranges.iter().zip(answers.chunks(question.names.len().max(1))) {
        for answer in answers {
            series.entry(answer.name.as_str()).or_default().push(PointView::of(*range, answer));
        }
    }
    series
}
