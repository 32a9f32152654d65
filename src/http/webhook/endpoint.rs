//! Endpoints.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::id::EndpointId;
use crate::domain::webhook::breaker::BreakerState;
use crate::domain::webhook::event::EventType;
use crate::domain::webhook::reading::{EndpointPatch, NewEndpoint};
use crate::domain::webhook::{DisabledBecause, Endpoint};
use crate::flow::Desk;
use crate::flow::webhook::{CreateEndpoint, DeleteEndpoint, EditEndpoint, RotateSecret};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::ManageWebhooks;
use crate::http::extract::{Body, Command, MergePatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

pub(super) fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, patch, delete))
        .routes(routes!(rotate))
}

/// An endpoint; its secret is shown only in the answers that make one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
struct EndpointView {
    id: Uuid,
    /// Where deliveries are posted to.
    url: String,
    /// What it is told of; null: everything.
    events: Option<Vec<EventType>>,
    description: Option<String>,
    enabled: bool,
    /// Why it is not enabled: by `request`, or it is `gone` (it answered 410).
    disabled_because: Option<DisabledBecause>,
    breaker: BreakerView,
    /// The number that a delivery was given last; 0: none was.
    sequence: i64,
    /// Until when deliveries are signed with the secret before, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// How the endpoint has answered lately.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookBreaker)]
struct BreakerView {
    /// `closed`: deliveries flow. `open`: it keeps failing, and only the first
    /// that waits is tried, now and then.
    state: BreakerState,
    /// Attempts that failed since the last success.
    consecutive_failures: i32,
    /// The first of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// When the first that waits is sent; null: nothing waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
}

impl EndpointView {
    fn of(desk: &Desk, endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id.uuid(),
            url: endpoint.url.clone(),
            events: endpoint.events.clone(),
            description: endpoint.description.clone(),
            enabled: endpoint.disabled.is_none(),
            disabled_because: endpoint.disabled,
            breaker: BreakerView {
                state: desk.breaker(endpoint),
                consecutive_failures: endpoint.health.failures,
                failing_since: endpoint.health.failing_since,
                next_attempt_at: endpoint.due_at.filter(|_| endpoint.disabled.is_none()),
            },
            sequence: endpoint.sequence,
            previous_secret_until: endpoint.previous.as_ref().map(|(_, until)| *until),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its new secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
struct SecretView {
    /// What deliveries are signed with, as Standard Webhooks has it. It is
    /// shown in this answer alone.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    #[serde(flatten)]
    about: EndpointView,
}

impl SecretView {
    fn of(desk: &Desk, endpoint: &Endpoint) -> Self {
        Self { secret: endpoint.secret.expose().to_owned(), about: EndpointView::of(desk, endpoint) }
    }
}

/// An endpoint to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhook)]
#[expect(dead_code, reason = "describes what `NewEndpoint` takes")]
struct NewBody {
    /// Where deliveries are to be posted: `https`, and a public address unless
    /// the operator allows others.
    #[schema(min_length = 1, max_length = 2_000, example = "https://hooks.example.org/support")]
    url: String,
    /// What it is to be told of; everything unless given.
    #[schema(min_items = 1)]
    events: Option<Vec<EventType>>,
    /// For people.
    #[schema(min_length = 1, max_length = 500)]
    description: Option<String>,
    /// `whsec_` and 24 to 64 bytes in base64; a random one unless given.
    #[schema(max_length = 100)]
    secret: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookPatch)]
#[expect(dead_code, reason = "describes what `EndpointPatch` takes")]
struct PatchBody {
    /// Never null.
    #[schema(min_length = 1, max_length = 2_000)]
    url: Option<String>,
    /// Null: everything.
    #[schema(min_items = 1)]
    events: Option<Vec<EventType>>,
    /// False: nothing is queued or sent any more; true: what waits is sent, in
    /// order. Never null.
    enabled: Option<bool>,
    /// Null: none.
    #[schema(min_length = 1, max_length = 500)]
    description: Option<String>,
}

/// Makes an endpoint. The answer shows its secret, which no other does; only
/// the same request with the same Idempotency-Key gets it again.
///
/// From now on it is told of what happens: `CloudEvents` 1.0 in JSON, signed as
/// Standard Webhooks has it, in order, each until it answers 2xx. Tickets that
/// are confidential (`restricted`) are told of to the endpoints of teams that
/// are needed for them, and to no other.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", operation_id = "createWebhook",
    params(IdempotencyHeader), request_body = NewBody,
    responses(Problems, (status = 201, description = "The endpoint and its secret", body = SecretView,
        headers(("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    body: Body<NewEndpoint>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &CreateEndpoint(body.value), |endpoint| {
        let location = Some(format!("/v1/webhooks/{}", endpoint.id));
        reply(StatusCode::CREATED, location, None, &SecretView::of(&desk, endpoint))
    })
    .await
}

/// Lists the endpoints, oldest first.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", operation_id = "listWebhooks", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of endpoints", body = Page<EndpointView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ManageWebhooks>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<EndpointId> = page.position("webhooks")?;
    let found = desk.webhooks(permit.caller.tenant, after, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    let view = |endpoint: Endpoint| EndpointView::of(&desk, &endpoint);
    paging::answer(&uri, "webhooks", page.limit, found, |endpoint| endpoint.id, view)
}

/// An endpoint, with how it has answered lately.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "getWebhook",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The endpoint", body = EndpointView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ManageWebhooks>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<EndpointView>, Problem> {
    let found = desk.webhook(permit.caller.tenant, EndpointId::new(id)).await.map_err(refusal::problem)?;
    Ok(Json(EndpointView::of(&desk, &found)))
}

/// Changes an endpoint by a JSON merge patch (RFC 7396).
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "updateWebhook",
    params(("id" = Uuid, Path), IdempotencyHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The endpoint", body = EndpointView)))]
async fn patch(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    Path(id): Path<Uuid>,
    MergePatch(body): MergePatch<EndpointPatch>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditEndpoint { endpoint: EndpointId::new(id), patch: body.value };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |endpoint| {
        reply(StatusCode::OK, None, None, &EndpointView::of(&desk, endpoint))
    })
    .await
}

/// Deletes an endpoint with everything that it was told. Nothing is sent any
/// more.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "deleteWebhook",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The endpoint as it was", body = EndpointView)))]
async fn delete(
    State(desk): State<Desk>,
    permit: Permit<ManageWebhooks>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Response, Problem> {
    execute(&desk, &permit.caller, None, &DeleteEndpoint(EndpointId::new(id)), |endpoint| {
        reply(StatusCode::OK, None, None, &EndpointView::of(&desk, endpoint))
    })
    .await
}

/// Gives an endpoint a new secret. Until `previous_secret_until` deliveries are
/// signed with the one before, too; a still older one ends now.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate", tag = "webhooks", operation_id = "rotateWebhookSecret",
    params(("id" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 200, description = "The endpoint and its new secret", body = SecretView)))]
async fn rotate(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let rotate = RotateSecret(EndpointId::new(id));
    execute(&desk, command.caller(), command.retry(&[]).as_ref(), &rotate, |endpoint| {
        reply(StatusCode::OK, None, None, &SecretView::of(&desk, endpoint))
    })
    .await
}
