//! Changing a ticket by a merge patch.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::act::act;
use super::view::TicketView;
use crate::domain::edit::Patch;
use crate::domain::id::TicketId;
use crate::domain::vocabulary::{Category, Impact, Scope, Severity, Status, TicketType};
use crate::flow::Desk;
use crate::flow::edit::Edit;
use crate::flow::life::Target;
use crate::http::document::Problems;
use crate::http::extract::caller::WriteTickets;
use crate::http::extract::{Command, MergePatch, Path};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader};
use crate::http::problem::Problem;

/// What is to change; what is left out stays. Null takes a value away, and is
/// refused where there has to be one.
#[derive(Debug, ToSchema)]
#[schema(as = TicketPatch)]
#[expect(dead_code, reason = "describes what `Patch` takes")]
pub(super) struct PatchBody {
    /// One line about it; never null.
    #[schema(min_length = 1, max_length = 300)]
    subject: Option<String>,
    /// Who is helped; never null.
    requester: Option<RequesterPatch>,
    /// The service it is about.
    #[schema(min_length = 1, max_length = 100)]
    service: Option<String>,
    /// The caller's own identifier for it.
    #[schema(min_length = 1, max_length = 255)]
    external_ref: Option<String>,
    /// Unique among open tickets.
    #[schema(min_length = 1, max_length = 255)]
    dedup_key: Option<String>,
    /// All of the free words, 50 at most; null: none.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
    /// A merge patch of the free fields, of which there may be 16 KiB
    /// afterwards; null: none stays.
    #[schema(value_type = Option<Object>)]
    custom: Option<Value>,
    /// A person's word; null takes it back, and the rules decide again.
    category: Option<Category>,
    /// A person's word; null takes it back, and the rules decide again.
    severity: Option<Severity>,
    /// A person's word; null takes it back, and the rules decide again.
    impact: Option<Impact>,
    /// A person's word; null takes it back, and the rules decide again.
    #[schema(rename = "type")]
    r#type: Option<TicketType>,
    /// A person's word on whether it is the desk's work; null takes it back,
    /// and the rules decide again.
    scope: Option<Scope>,
    /// Slug of the team; never null.
    #[schema(min_length = 1, max_length = 63)]
    team: Option<String>,
    /// Id or name of the agent; null: nobody.
    #[schema(min_length = 1, max_length = 200)]
    agent: Option<String>,
    /// As by the ticket's `transitions` link; never null.
    status: Option<Status>,
    /// Why; required where a promise on the ticket becomes weaker.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

/// Who is helped.
#[derive(Debug, ToSchema)]
#[schema(as = RequesterPatch)]
#[expect(dead_code, reason = "describes what `Patch` takes")]
struct RequesterPatch {
    /// Address; another one gives the ticket to the person who has it. What was
    /// written stays whose it was. Never null.
    #[schema(max_length = 254, example = "ada@example.org")]
    email: Option<String>,
    /// The person's name, on all of their tickets; null: none.
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// Changes a ticket by a JSON merge patch (RFC 7396). What the patch names and
/// is so already is no change; a patch without any leaves the version as it
/// is. Fields that follow from others are refused by name.
///
/// Keys of the role service may not set `category`, `severity`, `impact`,
/// `type`, `scope`, `team`, `agent` and `status`: those are people's to decide.
#[utoipa::path(patch, path = "/v1/tickets/{id}", tag = "tickets", operation_id = "updateTicket",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The ticket", body = TicketView,
        headers(("ETag" = String)))))]
pub(super) async fn patch(
    State(desk): State<Desk>,
    command: Command<WriteTickets>,
    Path(id): Path<Uuid>,
    MergePatch(body): MergePatch<Patch>,
) -> Result<Response, Problem> {
    let target = Target { ticket: TicketId::new(id), expected: command.expected() };
    act(&desk, &command, &body.bytes, &Edit { target, patch: body.value }).await
}
