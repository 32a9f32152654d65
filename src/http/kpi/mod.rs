//! How well the desk does, for dashboards.

mod parameters;
mod view;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::Uri;
use http::header::{CACHE_CONTROL, ETAG, HeaderValue};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::parameters::{DrillDown, KpiParameters, KpiQuery};
use self::view::{KpiView, KpisView};
use crate::domain::kpi::{Name, Window};
use crate::domain::search::Position;
use crate::domain::ticket::record::Record;
use crate::flow::Desk;
use crate::flow::kpi::Kpis;
use crate::http::document::ReadProblems;
use crate::http::etag::EntityTag;
use crate::http::extract::caller::{ReadKpis, ReadTickets};
use crate::http::extract::{IfNoneMatch, Page, Path, Permit, Query};
use crate::http::paging;
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;
use crate::http::ticket::{Around, TicketView};

/// Kept by whoever asked, and asked about each time.
const CACHING: HeaderValue = HeaderValue::from_static("private, max-age=0, must-revalidate");

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_kpis)).routes(routes!(get_kpi)).routes(routes!(list_tickets))
}

/// All KPIs of a window.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", operation_id = "listKpis", params(KpiParameters, IfNoneMatchHeader),
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
    Ok(respond(&known, &tag(&asked, &question.window, &kpis)?, KpisView::of(&question, &kpis)))
}

/// One KPI of a window.
#[utoipa::path(get, path = "/v1/kpis/{name}", tag = "kpis", operation_id = "getKpi",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), KpiParameters, IfNoneMatchHeader),
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
    let answer = kpis.answers.first().ok_or_else(Problem::internal)?;
    let body = KpiView::of(answer, &question, kpis.as_of);
    Ok(respond(&known, &tag(&asked, &question.window, &kpis)?, body))
}

/// The tickets behind a KPI: those that it counts as `n`, in the order in which
/// they came to count.
#[utoipa::path(get, path = "/v1/kpis/{name}/tickets", tag = "kpis", operation_id = "listKpiTickets",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), KpiParameters, PagingQuery),
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
    let text = serde_json::to_vec(&identity).map_err(|error| {
        tracing::error!(%error, "http.kpi.defect");
        Problem::internal()
    })?;
    Ok(EntityTag::of_hash(&Sha256::digest(text)))
}

fn respond<T: Serialize>(known: &IfNoneMatch, tag: &EntityTag, body: T) -> Response {
    let mut response = known.not_modified(tag).unwrap_or_else(|| Json(body).into_response());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHING);
    if let Some(value) = tag.header() {
        headers.insert(ETAG, value);
    }
    response
}
