//! Handoffs: what human support was told, and where it was written.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Uri};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::handoff::{Handoff, HandoffCause};
use crate::domain::id::{HandoffId, TicketId};
use crate::flow::Desk;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::WorkTickets;
use crate::http::extract::{FromQuery, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

const MARKDOWN: HeaderValue = HeaderValue::from_static("text/markdown; charset=utf-8; variant=CommonMark");

/// The operations on handoffs.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// What human support was told about a ticket, or about a storm of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handoff)]
struct HandoffView {
    id: Uuid,
    /// Null: it stands for several tickets.
    ticket: Option<Uuid>,
    cause: HandoffCause,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the window began whose further tickets it lists.
    #[schema(value_type = Option<String>, format = DateTime)]
    window_start: Option<Timestamp>,
    /// The handoff that stands for it; it has no file of its own then.
    summarised_in: Option<Uuid>,
    /// What it says, Markdown.
    document: String,
    file: FileView,
}

/// A handoff's file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HandoffFile)]
struct FileView {
    /// Null: not chosen yet, or it has none.
    name: Option<String>,
    /// Null: not written yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    written_at: Option<Timestamp>,
    /// Why it could not be written the last time; it is tried again.
    failure: Option<String>,
}

impl From<Handoff> for HandoffView {
    fn from(handoff: Handoff) -> Self {
        let Handoff { file_name: name, written_at, failure, .. } = handoff;
        Self {
            id: handoff.id.uuid(),
            ticket: handoff.ticket.map(TicketId::uuid),
            cause: handoff.cause,
            created_at: handoff.created_at,
            window_start: handoff.window,
            summarised_in: handoff.summarised_in.map(HandoffId::uuid),
            document: handoff.document.unwrap_or_default(),
            file: FileView { name, written_at, failure },
        }
    }
}

/// Which handoffs are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct HandoffQuery {
    /// Of this ticket.
    ticket: Option<Uuid>,
    /// Those that this one stands for.
    summarised_in: Option<Uuid>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for HandoffQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let ticket = parameters.value("ticket").uuid().optional();
        let summarised_in = parameters.value("summarised_in").uuid().optional();
        Some(Self { ticket, summarised_in, page: Paging::take(parameters) })
    }
}

/// Lists handoffs, oldest first.
#[utoipa::path(get, path = "/v1/handoffs", tag = "handoffs", operation_id = "listHandoffs",
    params(HandoffQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of handoffs", body = Page<HandoffView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<WorkTickets>,
    uri: Uri,
    Query(HandoffQuery { ticket, summarised_in, page }): Query<HandoffQuery>,
) -> Result<Response, Problem> {
    let name = format!("handoffs {ticket:?} {summarised_in:?}");
    let after: Option<HandoffId> = page.position(&name)?;
    let (ticket, summary) = (ticket.map(TicketId::new), summarised_in.map(HandoffId::new));
    let limit = i64::from(page.limit) + 1;
    let found = desk.handoffs(permit.caller.tenant, ticket, summary, after, limit).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(&uri, &name, page.limit, found, |one| one.id, HandoffView::from)
}

/// A handoff; its text alone for `Accept: text/markdown`.
#[utoipa::path(get, path = "/v1/handoffs/{id}", tag = "handoffs", operation_id = "getHandoff",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The handoff",
        content((HandoffView = "application/json"), (String = "text/markdown")))))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<WorkTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = desk.handoff(permit.caller.tenant, HandoffId::new(id)).await.map_err(refusal::problem)?;
    let mut response = if wants_markdown(&headers) {
        ([(CONTENT_TYPE, MARKDOWN)], found.document.unwrap_or_default()).into_response()
    } else {
        Json(HandoffView::from(found)).into_response()
    };
    response.headers_mut().append(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// Whether the client names Markdown before it names JSON.
fn wants_markdown(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut names = lines.flat_map(|line| line.split(',')).filter_map(|range| range.split(';').next());
    let wanted = names.find(|name| {
        let name = name.trim();
        name.eq_ignore_ascii_case("text/markdown") || name.eq_ignore_ascii_case("application/json")
    });
    wanted.is_some_and(|name| name.trim().eq_ignore_ascii_case("text/markdown"))
}
