//! Merging a ticket into another one.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::act::{act, reason};
use super::view::TicketView;
use crate::domain::fields::{FromJson, read};
use crate::domain::id::TicketId;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::life::Target;
use crate::flow::merge::Merge;
use crate::http::document::Problems;
use crate::http::extract::caller::WorkTickets;
use crate::http::extract::{Body, Command, Path};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader};
use crate::http::problem::Problem;

/// Where a ticket goes.
#[derive(Debug, ToSchema)]
#[schema(as = NewMerge)]
pub(super) struct MergeBody {
    /// The ticket that goes on.
    into: Uuid,
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for MergeBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let into = f.text("into").uuid().required();
            let reason = reason(f);
            Some(Self { into: into?, reason })
        })
    }
}

/// Ends the ticket as a duplicate of another one, which is the answer. Clocks
/// that still count are cancelled, open escalations end; what is posted to the
/// ticket from now on goes to the other one. `If-Match` is about the ticket in
/// the path, `ETag` about the one that goes on.
#[utoipa::path(post, path = "/v1/tickets/{id}/merge", tag = "tickets", operation_id = "mergeTicket",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = MergeBody,
    responses(Problems, (status = 200, description = "The ticket that goes on", body = TicketView,
        headers(("ETag" = String)))))]
pub(super) async fn merge(
    State(desk): State<Desk>,
    command: Command<WorkTickets>,
    Path(id): Path<Uuid>,
    body: Body<MergeBody>,
) -> Result<Response, Problem> {
    let MergeBody { into, reason } = body.value;
    let target = Target { ticket: TicketId::new(id), expected: command.expected() };
    let merge = Merge { target, into: TicketId::new(into), reason };
    act(&desk, &command, &body.bytes, &merge).await
}
