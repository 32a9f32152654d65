//! Policies: what is promised on which tickets.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sla_edition::{
    CalendarRefView, MovedView, Named, PreviewView, VersionView, take_key, take_reason, take_running,
    versions,
};
use crate::domain::fields::{FromJson, read};
use crate::domain::sla::{Conditions, Origin, PolicyEdit, PolicySpec, PolicyVersion, Rules};
use crate::domain::violation::Violation;
use crate::flow::sla_edit::{Edit, EditBook, Edited};
use crate::flow::sla_move::MovePolicy;
use crate::flow::{Desk, Error};
use crate::http::answer::{self, execute, reply, tag, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageSla, ReadSla};
use crate::http::extract::query::{FromQuery, Parameters};
use crate::http::extract::{Body, Command, IfNoneMatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on policies.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(preview))
        .routes(routes!(get, replace))
        .routes(routes!(list_versions))
        .routes(routes!(move_tickets))
}

/// A version of a policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaPolicy)]
struct PolicyView {
    key: String,
    version: u32,
    /// `shipped` with the service, or the tenant's `own`.
    #[schema(value_type = String)]
    origin: Origin,
    name: String,
    /// Policies are tried in this order, lower first, then by key; the first
    /// that fits a ticket is its promise.
    position: i32,
    /// Otherwise it fits no ticket.
    enabled: bool,
    /// Counts what names no other.
    calendar: CalendarRefView,
    /// Lists by `category`, `priority`, `channel`, `type`, `service`, `tags`;
    /// those that are not empty must name the ticket's value.
    #[schema(value_type = Object)]
    applies_to: Conditions,
    /// The arithmetic of its clocks.
    #[schema(value_type = Object)]
    rules: Rules,
    /// By priority: `first_response_seconds`, `next_response_seconds`,
    /// `resolution_seconds`, in business time of `calendar`.
    #[schema(value_type = Object)]
    targets: Value,
    reason: Option<String>,
    /// Null: shipped.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

impl From<&PolicyVersion> for PolicyView {
    fn from(version: &PolicyVersion) -> Self {
        Self {
            key: version.key.clone(),
            version: version.version,
            origin: version.origin,
            name: version.spec.name.clone(),
            position: version.position,
            enabled: version.enabled,
            calendar: CalendarRefView::from(&version.spec.calendar),
            applies_to: version.spec.applies_to.clone(),
            rules: version.spec.rules.clone(),
            targets: serde_json::to_value(&version.spec.targets).unwrap_or_default(),
            reason: version.reason.clone(),
            created_at: version.created_at,
        }
    }
}

/// A policy after an edit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditedSlaPolicy)]
struct EditedView {
    #[serde(flatten)]
    policy: PolicyView,
    /// The versions that the edit made; none: it said nothing new.
    created: Vec<VersionView>,
    /// Null: running clocks were not to move.
    moved: Option<MovedView>,
}

/// A policy as it is to be, whole.
#[derive(Debug, ToSchema)]
#[schema(as = NewSlaPolicy)]
struct PolicyBody {
    /// Required without a key in the path: 1 to 64 lower case letters, digits,
    /// `-` and `_`.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    key: (),
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    name: (),
    /// Where it is, or 100: before the shipped ones, which stand at 1000, 2000, ….
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 1_000_000)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    position: (),
    /// True; false retires it.
    #[schema(value_type = Option<bool>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    enabled: (),
    /// A key, whose newest version is taken, or `{key, version}`.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    calendar: (),
    /// Which tickets it is for; all.
    #[schema(value_type = Option<Object>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    applies_to: (),
    /// The arithmetic of its clocks; the desk's own.
    #[schema(value_type = Option<Object>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    rules: (),
    /// By priority: `{calendar?, first_response_seconds?,
    /// next_response_seconds?, resolution_seconds?}`.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    targets: (),
    /// `keep` (unless given) or `move`: what becomes of running clocks.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    running: (),
    /// Why; required where a move makes a promise weaker.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2_000)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    reason: (),
}

/// Reads an edit, and whether running clocks are to move.
fn edit(value: Value, named: Named<'_>) -> Result<(PolicyEdit, bool), Vec<Violation>> {
    read(value, |f| {
        let key = take_key(f, named);
        let position = f.integer("position").between(0, 1_000_000).narrow().optional();
        let enabled = f.boolean("enabled").or(true);
        let spec = PolicySpec::take(f);
        let (moves, reason) = take_running(f);
        Some((PolicyEdit { key: key?, position, enabled, spec: spec?, reason }, moves))
    })
}

fn edited(status: StatusCode, key: &str, edited: &Edited) -> Result<crate::domain::reply::Reply, Error> {
    let version = edited.book.policy(key);
    let version = version.ok_or_else(|| Error::Defect(format!("policy {key} is not in the book")))?;
    let tag = tag(version.version.into(), &PolicyView::from(version))?;
    let body = EditedView {
        policy: PolicyView::from(version),
        created: versions(&edited.edition),
        moved: edited.moved.map(MovedView::from),
    };
    let location = (status == StatusCode::CREATED).then(|| format!("/v1/sla/policies/{key}"));
    reply(status, location, Some(&tag), &body)
}

/// Lists the newest version of every policy, in the order in which they are
/// tried.
#[utoipa::path(get, path = "/v1/sla/policies", tag = "sla", operation_id = "listSlaPolicies",
    params(PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "A page of policies", body = Page<PolicyView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    uri: Uri,
    Query(page): Query<Paging>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let after: Option<(i32, String)> = page.position("sla-policies")?;
    let book = desk.sla_book(permit.caller.tenant).await.map_err(refusal::problem)?;
    let place = |version: &&PolicyVersion| (version.position, version.key.clone());
    let found: Vec<&PolicyVersion> = book
        .policies()
        .iter()
        .filter(|version| after.as_ref().is_none_or(|after| place(version) > *after))
        .take(usize::from(page.limit) + 1)
        .collect();
    let page = paging::page("sla-policies", page.limit, found, place, PolicyView::from)?;
    answer::page(page, &uri, &known)
}

/// Makes a policy of the tenant's own.
#[utoipa::path(post, path = "/v1/sla/policies", tag = "sla", operation_id = "createSlaPolicy",
    params(IdempotencyHeader), request_body = PolicyBody,
    responses(Problems, (status = 201, description = "The policy", body = EditedView,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageSla>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let (edit, moves) = edit(body.value, Named::InBody)?;
    let key = edit.key.clone();
    let use_case = EditBook { edit: Edit::Policy(edit), creates: true, expected: None, moves };
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |made| {
        edited(StatusCode::CREATED, &key, made)
    })
    .await
}

/// Tells what an edit would make, and what moving running clocks would do.
/// Nothing is stored.
#[utoipa::path(post, path = "/v1/sla/policies/preview", tag = "sla", operation_id = "previewSlaPolicy",
    request_body = PolicyBody,
    responses(Problems, (status = 200, description = "What it would do", body = PreviewView)))]
async fn preview(
    State(desk): State<Desk>,
    permit: Permit<ManageSla>,
    Query(()): Query<()>,
    body: Body<Value>,
) -> Result<Json<PreviewView>, Problem> {
    let (edit, _) = edit(body.value, Named::InBody)?;
    let foresight =
        desk.foresee(permit.caller.tenant, &Edit::Policy(edit)).await.map_err(refusal::problem)?;
    Ok(Json(PreviewView::from(&foresight)))
}

/// Which version is asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// The newest unless given.
    #[param(minimum = 1)]
    version: Option<i32>,
}

impl VersionQuery {
    /// The version, if one is named.
    pub(super) fn version(&self) -> Option<u32> {
        self.version.and_then(|version| u32::try_from(version).ok())
    }
}

impl FromQuery for VersionQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let version = parameters.value("version").integer().between(1, i32::MAX.into()).narrow().optional();
        Some(Self { version })
    }
}

/// A policy: its newest version, or another.
#[utoipa::path(get, path = "/v1/sla/policies/{key}", tag = "sla", operation_id = "getSlaPolicy",
    params(("key" = String, Path), VersionQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The policy", body = PolicyView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    Path(key): Path<String>,
    Query(asked): Query<VersionQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let tenant = permit.caller.tenant;
    let found = match asked.version() {
        None => desk.sla_book(tenant).await.map_err(refusal::problem)?.policy(&key).cloned(),
        Some(version) => {
            let one = desk.policy_versions(tenant, &key, version.checked_add(1), 1).await;
            one.map_err(refusal::problem)?.pop().filter(|found| found.version == version)
        }
    };
    let version = found.ok_or_else(|| Problem::not_found("policy"))?;
    Ok(answer::kept(versioned(version.version.into(), &PolicyView::from(&version), &known)?))
}

/// Puts a new version in the place of a policy, whole; what it does not say is
/// as for a new one, but its position stays. The same again makes no version.
#[utoipa::path(put, path = "/v1/sla/policies/{key}", tag = "sla", operation_id = "replaceSlaPolicy",
    params(("key" = String, Path), IdempotencyHeader, IfMatchHeader), request_body = PolicyBody,
    responses(Problems, (status = 200, description = "The policy", body = EditedView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageSla>,
    Path(key): Path<String>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let (edit, moves) = edit(body.value, Named::InPath(&key))?;
    let expected = command.expected();
    let use_case = EditBook { edit: Edit::Policy(edit), creates: false, expected, moves };
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |made| edited(StatusCode::OK, &key, made))
        .await
}

/// Lists the versions of a policy, newest first.
#[utoipa::path(get, path = "/v1/sla/policies/{key}/versions", tag = "sla", operation_id = "listSlaPolicyVersions",
    params(("key" = String, Path), PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "A page of versions", body = Page<PolicyView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_versions(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    Path(key): Path<String>,
    uri: Uri,
    Query(page): Query<Paging>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let list = format!("sla-policy {key}");
    let before: Option<u32> = page.position(&list)?;
    let limit = usize::from(page.limit) + 1;
    let found = desk.policy_versions(permit.caller.tenant, &key, before, limit).await;
    let found = found.map_err(refusal::problem)?;
    if found.is_empty() && before.is_none() {
        return Err(Problem::not_found("policy"));
    }
    let view = |item: PolicyVersion| PolicyView::from(&item);
    let page = paging::page(&list, page.limit, found, |version| version.version, view)?;
    answer::page(page, &uri, &known)
}

/// Why tickets are moved.
#[derive(Debug, ToSchema)]
#[schema(as = NewSlaMove)]
struct MoveBody {
    /// Why; required where a promise gets weaker.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for MoveBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self { reason: take_reason(f) }))
    }
}

/// Moves the running clocks of unresolved tickets that have, or should have,
/// this policy to what fits them now, 1,000 tickets a request; nothing left is
/// no fault.
#[utoipa::path(post, path = "/v1/sla/policies/{key}/move", tag = "sla", operation_id = "moveSlaPolicy",
    params(("key" = String, Path), IdempotencyHeader), request_body = MoveBody,
    responses(Problems, (status = 200, description = "What became of them", body = MovedView)))]
async fn move_tickets(
    State(desk): State<Desk>,
    command: Command<ManageSla>,
    Path(key): Path<String>,
    body: Body<MoveBody>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let use_case = MovePolicy { key, reason: body.value.reason };
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |moved| {
        reply(StatusCode::OK, None, None, &MovedView::from(*moved))
    })
    .await
}
