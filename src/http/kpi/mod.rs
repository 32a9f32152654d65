//! How well the desk does, for dashboards.

pub(in crate::http) mod parameters;
pub(in crate::http) mod view;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::parameters::{DrillDown, FilterParameters, KpiQuery, MeasureParameter, WindowParameters};
use self::view::{KpiView, KpisView};
use crate::domain::kpi::{Name, Window};
use crate::domain::search::Position;
use crate::domain::ticket::record::Record;
use crate::flow::Desk;
use crate::flow::kpi::Kpis;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::etag::EntityTag;
use crate::http::extract::caller::{ReadKpis, ReadTickets};
use crate::http::extract::{IfNoneMatch, Page, Path, Permit, Query};
use crate::http::paging;
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;
use crate::http::ticket::{Around, TicketView};

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_kpis)).routes(routes!(get_kpi)).routes(routes!(list_tickets))
}

/// All KPIs of a window.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", operation_id = "listKpis", params(WindowParameters, MeasureParameter, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPIs", body = KpisView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_kpis(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(asked): Query<KpiQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(Name::ALL.to_vec(), now)?;
    let kpis = desk.kpis(permit.caller.tenant, &question).await.map_err(refusal::problem)?;
    let body = KpisView::of(&question, &kpis);
    Ok(answer::unless_known(&known, &tag(&asked, &question.window, &kpis)?, Json(body)))
}

/// One KPI of a window.
#[utoipa::path(get, path = "/v1/kpis/{name}", tag = "kpis", operation_id = "getKpi",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), WindowParameters, MeasureParameter, FilterParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPI", body = KpiView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get_kpi(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Path(name): Path<String>,
    Query(asked): Query<KpiQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let name: Name = name.parse().map_err(|_| Problem::not_found("KPI"))?;
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(vec![name], now)?;
    let kpis = desk.kpis(permit.caller.tenant, &question).await.map_err(refusal::problem)?;
    let shown = kpis.answers.first().ok_or_else(Problem::internal)?;
    let body = KpiView::of(shown, &question, kpis.as_of);
    Ok(answer::unless_known(&known, &tag(&asked, &question.window, &kpis)?, Json(body)))
}

/// The tickets behind a KPI: those that it counts as `n`, in the order in which
/// they came to count.
#[utoipa::path(get, path = "/v1/kpis/{name}/tickets", tag = "kpis", operation_id = "listKpiTickets",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), WindowParameters, MeasureParameter, FilterParameters, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of tickets", body = Page<TicketView>)))]
async fn list_tickets(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(name): Path<String>,
    uri: Uri,
    Query(DrillDown { asked, paging }): Query<DrillDown>,
) -> Result<Response, Problem> {
    let name: Name = name.parse().map_err(|_| Problem::not_found("KPI"))?;
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(vec![name], now)?;
    let window = asked.bounds.are_fixed().then_some((question.window.from, question.window.to));
    let list = serde_json::to_string(&(name, window, &asked.filter)).map_err(|_| Problem::internal())?;
    let after: Option<Position> = paging.position(&list)?;
    let found = desk
        .kpi_tickets(permit.caller.tenant, name, &question, after.as_ref(), i64::from(paging.limit) + 1)
        .await
        .map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    let place = |(position, _): &(Position, Record)| position.clone();
    paging::answer(&uri, &list, paging.limit, found, place, |(_, record)| TicketView::new(&record, around))
}

/// The tag of an answer. A window that ends now moves all the time; while the
/// numbers stay the same, so does their tag.
fn tag(asked: &KpiQuery, window: &Window, kpis: &Kpis) -> Result<EntityTag, Problem> {
    let fixed = asked.bounds.are_fixed().then_some((window.from, window.to));
    let identity = (env!("CARGO_PKG_VERSION"), fixed, window.zone.name(), kpis.as_of, &kpis.answers);
    answer::fingerprint(&identity)
}
