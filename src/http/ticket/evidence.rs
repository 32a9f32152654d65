//! The evidence of a ticket.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::belongings::{self, Asked};
use super::create::EvidenceBody;
use crate::domain::fields::{FromJson, read};
use crate::domain::id::TicketId;
use crate::domain::intake::NewEvidence;
use crate::domain::ticket::record::Evidence;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, EvidenceKind};
use crate::flow::Desk;
use crate::flow::write::AddEvidence;
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::WriteTickets;
use crate::http::extract::{Body, Command, Page, Path};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, PagingQuery};
use crate::http::problem::Problem;

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
pub(super) async fn add(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
    body: Body<NewEvidence>,
) -> Result<Response, Problem> {
    let add = AddEvidence { ticket: TicketId::new(id), evidence: body.value, expected: command.expected() };
    belongings::act(
        &desk,
        &command,
        &body.bytes,
        &add,
        |ticket, _| Some(format!("{ticket}/evidence")),
        |item| EvidenceView::from(item),
    )
    .await
}

/// The material of a ticket, oldest first.
#[utoipa::path(get, path = "/v1/tickets/{id}/evidence", tag = "tickets", operation_id = "listEvidence",
    params(("id" = Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of evidence", body = Page<EvidenceView>)))]
pub(super) async fn list(State(desk): State<Desk>, asked: Asked) -> Result<Response, Problem> {
    let read = |after, limit| desk.evidence(asked.tenant, asked.ticket, after, limit);
    asked.page("evidence", read, |evidence| evidence.id, |item| EvidenceView::from(&item)).await
}
