//! The conversation and the evidence of a ticket.

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::create::EvidenceBody;
use super::view::{Around, TicketView};
use crate::domain::fields::{FromJson, read};
use crate::domain::id::{AgentId, EvidenceId, MessageId, TicketId};
use crate::domain::intake::{MAX_TEXT, NewEvidence, TextRules};
use crate::domain::ticket::record::{Evidence, Message, Purpose};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, EvidenceKind, Status, Visibility};
use crate::flow::Desk;
use crate::flow::write::{AddEvidence, AddMessage, may_write_as};
use crate::http::answer::{execute, reply, tag};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WriteTickets};
use crate::http::extract::{Body, Command, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// Something to be said.
#[derive(Debug, ToSchema)]
#[schema(as = NewMessage)]
pub(super) struct MessageBody {
    visibility: Visibility,
    /// Who says it; only keys of people write as `agent`.
    author: Author,
    /// The text.
    #[schema(min_length = 1, max_length = 100_000)]
    body: String,
    /// The state that the ticket goes to with it.
    status: Option<Status>,
}

impl FromJson for MessageBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let visibility = f.choice("visibility").required();
            let author = f.choice("author").required();
            let body = f.text("body").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
            let status = f.choice("status").optional();
            Some(Self { visibility: visibility?, author: author?, body: body?, status })
        })
    }
}

/// An entry of the conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageView {
    id: Uuid,
    ticket: Uuid,
    visibility: Visibility,
    author: Author,
    /// What it is for.
    purpose: Purpose,
    /// Which agent wrote it, if one did.
    agent: Option<Uuid>,
    agent_name: Option<String>,
    body: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.uuid(),
            ticket: message.ticket.uuid(),
            visibility: message.visibility,
            author: message.author,
            purpose: message.purpose,
            agent: message.agent.map(AgentId::uuid),
            agent_name: message.agent_name.clone(),
            body: message.body.clone(),
            created_at: message.created_at,
        }
    }
}

/// Adds a message, and what follows from it.
#[utoipa::path(post, path = "/v1/tickets/{id}/messages", tag = "tickets", operation_id = "addMessage",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = MessageBody,
    responses(Problems, (status = 201, description = "The message", body = MessageView,
        headers(("Location" = String), ("ETag" = String, description = "Of the ticket")))))]
pub(super) async fn add(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
    body: Body<MessageBody>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let MessageBody { visibility, author, body, status } = body.value;
    may_write_as(command.caller().role, author)
        .map_err(|fault| Problem::forbidden(fault.detail.clone()).with_faults(vec![fault]))?;
    let ticket = TicketId::new(id);
    let add = AddMessage { ticket, visibility, author, body, status, expected: command.expected() };
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    execute(&desk, command.caller(), retry.as_ref(), &add, |added| {
        let location = Some(format!("/v1/tickets/{id}/messages"));
        let shown = TicketView::new(&added.ticket, around);
        let tag = tag(added.ticket.state.version, &shown)?;
        reply(StatusCode::CREATED, location, Some(&tag), &MessageView::from(&added.item))
    })
    .await
}

/// The conversation of a ticket, oldest first.
#[utoipa::path(get, path = "/v1/tickets/{id}/messages", tag = "tickets", operation_id = "listMessages",
    params(("id" = Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of messages", body = Page<MessageView>)))]
pub(super) async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let name = format!("messages {id}");
    let after: Option<MessageId> = page.position(&name)?;
    let limit = i64::from(page.limit) + 1;
    let found = desk.messages(permit.caller.tenant, TicketId::new(id), after, limit).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(&uri, &name, page.limit, found, |message| message.id, |item| MessageView::from(&item))
}

/// A piece of material.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(super) struct EvidenceView {
    id: Uuid,
    ticket: Uuid,
    kind: EvidenceKind,
    text: String,
    author: Author,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        Self {
            id: evidence.id.uuid(),
            ticket: evidence.ticket.uuid(),
            kind: evidence.kind,
            text: evidence.text.clone(),
            author: evidence.author,
            created_at: evidence.created_at,
        }
    }
}

impl FromJson for NewEvidence {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, Self::from_fields)
    }
}

/// Adds material; hand-overs that waited for it are completed.
#[utoipa::path(post, path = "/v1/tickets/{id}/evidence", tag = "tickets", operation_id = "addEvidence",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = EvidenceBody,
    responses(Problems, (status = 201, description = "The evidence", body = EvidenceView,
        headers(("Location" = String), ("ETag" = String, description = "Of the ticket")))))]
pub(super) async fn add_evidence(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
    body: Body<NewEvidence>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let add = AddEvidence { ticket: TicketId::new(id), evidence: body.value, expected: command.expected() };
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    execute(&desk, command.caller(), retry.as_ref(), &add, |added| {
        let location = Some(format!("/v1/tickets/{id}/evidence"));
        let shown = TicketView::new(&added.ticket, around);
        let tag = tag(added.ticket.state.version, &shown)?;
        reply(StatusCode::CREATED, location, Some(&tag), &EvidenceView::from(&added.item))
    })
    .await
}

/// The material of a ticket, oldest first.
#[utoipa::path(get, path = "/v1/tickets/{id}/evidence", tag = "tickets", operation_id = "listEvidence",
    params(("id" = Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of evidence", body = Page<EvidenceView>)))]
pub(super) async fn list_evidence(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let name = format!("evidence {id}");
    let after: Option<EvidenceId> = page.position(&name)?;
    let limit = i64::from(page.limit) + 1;
    let found = desk.evidence(permit.caller.tenant, TicketId::new(id), after, limit).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(&uri, &name, page.limit, found, |evidence| evidence.id, |item| EvidenceView::from(&item))
}
