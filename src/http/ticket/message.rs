//! The conversation of a ticket.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::belongings::{self, Asked};
use crate::domain::fields::{FromJson, read};
use crate::domain::id::{AgentId, MessageId, TicketId};
use crate::domain::intake::{MAX_TEXT, TextRules};
use crate::domain::ticket::record::{Message, Purpose};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, Status, Visibility};
use crate::flow::Desk;
use crate::flow::life::Target;
use crate::flow::publish::Publish;
use crate::flow::write::{AddMessage, may_write_as};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WorkTickets, WriteTickets};
use crate::http::extract::{Body, Command, Page, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;

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
    /// When it was shown to the requester, if it was a note before.
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
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
            published_at: message.published_at,
        }
    }
}

/// Adds a message, and what follows from it. What is posted to a merged ticket
/// goes to the one it went into; a requester's message on a closed ticket, or
/// on a resolved one that can no longer come back, to the ticket that goes on
/// from it, which is made if there is none. `Location` and `ticket` say which.
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
    let Body { value: MessageBody { visibility, author, body, status }, bytes } = body;
    may_write_as(command.caller().role, author)
        .map_err(|fault| Problem::forbidden(fault.detail.clone()).with_faults(vec![fault]))?;
    let ticket = TicketId::new(id);
    let add = AddMessage { ticket, visibility, author, body, status, expected: command.expected() };
    let location = |ticket: &str, message: &Message| Some(format!("{ticket}/messages/{}", message.id));
    belongings::act(&desk, &command, &bytes, &add, location, |item| MessageView::from(item)).await
}

/// The conversation of a ticket, oldest first.
#[utoipa::path(get, path = "/v1/tickets/{id}/messages", tag = "tickets", operation_id = "listMessages",
    params(("id" = Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of messages", body = Page<MessageView>)))]
pub(super) async fn list(State(desk): State<Desk>, asked: Asked) -> Result<Response, Problem> {
    let read = |after, limit| desk.messages(asked.tenant, asked.ticket, after, limit);
    asked.page("messages", read, |message| message.id, |item| MessageView::from(&item)).await
}

/// One entry of the conversation.
#[utoipa::path(get, path = "/v1/tickets/{id}/messages/{message}", tag = "tickets", operation_id = "getMessage",
    params(("id" = Uuid, Path), ("message" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The message", body = MessageView)))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path((id, message)): Path<(Uuid, Uuid)>,
    Query(()): Query<()>,
) -> Result<Json<MessageView>, Problem> {
    let found = desk.message(permit.caller.tenant, TicketId::new(id), MessageId::new(message)).await;
    Ok(Json(MessageView::from(&found.map_err(refusal::problem)?)))
}

/// Who may see a message from now on.
#[derive(Debug, ToSchema)]
#[schema(as = MessagePatch)]
pub(super) struct PublishBody {
    visibility: Visibility,
}

impl FromJson for PublishBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self { visibility: f.choice("visibility").required()? }))
    }
}

/// Shows an internal message to the requester. To them it counts from now on:
/// an agent's note is an answer from the instant it is shown.
#[utoipa::path(patch, path = "/v1/tickets/{id}/messages/{message}", tag = "tickets",
    operation_id = "publishMessage",
    params(("id" = Uuid, Path), ("message" = Uuid, Path), IdempotencyHeader, IfMatchHeader),
    request_body = PublishBody,
    responses(Problems, (status = 200, description = "The message", body = MessageView,
        headers(("ETag" = String, description = "Of the ticket")))))]
pub(super) async fn publish(
    State(desk): State<Desk>,
    command: Command<WorkTickets>,
    Path((id, message)): Path<(Uuid, Uuid)>,
    body: Body<PublishBody>,
) -> Result<Response, Problem> {
    let publish = Publish {
        target: Target { ticket: TicketId::new(id), expected: command.expected() },
        message: MessageId::new(message),
        visibility: body.value.visibility,
    };
    belongings::act(&desk, &command, &body.bytes, &publish, |_, _| None, |item| MessageView::from(item)).await
}
