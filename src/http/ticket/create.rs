//! Taking a ticket in.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::{Around, TicketView};
use crate::domain::intake::{NewTicket, Source};
use crate::domain::reply::Reply;
use crate::domain::vocabulary::{Category, Channel, EvidenceKind, Impact, Role, Severity, TicketType};
use crate::flow::batch::Item;
use crate::flow::open::Intake;
use crate::flow::write::may_write_as;
use crate::flow::{Desk, Error};
use crate::http::answer::{reply, reply_with, respond, tag};
use crate::http::document::Problems;
use crate::http::extract::caller::CreateTickets;
use crate::http::extract::{Body, Command};
use crate::http::parameters::IdempotencyHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// What somebody reports or asks.
#[derive(Debug, ToSchema)]
#[schema(as = NewTicket)]
#[expect(dead_code, reason = "describes what `NewTicket::read` takes")]
pub struct TicketBody {
    /// One line about it.
    #[schema(min_length = 1, max_length = 300)]
    subject: String,
    /// All of it.
    #[schema(min_length = 1, max_length = 100_000)]
    body: String,
    /// Who is to be helped. A form key may leave it out.
    requester: Option<RequesterBody>,
    /// Who opens it; `requester` unless given. Only keys of people open as
    /// `agent`: then the first response is counted from the requester's first
    /// message on.
    author: Option<OpenerBody>,
    /// The way it came in; `api` unless given, `form` for form keys.
    channel: Option<Channel>,
    /// What kind of case it is; triage decides unless given.
    #[schema(rename = "type")]
    r#type: Option<TicketType>,
    /// The service it is about.
    #[schema(min_length = 1, max_length = 100)]
    service: Option<String>,
    /// Triage decides unless given.
    severity: Option<Severity>,
    /// Triage decides unless given.
    impact: Option<Impact>,
    /// Triage decides unless given.
    category: Option<Category>,
    /// Unique among open tickets: a repeat is counted on the ticket that is open.
    #[schema(min_length = 1, max_length = 255)]
    dedup_key: Option<String>,
    /// The caller's own identifier for it.
    #[schema(min_length = 1, max_length = 255)]
    external_ref: Option<String>,
    /// Free words, 50 at most.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
    /// Free fields, 16 KiB at most.
    #[schema(value_type = Option<Object>)]
    custom: Option<Value>,
    /// Material for whoever fixes it, 20 pieces at most.
    #[schema(max_items = 20)]
    evidence: Option<Vec<EvidenceBody>>,
}

/// Who opens a ticket.
#[derive(Debug, ToSchema)]
#[schema(as = Opener, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes what `NewTicket::read` takes")]
enum OpenerBody {
    /// The person who is helped.
    Requester,
    /// A person of the desk, on their behalf.
    Agent,
}

/// Who is to be helped.
#[derive(Debug, ToSchema)]
#[schema(as = NewRequester)]
#[expect(dead_code, reason = "describes what `NewTicket::read` takes")]
struct RequesterBody {
    /// Address; required unless a form key posts.
    #[schema(max_length = 254, example = "ada@example.org")]
    email: Option<String>,
    /// Name.
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// A piece of material.
#[derive(Debug, ToSchema)]
#[schema(as = NewEvidence)]
#[expect(dead_code, reason = "describes what `NewEvidence::from_fields` takes")]
pub struct EvidenceBody {
    kind: EvidenceKind,
    /// The text.
    #[schema(min_length = 1, max_length = 100_000)]
    text: String,
}

/// Opens a ticket, or counts a repeat of one that is open under the same
/// `dedup_key`.
#[utoipa::path(post, path = "/v1/tickets", tag = "tickets", operation_id = "createTicket",
    params(IdempotencyHeader), request_body = TicketBody,
    responses(Problems,
        (status = 201, description = "The new ticket", body = TicketView,
            headers(("Location" = String), ("ETag" = String))),
        (status = 200, description = "The open ticket that was repeated", body = TicketView,
            headers(("Location" = String), ("ETag" = String)))))]
pub(super) async fn create(
    State(desk): State<Desk>,
    command: Command<CreateTickets>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let ticket = read(body.value, command.caller().role)?;
    let retry = command.retry(&body.bytes);
    let outcome = desk.submit(command.caller(), Item { ticket: Arc::new(ticket), retry }, render).await;
    outcome.map(respond).map_err(refusal::problem)
}

fn render(desk: &Desk, now: Timestamp, intake: &Intake) -> Result<Reply, Error> {
    answer(intake, Around { now, checklists: &desk.rules().checklists })
}

/// Reads what a caller of this role submits.
pub(super) fn read(value: Value, role: Role) -> Result<NewTicket, Problem> {
    let source = if role == Role::Form { Source::Form } else { Source::Service };
    let ticket = NewTicket::read(value, source)?;
    may_write_as(role, ticket.author())
        .map_err(|fault| Problem::forbidden(fault.detail.clone()).with_faults(vec![fault]))?;
    Ok(ticket)
}

/// The answer to one submission.
pub(super) fn answer(intake: &Intake, around: Around<'_>) -> Result<Reply, Error> {
    let location = Some(format!("/v1/tickets/{}", intake.record.id));
    let view = TicketView::new(&intake.record, around);
    let version = intake.record.state.version;
    if intake.created {
        return reply_with(StatusCode::CREATED, location, version, &view);
    }
    let tag = tag(version, &view)?;
    reply(StatusCode::OK, location, Some(&tag), &view.repeated())
}
