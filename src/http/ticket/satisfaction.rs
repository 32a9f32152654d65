//! What requesters say about how they were helped.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::fields::{FromJson, read};
use crate::domain::id::TicketId;
use crate::domain::ticket::record::Rated;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::rating::Rate;
use crate::flow::survey::{Invite, Link};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WriteTickets};
use crate::http::extract::{Body, Command, Path, Permit};
use crate::http::parameters::IdempotencyHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// Longest comment, in characters.
const MOST_CHARS: usize = 5_000;

/// How the requester was helped.
#[derive(Debug, ToSchema)]
#[schema(as = NewSatisfaction)]
pub(in crate::http) struct SatisfactionBody {
    /// From 1, not at all satisfied, to 5, very satisfied.
    #[schema(minimum = 1, maximum = 5)]
    pub(in crate::http) score: u8,
    /// In the requester's words.
    #[schema(min_length = 1, max_length = 5_000)]
    pub(in crate::http) comment: Option<String>,
}

impl FromJson for SatisfactionBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let score = f.integer("score").between(1, 5).narrow().required();
            let comment = f.text("comment").trimmed().min_chars(1).max_chars(MOST_CHARS).optional();
            Some(Self { score: score?, comment })
        })
    }
}

/// What a requester said about a resolution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Satisfaction)]
struct SatisfactionView {
    ticket: Uuid,
    /// From 1 to 5.
    score: u8,
    /// In the requester's words; null: they left none.
    comment: Option<String>,
    /// The place in the ticket's history of the resolution that it is about.
    resolution: i64,
    /// When they first said so.
    #[schema(value_type = String, format = DateTime)]
    rated_at: Timestamp,
    /// When they last changed it; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
}

impl SatisfactionView {
    fn of(ticket: TicketId, rated: &Rated) -> Self {
        let Rated { resolution, score, comment, rated_at, changed_at } = rated.clone();
        Self { ticket: ticket.uuid(), score, comment, resolution, rated_at, changed_at }
    }
}

/// Keeps what the requester says about the last resolution. One answer counts
/// for each resolution; within `life.rating_changeable_seconds` another one
/// takes its place (200). 409: the ticket was not resolved yet, was merged, or
/// the answer can't be changed any more.
#[utoipa::path(post, path = "/v1/tickets/{id}/satisfaction", tag = "tickets", operation_id = "rateTicket",
    params(("id" = Uuid, Path), IdempotencyHeader), request_body = SatisfactionBody,
    responses(Problems, (status = 201, description = "The first answer about this resolution", body = SatisfactionView),
        (status = 200, description = "It took the place of an earlier one", body = SatisfactionView)))]
pub(super) async fn rate(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
    body: Body<SatisfactionBody>,
) -> Result<Response, Problem> {
    let ticket = TicketId::new(id);
    let SatisfactionBody { score, comment } = body.value;
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &Rate { ticket, score, comment, about: None }, |kept| {
        let status = if kept.is_first { http::StatusCode::CREATED } else { http::StatusCode::OK };
        reply(status, None, None, &SatisfactionView::of(ticket, &kept.rated))
    })
    .await
}

/// What the requester said about the last resolution that they rated.
#[utoipa::path(get, path = "/v1/tickets/{id}/satisfaction", tag = "tickets", operation_id = "getSatisfaction",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The answer", body = SatisfactionView)))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let ticket = TicketId::new(id);
    let rated = desk.rating(permit.caller.tenant, ticket).await.map_err(refusal::problem)?;
    Ok(Json(SatisfactionView::of(ticket, &rated)).into_response())
}

/// The link by which a requester says how they were helped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SurveyLink)]
struct LinkView {
    /// What the address ends with.
    token: String,
    /// The page of this service, `/survey/{token}`.
    path: String,
    /// The same with the address that the service has outside (`mail.survey_url`);
    /// null where that is not set, or leads elsewhere.
    url: Option<String>,
    /// Until when it counts.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Makes the link by which the requester rates the last resolution without a
/// key: for whoever asks them in another way than by mail. 409: the ticket was
/// not resolved yet, or was merged.
#[utoipa::path(post, path = "/v1/tickets/{id}/satisfaction/link", tag = "tickets", operation_id = "inviteToSurvey",
    params(("id" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 201, description = "The link", body = LinkView)))]
pub(super) async fn invite(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    execute(&desk, command.caller(), retry.as_ref(), &Invite(TicketId::new(id)), |link| {
        let Link { token, url, expires_at } = link.clone();
        let path = format!("/survey/{token}");
        reply(http::StatusCode::CREATED, None, None, &LinkView { token, path, url, expires_at })
    })
    .await
}
