//! Policies of ladders: read, and put in force as a whole.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::escalation::ladder::{Book, Policies};
use crate::domain::fields::{FromJson, read};
use crate::domain::reply::Reply;
use crate::domain::sla::Origin;
use crate::domain::violation::Violation;
use crate::flow::ladder::EditLadders;
use crate::flow::{Desk, Error};
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageLadders, TryRules};
use crate::http::extract::{Body, Command, IfNoneMatch, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader};
use crate::http::problem::Problem;
use crate::http::refusal;
use crate::http::revision::RevisionQuery;

/// The operations on policies of ladders.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get, replace, restore))
}

/// The policies that tickets climb by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationPolicies)]
struct PoliciesView {
    /// `shipped` with the service, or the tenant's `own`.
    #[schema(value_type = String)]
    origin: Origin,
    /// How often the tenant has edited them; 0: never.
    revision: i32,
    /// In the order in which they are tried. A policy that an edit left as it was
    /// keeps its version.
    #[schema(value_type = Vec<Object>)]
    policies: Value,
    reason: Option<String>,
    /// When the tenant put them in force; null: it never chose.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

impl From<&Policies> for PoliciesView {
    fn from(policies: &Policies) -> Self {
        Self {
            origin: policies.origin,
            revision: policies.revision,
            policies: policies.book.written().get_mut("policies").map(Value::take).unwrap_or_default(),
            reason: policies.reason.clone(),
            created_at: policies.created_at,
        }
    }
}

/// The policies of ladders in force, or those that were.
#[utoipa::path(get, path = "/v1/escalation-policies", tag = "rules", operation_id = "getEscalationPolicies",
    params(RevisionQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The policies", body = PoliciesView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<TryRules>,
    Query(asked): Query<RevisionQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let found = desk.ladders_of(permit.caller.tenant, asked.revision).await.map_err(refusal::problem)?;
    versioned(found.revision.into(), &PoliciesView::from(&*found), &known)
}

fn edited(policies: &Policies) -> Result<Reply, Error> {
    let view = PoliciesView::from(policies);
    reply_with(StatusCode::OK, None, policies.revision.into(), &view)
}

/// The whole ordered list as it is to be, in the form of `config/ladders.toml`.
#[derive(Debug, ToSchema)]
#[schema(as = NewEscalationPolicies)]
struct PoliciesBody {
    /// Each has `key`, `name`, `applies_to` (lists of `category`, `priority`,
    /// `team`) and `ladders`: a `trigger` and `levels` with `delay_seconds`,
    /// `repeat`, `every_seconds`, `actions` and `to`. A policy has 500 steps at
    /// most, each action of each level counted once and, to notify and to page,
    /// once more for each reminder. A `version` is taken and not looked at.
    #[schema(value_type = Vec<Object>, max_items = 100)]
    policies: Book,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for PoliciesBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let reason = f.text("reason").trimmed().min_chars(1).max_chars(2_000).optional();
            let policies = Book::take(f)?;
            for fault in policies.oversized() {
                f.fault_at(&fault.pointer, fault.code, fault.detail);
            }
            Some(Self { policies, reason })
        })
    }
}

/// Puts the tenant's own policies in force, for tickets that open or are planned
/// anew from now on; plans that were made before go on as they are. Every fault
/// is named. The editions before are kept. The same again makes no edition.
#[utoipa::path(put, path = "/v1/escalation-policies", tag = "rules", operation_id = "replaceEscalationPolicies",
    params(IdempotencyHeader, IfMatchHeader), request_body = PoliciesBody,
    responses(Problems, (status = 200, description = "The policies", body = PoliciesView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageLadders>,
    body: Body<PoliciesBody>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let PoliciesBody { policies, reason } = body.value;
    let edit = EditLadders { book: Some(policies), reason, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |policies| edited(policies)).await
}

/// Goes back to the shipped policies, which is an edition like the others.
#[utoipa::path(delete, path = "/v1/escalation-policies", tag = "rules",
    operation_id = "restoreEscalationPolicies", params(IdempotencyHeader, IfMatchHeader),
    responses(Problems, (status = 200, description = "The policies", body = PoliciesView, headers(("ETag" = String)))))]
async fn restore(State(desk): State<Desk>, command: Command<ManageLadders>) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    let edit = EditLadders { book: None, reason: None, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |policies| edited(policies)).await
}
