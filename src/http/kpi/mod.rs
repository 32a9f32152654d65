//! How well the desk does, for dashboards.

pub(in crate::http) mod detail;
mod drill;
mod link;
pub(in crate::http) mod parameters;
mod series;
mod stream;
pub(in crate::http) mod tag;
pub(in crate::http) mod view;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::parameters::{
    FilterParameters, GroupParameter, IntervalParameter, KpiQuery, ListQuery, MeasureParameter, SeriesQuery,
    WindowParameters,
};
use self::series::SeriesView;
use self::tag::Identity;
use self::view::{KpiView, KpisView, OneKpiView, groups};
use crate::domain::id::TenantId;
use crate::domain::kpi::{Bounds, Name, Question};
use crate::domain::uptime::{Every, Span, cut};
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::kpi::Parts;
use crate::flow::kpi::rebuild::Check;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::{ReadKpis, VerifyKpis};
use crate::http::extract::{IfNoneMatch, Path, Permit, Query};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::refusal;

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_kpis))
        .routes(routes!(get_kpi))
        .routes(routes!(verify))
        .routes(routes!(stream::stream_kpis))
        .routes(routes!(list_series))
        .routes(routes!(drill::list_tickets))
}

/// All KPIs of a window, and of groups of its tickets.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", operation_id = "listKpis",
    params(WindowParameters, MeasureParameter, GroupParameter, IntervalParameter, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPIs", body = KpisView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_kpis(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(ListQuery { asked, every }): Query<ListQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(Name::ALL.to_vec(), now)?;
    let tenant = permit.caller.tenant;
    let what = every.map_or("kpis".to_owned(), |every| format!("kpis by {every}"));
    let identity = identity(&desk, tenant, &what, &asked, &question)?;
    if let Some(unchanged) = identity.unchanged(&desk, tenant, &question, &known).await? {
        return Ok(unchanged);
    }
    let parts = every.map(|every| parts(&question, every)).transpose()?;
    let kpis = desk.kpis(tenant, &question, parts.as_ref()).await.map_err(refusal::problem)?;
    let mut body = KpisView::of(&question, &kpis);
    body.series = parts.map(|parts| series::by_name(&parts.ranges, &kpis.series));
    Ok(answer::unless_known(&known, &identity.tag(now, &kpis.state), Json(body)))
}

/// One KPI of a window, of groups of its tickets, and of its parts.
#[utoipa::path(get, path = "/v1/kpis/{name}", tag = "kpis", operation_id = "getKpi",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), WindowParameters, MeasureParameter, GroupParameter, IntervalParameter, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPI", body = OneKpiView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get_kpi(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Path(name): Path<String>,
    Query(ListQuery { asked, every }): Query<ListQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let name: Name = name.parse().map_err(|_| Problem::not_found("KPI"))?;
    if name == Name::Backlog && every.is_some() {
        return Err(not_over_time());
    }
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(vec![name], now)?;
    let tenant = permit.caller.tenant;
    let what = every.map_or("kpi".to_owned(), |every| format!("kpi by {every}"));
    let identity = identity(&desk, tenant, &what, &asked, &question)?;
    if let Some(unchanged) = identity.unchanged(&desk, tenant, &question, &known).await? {
        return Ok(unchanged);
    }
    let parts = every.map(|every| parts(&question, every)).transpose()?;
    let kpis = desk.kpis(tenant, &question, parts.as_ref()).await.map_err(refusal::problem)?;
    let shown = kpis.answers.first().ok_or_else(Problem::internal)?;
    let kpi = KpiView::of(shown, &question, kpis.state.version.as_of);
    let points = parts.map(|parts| series::points(&parts.ranges, &kpis.series));
    let body = OneKpiView { kpi, groups: groups(&question, &kpis), points };
    Ok(answer::unless_known(&known, &identity.tag(now, &kpis.state), Json(body)))
}

fn not_over_time() -> Problem {
    Problem::new(Kind::BadParameter, "What waits is known of now alone.").with_faults(vec![Violation::new(
        "/query/interval",
        "not_over_time",
        "is of no use here: what waits is counted now, whatever the window",
    )])
}

/// One KPI over time: of each part of a window, which add up to it, and of
/// groups of its tickets.
#[utoipa::path(get, path = "/v1/kpis/{name}/series", tag = "kpis", operation_id = "listKpiSeries",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time; not backlog, which is of now"), WindowParameters, IntervalParameter, MeasureParameter, GroupParameter, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The parts in order", body = SeriesView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_series(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Path(name): Path<String>,
    Query(SeriesQuery { asked, every }): Query<SeriesQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let name: Name = name.parse().map_err(|_| Problem::not_found("KPI"))?;
    if name == Name::Backlog {
        return Err(Problem::not_found("series of what waits now"));
    }
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(vec![name], now)?;
    let tenant = permit.caller.tenant;
    let identity = identity(&desk, tenant, every.as_str(), &asked, &question)?;
    if let Some(unchanged) = identity.unchanged(&desk, tenant, &question, &known).await? {
        return Ok(unchanged);
    }
    let parts = parts(&question, every)?;
    let series = desk.kpi_series(tenant, &question, &parts).await.map_err(refusal::problem)?;
    let body = SeriesView::of(&question, &parts, &series);
    Ok(answer::unless_known(&known, &identity.tag(now, &series.state), Json(body)))
}

/// Most parts of a window.
const MOST_PARTS: usize = 1_000;

/// The parts of a window.
fn parts(question: &Question, every: Every) -> Result<Parts, Problem> {
    let window = Span::new(question.window.from, question.window.to);
    let parts = cut(window, question.window.zone.name(), every, MOST_PARTS).ok_or_else(too_many_parts)?;
    Ok(Parts { every, ranges: parts.iter().map(|part| (part.from, part.to)).collect() })
}

fn too_many_parts() -> Problem {
    let detail = format!("the window has more than {MOST_PARTS} such parts");
    Problem::new(Kind::BadParameter, "There are too many parts.").with_faults(vec![Violation::new(
        "/query/interval",
        "too_many",
        detail,
    )])
}

/// What tells a question from every other.
fn identity(
    desk: &Desk,
    tenant: TenantId,
    what: &str,
    asked: &KpiQuery,
    question: &Question,
) -> Result<Identity, Problem> {
    let fixed = asked.bounds.are_fixed().then_some(question.window.to);
    // A beginning that was given stays where it is.
    let from = (!asked.bounds.slide()).then_some(question.window.from);
    let Question { names, filter, group_by, measure, window, .. } = question;
    Identity::of(
        tenant,
        &(what, names, filter, group_by, measure, window.zone.name(), (from, fixed), desk.targets()),
    )
}

/// Recomputes what KPIs rest on in a window from the histories of its tickets,
/// and compares it with what is kept. It reads each of these tickets: ask for
/// windows of days rather than years.
#[utoipa::path(get, path = "/v1/kpis/verify", tag = "kpis", operation_id = "verifyKpis",
    params(WindowParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "Whether they agree", body = VerifyView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn verify(
    State(desk): State<Desk>,
    permit: Permit<VerifyKpis>,
    Query(asked): Query<Bounds>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let window = parameters::window(&asked, now)?;
    let found =
        desk.verify_kpis(permit.caller.tenant, (window.from, window.to)).await.map_err(refusal::problem)?;
    let Check { tickets, entries, differences } = found;
    let agrees = differences.is_empty();
    let window = view::WindowView::of(&window);
    let body = VerifyView { agrees, differences, tickets, entries, window };
    Ok(answer::unless_known(&known, &answer::fingerprint(&body)?, Json(body)))
}

/// Whether the numbers follow from the histories.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiVerification)]
struct VerifyView {
    /// Whether nothing differs.
    agrees: bool,
    /// What differs, in words; the first hundred.
    differences: Vec<String>,
    /// How many tickets' histories were read.
    tickets: u64,
    /// How many contributions to numbers follow from them in the window.
    entries: u64,
    window: view::WindowView,
}
