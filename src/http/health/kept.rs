//! Reports that were made when they were due.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Format, FormatParameter, FormatQuery, vary};
use crate::domain::health::{Cadence, Kept};
use crate::domain::id::ReportId;
use crate::flow::Desk;
use crate::http::answer::{self, fingerprint, unless_known};
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{IfNoneMatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// A report that was made when it was due, as it read then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptHealthReport)]
pub(super) struct KeptView {
    id: Uuid,
    /// `daily`, `weekly` or `monthly`.
    #[schema(value_type = String)]
    cadence: Cadence,
    window: KeptWindowView,
    /// `nothing_yet`, `unknown`, `healthy`, `at_risk` or `failing`.
    verdict: &'static str,
    /// How many recommendations it holds, 0 to 2.
    recommendations: i32,
    /// When it was due.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// When it was made; later than `due_at` if nobody was there.
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    /// When its files were there; null: they are not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    written_at: Option<Timestamp>,
    /// Why its files could not be written the last time; it is tried again.
    failure: Option<String>,
    links: KeptLinksView,
}

/// The period of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptHealthReportWindow)]
struct KeptWindowView {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// IANA time zone of its dates.
    tz: String,
}

/// The texts of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptHealthReportLinks)]
struct KeptLinksView {
    markdown: String,
    html: String,
}

impl From<Kept> for KeptView {
    fn from(kept: Kept) -> Self {
        let address = |format: Format| format!("/v1/reports/health/archive/{}?format={format}", kept.id);
        Self {
            links: KeptLinksView { markdown: address(Format::Markdown), html: address(Format::Html) },
            id: kept.id.uuid(),
            cadence: kept.cadence,
            window: KeptWindowView { from: kept.from, to: kept.to, tz: kept.zone },
            verdict: kept.verdict.as_str(),
            recommendations: kept.recommendations,
            due_at: kept.due_at,
            made_at: kept.made_at,
            written_at: kept.written_at,
            failure: kept.failure,
        }
    }
}

/// Lists the reports that were made when they were due, newest first.
#[utoipa::path(get, path = "/v1/reports/health/archive", tag = "reports", operation_id = "listHealthReports",
    params(PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "A page of reports", body = Page<KeptView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
pub(super) async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(page): Query<Paging>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let before: Option<ReportId> = page.position("health reports")?;
    let found = desk.health_reports(permit.caller.tenant, before, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    let page = paging::page("health reports", page.limit, found, |kept| kept.id, KeptView::from)?;
    answer::page(page, &uri, &known)
}

/// A report that was made when it was due; its text for `Accept: text/markdown`
/// or `text/html`.
#[utoipa::path(get, path = "/v1/reports/health/archive/{id}", tag = "reports", operation_id = "getKeptHealthReport",
    params(("id" = Uuid, Path), FormatParameter, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The report", headers(("ETag" = String)),
            content((KeptView = "application/json"), (String = "text/markdown"), (String = "text/html"))),
        (status = 304, description = "As If-None-Match has it")))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(FormatQuery(format)): Query<FormatQuery>,
    headers: HeaderMap,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let kept = desk.health_report(permit.caller.tenant, ReportId::new(id)).await;
    let kept = kept.map_err(refusal::problem)?;
    let format = format.unwrap_or_else(|| Format::liked(&headers));
    let text = match format {
        Format::Json => {
            let view = KeptView::from(kept);
            return Ok(vary(unless_known(&known, &fingerprint(&("json", &view))?, Json(view))));
        }
        Format::Markdown => kept.markdown,
        Format::Html => kept.html,
    };
    let tag = fingerprint(&(format, &text))?;
    Ok(vary(unless_known(&known, &tag, format.answer(text))))
}
