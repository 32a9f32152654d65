//! How much of the time services were there.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::kpi::parameters::{KpiQuery, WindowParameters, bounds};
use super::kpi::tag::Identity;
use super::kpi::view::WindowView;
use crate::domain::kpi::{Bounds, Name, Unit, Window};
use crate::domain::uptime::{DEFINITION, Every, Figures, Span, cut};
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::kpi::Parts;
use crate::flow::uptime::{Stretch, Uptime};
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadKpis;
use crate::http::extract::{FromQuery, IfNoneMatch, Parameters, Permit, Query};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::refusal;

/// Parts of a window, at most.
const MOST_PARTS: usize = 1_000;

/// The operation on uptime.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get))
}

/// What is asked.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct UptimeQuery {
    /// When.
    #[param(ignore)]
    bounds: Bounds,
    /// Of this service alone.
    service: Option<String>,
    /// The parts of the window that `series` tells of; none without it. At
    /// most 1,000.
    #[param(inline)]
    interval: Option<Every>,
}

impl FromQuery for UptimeQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self {
            bounds: bounds(parameters),
            service: parameters.text("service").optional(),
            interval: parameters.choice("interval").optional(),
        })
    }
}

/// How much of a stretch of time a service was there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UptimeFigures)]
pub(super) struct FiguresView {
    /// (T - M - D) / (T - M), 0 to 1; null where nothing was observed.
    value: Option<f64>,
    /// What it should be more than.
    target: f64,
    /// Whether it is; null without a value, or where coverage is below 0.95.
    met: Option<bool>,
    /// The observed share of the window, as far as that has passed, 0 to 1; of
    /// several services that of those which monitors watch, if there are any.
    /// Null where nothing of the window has passed.
    coverage: Option<f64>,
    /// T.
    observed_seconds: i64,
    /// M: maintenance announced beforehand, as far as it was observed.
    maintenance_seconds: i64,
    /// D: outages outside maintenance, as far as they were observed.
    downtime_seconds: i64,
    /// Outages that are part of D; those that overlap are one.
    outages: u64,
    /// Services that were observed: how many the number rests on.
    n: u64,
}

impl FiguresView {
    pub(super) fn of(figures: &Figures, target: f64) -> Self {
        let seconds = |microseconds: i64| microseconds / 1_000_000;
        Self {
            value: figures.value(),
            target,
            met: figures.met(target),
            coverage: figures.coverage(),
            observed_seconds: seconds(figures.observed),
            maintenance_seconds: seconds(figures.maintenance),
            downtime_seconds: seconds(figures.downtime),
            outages: figures.outages,
            n: figures.services,
        }
    }
}

/// What is left out of uptime.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UptimeExclusions)]
struct ExcludedView {
    /// Maintenance announced beforehand, as far as it was observed.
    maintenance_seconds: i64,
}

/// The uptime of one service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceUptime)]
struct ServiceView {
    service: String,
    #[serde(flatten)]
    figures: FiguresView,
    links: LinksView,
}

/// The uptime of a part of the window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UptimePart)]
struct PartView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Not included.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    #[serde(flatten)]
    figures: FiguresView,
}

/// Addresses of what is behind the numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UptimeLinks)]
struct LinksView {
    /// The outages.
    outages: String,
    /// The maintenance.
    maintenance: String,
}

impl LinksView {
    /// The window stands in the address, so that they are those of the number
    /// whenever it is followed.
    fn of(service: Option<&str>, window: &Window) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        query.append_pair("from", &window.from.to_string());
        query.append_pair("to", &window.to.to_string());
        let query = query.finish();
        Self { outages: format!("/v1/outages?{query}"), maintenance: format!("/v1/maintenance?{query}") }
    }
}

/// The uptime of services in a window: of all of them together, and of each.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Uptime)]
struct UptimeView {
    /// What the numbers are, in words.
    definition: &'static str,
    unit: Unit,
    #[serde(flatten)]
    overall: FiguresView,
    excluded: ExcludedView,
    window: WindowView,
    /// IANA time zone in which dates were read, and by which parts are cut.
    tz: String,
    /// The last instant at which something was seen or said of the window;
    /// null: nothing was.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Each service that has a monitor, or of which something is known in the
    /// window, by name.
    services: Vec<ServiceView>,
    /// The parts of the window, in order, for all services together; only with
    /// `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<Vec<PartView>>,
    links: LinksView,
}

/// The uptime of services: overall, each for as long as it was observed, and
/// of each.
#[utoipa::path(get, path = "/v1/uptime", tag = "uptime", operation_id = "getUptime",
    params(WindowParameters, UptimeQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The uptime", body = UptimeView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(UptimeQuery { bounds, service, interval }): Query<UptimeQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let (fixed, slides, tenant) = (bounds.are_fixed(), bounds.slide(), permit.caller.tenant);
    let question = KpiQuery::of_services(bounds).question(vec![Name::Uptime], now)?;
    let window = &question.window;
    // Which window is meant, however time goes on.
    let meant = ((!slides).then_some(window.from), fixed.then_some(window.to));
    let identity = Identity::of_services(
        tenant,
        &("uptime", &service, interval, window.zone.name(), meant, desk.targets().uptime),
    )?;
    if let Some(unchanged) = identity.unchanged(&desk, tenant, &question, &known).await? {
        return Ok(unchanged);
    }
    let parts = interval.map(|every| parts(window, every)).transpose()?;
    let answer = desk.uptime(tenant, &question, parts.as_ref(), service.as_deref()).await;
    let (Uptime { whole, parts: answered, as_of, .. }, state) = answer.map_err(refusal::problem)?;
    let target = desk.targets().uptime;
    let part = |stretch: Stretch| PartView {
        from: stretch.span.from,
        to: stretch.span.to,
        figures: FiguresView::of(&stretch.overall, target),
    };
    let view = |(name, figures): (&String, &Figures)| ServiceView {
        service: name.clone(),
        figures: FiguresView::of(figures, target),
        links: LinksView::of(Some(name), window),
    };
    let overall = FiguresView::of(&whole.overall, target);
    let body = UptimeView {
        definition: DEFINITION,
        unit: Unit::Fraction,
        excluded: ExcludedView { maintenance_seconds: overall.maintenance_seconds },
        overall,
        window: WindowView::of(window),
        tz: window.zone.name().to_owned(),
        as_of,
        services: whole.services.iter().map(view).collect(),
        series: parts.map(|_| answered.into_iter().map(part).collect()),
        links: LinksView::of(service.as_deref(), window),
    };
    Ok(answer::unless_known(&known, &identity.tag(now, &state), Json(body)))
}

/// The parts of a window.
fn parts(window: &Window, every: Every) -> Result<Parts, Problem> {
    let span = Span::new(window.from, window.to);
    let parts = cut(span, window.zone.name(), every, MOST_PARTS).ok_or_else(|| {
        let detail = format!("would cut the window into more than {MOST_PARTS} parts");
        let fault = Violation::new("/query/interval", "too_many_parts", detail);
        Problem::new(Kind::BadParameter, "The window has too many parts.").with_faults(vec![fault])
    })?;
    Ok(Parts { every, ranges: parts.iter().map(|part| (part.from, part.to)).collect() })
}
