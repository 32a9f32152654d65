//! What endpoints were told, and how that went.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::id::{DeliveryId, EndpointId, EventId, TicketId};
use crate::domain::webhook::event::EventType;
use crate::domain::webhook::reading::Replay;
use crate::domain::webhook::{Attempt, AttemptOutcome, Delivery, DeliveryState};
use crate::flow::Desk;
use crate::flow::webhook::{ReplayDeliveries, ReplayDelivery, TestEndpoint};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::ManageWebhooks;
use crate::http::extract::{Body, Command, FromQuery, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

pub(super) fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(test))
        .routes(routes!(replay_many))
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(replay))
}

/// One message to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
struct DeliveryView {
    /// The `webhook-id` of every attempt, replays included.
    id: Uuid,
    webhook: Uuid,
    #[serde(rename = "type")]
    event_type: EventType,
    /// The ticket it is about; null for a test.
    ticket: Option<Uuid>,
    /// The event of the ticket's history, `id` of the body; null for a test.
    event: Option<Uuid>,
    /// The number in the body; null while none is given. One that is about to be
    /// sent has a number, which changes if it is not.
    sequence: Option<i64>,
    /// `pending`; `delivered`; `dead`: given up; `moot`: withdrawn, because its
    /// ticket became confidential.
    state: DeliveryState,
    /// How often it was tried.
    attempts: i32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stopped waiting; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.uuid(),
            webhook: delivery.endpoint.uuid(),
            event_type: delivery.event_type,
            ticket: delivery.ticket.map(TicketId::uuid),
            event: delivery.event.map(EventId::uuid),
            sequence: delivery.sequence,
            state: delivery.state,
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            settled_at: delivery.settled_at,
        }
    }
}

/// A delivery with how its attempts went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryLog)]
struct LogView {
    #[serde(flatten)]
    about: DeliveryView,
    /// The last 500, oldest first.
    log: Vec<AttemptView>,
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct AttemptView {
    /// From 1, over replays.
    number: i32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    outcome: AttemptOutcome,
    /// Status of the answer; null: none came.
    status: Option<i32>,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// The first KiB of the answer's body.
    answer: Option<String>,
    /// What went wrong.
    error: Option<String>,
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at,
            outcome: attempt.outcome,
            status: attempt.status,
            duration_ms: attempt.duration_ms,
            answer: attempt.answer.clone(),
            error: attempt.error.clone(),
        }
    }
}

/// Sends an event `webhook.test`, after what waits already.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks", operation_id = "testWebhook",
    params(("id" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 201, description = "The delivery", body = DeliveryView,
        headers(("Location" = String)))))]
async fn test(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let test = TestEndpoint(EndpointId::new(id));
    execute(&desk, command.caller(), command.retry(&[]).as_ref(), &test, |delivery| {
        let location = Some(format!("/v1/webhooks/{id}/deliveries/{}", delivery.id));
        reply(StatusCode::CREATED, location, None, &DeliveryView::from(delivery))
    })
    .await
}

/// Which deliveries are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// In this state.
    state: Option<DeliveryState>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for DeliveryQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let state = parameters.choice("state").optional();
        Some(Self { state, page: Paging::take(parameters) })
    }
}

/// Lists what an endpoint was told, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "listWebhookDeliveries",
    params(("id" = Uuid, Path), DeliveryQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of deliveries", body = Page<DeliveryView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ManageWebhooks>,
    Path(id): Path<Uuid>,
    uri: Uri,
    Query(query): Query<DeliveryQuery>,
) -> Result<Response, Problem> {
    let DeliveryQuery { state, page } = query;
    let name = format!("deliveries {id} {state:?}");
    let before: Option<i64> = page.position(&name)?;
    let limit = i64::from(page.limit) + 1;
    let found = desk.deliveries(permit.caller.tenant, EndpointId::new(id), state, before, limit).await;
    let found = found.map_err(refusal::problem)?;
    let view = |delivery: Delivery| DeliveryView::from(&delivery);
    paging::answer(&uri, &name, page.limit, found, |delivery| delivery.position, view)
}

/// A delivery with how its attempts went.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries/{delivery}", tag = "webhooks",
    operation_id = "getWebhookDelivery", params(("id" = Uuid, Path), ("delivery" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The delivery", body = LogView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ManageWebhooks>,
    Path((id, delivery)): Path<(Uuid, Uuid)>,
    Query(()): Query<()>,
) -> Result<Json<LogView>, Problem> {
    let (endpoint, delivery) = (EndpointId::new(id), DeliveryId::new(delivery));
    let found = desk.delivery(permit.caller.tenant, endpoint, delivery).await;
    let (delivery, attempts) = found.map_err(refusal::problem)?;
    let log = attempts.iter().map(AttemptView::from).collect();
    Ok(Json(LogView { about: DeliveryView::from(&delivery), log }))
}

/// Delivers once more: the same `webhook-id` and the same body, in its old
/// place before what is newer.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/replay", tag = "webhooks",
    operation_id = "replayWebhookDelivery",
    params(("id" = Uuid, Path), ("delivery" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 200, description = "The delivery, which waits again", body = DeliveryView)))]
async fn replay(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    Path((id, delivery)): Path<(Uuid, Uuid)>,
) -> Result<Response, Problem> {
    let replay = ReplayDelivery { endpoint: EndpointId::new(id), delivery: DeliveryId::new(delivery) };
    execute(&desk, command.caller(), command.retry(&[]).as_ref(), &replay, |delivery| {
        reply(StatusCode::OK, None, None, &DeliveryView::from(delivery))
    })
    .await
}

/// What is to be delivered once more: either field, not both.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookReplay)]
#[expect(dead_code, reason = "describes what `Replay` takes")]
struct ReplayBody {
    /// What was made at this instant or later and is delivered or dead.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// `dead`: what was given up.
    #[schema(example = "dead")]
    state: Option<String>,
}

/// How many deliveries wait again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
struct ReplayedView {
    replayed: u64,
}

/// Delivers many once more, in their order, before what is newer.
#[utoipa::path(post, path = "/v1/webhooks/{id}/replay", tag = "webhooks", operation_id = "replayWebhook",
    params(("id" = Uuid, Path), IdempotencyHeader), request_body = ReplayBody,
    responses(Problems, (status = 200, description = "How many", body = ReplayedView)))]
async fn replay_many(
    State(desk): State<Desk>,
    command: Command<ManageWebhooks>,
    Path(id): Path<Uuid>,
    body: Body<Replay>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let replay = ReplayDeliveries { endpoint: EndpointId::new(id), which: body.value };
    execute(&desk, command.caller(), retry.as_ref(), &replay, |replayed| {
        reply(StatusCode::OK, None, None, &ReplayedView { replayed: *replayed })
    })
    .await
}
