//! How many promises were kept.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::kpi::{ATTAINMENT, Attainment, Bounds, Filter, Kept, Unit};
use crate::domain::sla::Metric;
use crate::domain::vocabulary::Priority;
use crate::flow::Desk;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadKpis;
use crate::http::extract::{FromQuery, IfNoneMatch, Parameters, Permit, Query};
use crate::http::kpi::parameters::{FilterParameters, WindowParameters, bounds, filter, window};
use crate::http::kpi::view::WindowView;
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// The operation.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get_attainment))
}

/// Which promises are asked about.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Asked::from_query` takes")]
struct MetricQuery {
    /// Only promises of these metrics; the others are shown with n = 0.
    #[param(inline, explode = false)]
    metric: Option<Vec<Metric>>,
}

/// What is asked, before it is known when.
struct Asked {
    bounds: Bounds,
    metric: Vec<Metric>,
    filter: Filter,
}

impl FromQuery for Asked {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let metric = parameters.choices("metric").or_default();
        Some(Self { bounds: bounds(parameters), metric, filter: filter(parameters) })
    }
}

/// How many promises were kept in a window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaAttainment)]
struct AttainmentView {
    /// What the numbers are, in words.
    definition: &'static str,
    /// What the values count in: `fraction`, 0 to 1.
    unit: Unit,
    window: WindowView,
    /// The instant of the tenant's last event; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Over all metrics and priorities.
    overall: KeptView,
    /// By metric.
    #[schema(value_type = BTreeMap<String, MetricView>)]
    metrics: BTreeMap<&'static str, MetricView>,
    /// How many clocks were left out, by reason: `merged`, `spam`, `cancelled`.
    #[schema(value_type = BTreeMap<String, u64>)]
    excluded: BTreeMap<&'static str, u64>,
}

/// Promises kept and broken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaKept)]
struct KeptView {
    /// The share that was kept, met / n; null where nothing was decided.
    value: Option<f64>,
    /// Kept.
    met: u64,
    /// Broken.
    breached: u64,
    /// How many clocks were decided, met + breached.
    n: u64,
}

/// Promises of one metric.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaMetricKept)]
struct MetricView {
    #[serde(flatten)]
    sum: KeptView,
    /// By priority, `P1` to `P4`.
    #[schema(value_type = BTreeMap<String, KeptView>)]
    priorities: BTreeMap<&'static str, KeptView>,
}

impl From<Kept> for KeptView {
    fn from(kept: Kept) -> Self {
        Self { value: kept.value(), met: kept.kept, breached: kept.breached, n: kept.n() }
    }
}

impl From<&(Kept, BTreeMap<Priority, Kept>)> for MetricView {
    fn from((sum, cells): &(Kept, BTreeMap<Priority, Kept>)) -> Self {
        let priorities = cells.iter().map(|(priority, kept)| (priority.as_str(), KeptView::from(*kept)));
        Self { sum: KeptView::from(*sum), priorities: priorities.collect() }
    }
}

impl AttainmentView {
    fn of(attainment: &Attainment, window: WindowView, as_of: Option<Timestamp>) -> Self {
        let Attainment { overall, metrics } = attainment;
        Self {
            definition: ATTAINMENT,
            unit: Unit::Fraction,
            window,
            as_of,
            overall: KeptView::from(*overall),
            metrics: metrics.iter().map(|(metric, kept)| (metric.as_str(), MetricView::from(kept))).collect(),
            excluded: BTreeMap::from([
                ("merged", overall.merged),
                ("spam", overall.spam),
                ("cancelled", overall.cancelled),
            ]),
        }
    }
}

/// How many promises were kept of those decided in a window, per metric and
/// priority.
///
/// What it costs grows with the clocks that were decided in the window, not
/// with all tickets there are.
#[utoipa::path(get, path = "/v1/sla/attainment", tag = "sla", operation_id = "getSlaAttainment",
    params(WindowParameters, MetricQuery, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The numbers", body = AttainmentView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get_attainment(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(Asked { bounds, metric, filter }): Query<Asked>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let window = window(&bounds, now)?;
    let (attainment, as_of) = desk
        .attainment(permit.caller.tenant, (window.from, window.to), &metric, &filter, now)
        .await
        .map_err(refusal::problem)?;
    let fixed = bounds.are_fixed().then_some((window.from, window.to));
    // What was given stays where it is, and tells one question from another.
    let from = (!bounds.slide()).then_some(window.from);
    let content = (env!("CARGO_PKG_VERSION"), from, fixed, window.zone.name(), as_of, &attainment);
    // A window that ends now moves all the time; the client has the answer
    // while the numbers stay the same.
    let body = AttainmentView::of(&attainment, WindowView::of(&window), as_of);
    answer::unless_same(&known, &content, window.to, Json(body))
}
