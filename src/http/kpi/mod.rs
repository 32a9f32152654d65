//! How well the desk does, for dashboards.

mod parameters;
mod view;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, HeaderValue};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::parameters::{KpiParameters, KpiQuery};
use self::view::{KpiView, KpisView};
use crate::domain::kpi::{Name, Window};
use crate::flow::Desk;
use crate::flow::kpi::Kpis;
use crate::http::document::ReadProblems;
use crate::http::etag::EntityTag;
use crate::http::extract::caller::{Permit, ReadKpis};
use crate::http::extract::{IfNoneMatch, Path, Query};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// Kept by whoever asked, and asked about each time.
const CACHING: HeaderValue = HeaderValue::from_static("private, max-age=0, must-revalidate");

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_kpis)).routes(routes!(get_kpi))
}

/// All KPIs of a window.
#[utoipa::path(get, path = "/v1/kpis", tag = "kpis", params(KpiParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPIs", body = KpisView),
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
#[utoipa::path(get, path = "/v1/kpis/{name}", tag = "kpis",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time"), KpiParameters, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The KPI", body = KpiView),
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
