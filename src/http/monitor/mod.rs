//! Monitors: HTTP checks that the desk makes, and heartbeats that it awaits.

mod view;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::view::{MonitorView, NewBody, PatchBody};
use crate::domain::id::MonitorId;
use crate::domain::monitor::{Monitor, MonitorPatch, NewMonitor};
use crate::flow::Desk;
use crate::flow::monitor::{Beat, CreateMonitor, DeleteMonitor, EditMonitor};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageMonitors, ReadMonitors, SendHeartbeats};
use crate::http::extract::{
    Body, Command, FromQuery, MergePatch, Page, Paging, Parameters, Path, Permit, Query,
};
use crate::http::parameters::{IdempotencyHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on monitors.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, patch, delete))
        .routes(routes!(beat))
}

/// Makes a monitor. A check asks for the first time at once; a heartbeat is
/// awaited from now on.
///
/// Failures in a row (`failures_to_open`), and a heartbeat that does not come
/// in time, are an outage, from the first failure or from the deadline on, and
/// the next success ends it. An outage is an alert of the source `monitor`,
/// which gets a ticket like any other; one that begins in announced maintenance
/// gets it if it goes on after that. Only time between two looks that are at
/// most two intervals apart counts as observed.
#[utoipa::path(post, path = "/v1/monitors", tag = "uptime", operation_id = "createMonitor",
    params(IdempotencyHeader), request_body = NewBody,
    responses(Problems, (status = 201, description = "The monitor", body = MonitorView, headers(("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageMonitors>,
    body: Body<NewMonitor>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &CreateMonitor(body.value), |monitor| {
        let location = Some(format!("/v1/monitors/{}", monitor.id));
        reply(StatusCode::CREATED, location, None, &MonitorView::from(monitor))
    })
    .await
}

/// Which monitors are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Listing {
    /// Those of this service.
    service: Option<String>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for Listing {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self { service: parameters.text("service").optional(), page: Paging::take(parameters) })
    }
}

/// Lists the monitors, oldest first.
#[utoipa::path(get, path = "/v1/monitors", tag = "uptime", operation_id = "listMonitors",
    params(Listing, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of monitors", body = Page<MonitorView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    uri: Uri,
    Query(Listing { service, page }): Query<Listing>,
) -> Result<Response, Problem> {
    let list = format!("monitors {service:?}");
    let after: Option<MonitorId> = page.position(&list)?;
    let limit = i64::from(page.limit) + 1;
    let found = desk.monitors(permit.caller.tenant, service.as_deref(), after, limit).await;
    let found = found.map_err(refusal::problem)?;
    let view = |monitor: Monitor| MonitorView::from(&monitor);
    paging::answer(&uri, &list, page.limit, found, |monitor| monitor.id, view)
}

/// A monitor, with what it saw last.
#[utoipa::path(get, path = "/v1/monitors/{id}", tag = "uptime", operation_id = "getMonitor",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The monitor", body = MonitorView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<MonitorView>, Problem> {
    let found = desk.monitor(permit.caller.tenant, MonitorId::new(id)).await.map_err(refusal::problem)?;
    Ok(Json(MonitorView::from(&found)))
}

/// Changes a monitor by a JSON merge patch (RFC 7396). What changes how it
/// looks makes it look at once, or await its heartbeat from now on. One that is
/// disabled observes nothing: its outage ends with its last look.
#[utoipa::path(patch, path = "/v1/monitors/{id}", tag = "uptime", operation_id = "updateMonitor",
    params(("id" = Uuid, Path), IdempotencyHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The monitor", body = MonitorView)))]
async fn patch(
    State(desk): State<Desk>,
    command: Command<ManageMonitors>,
    Path(id): Path<Uuid>,
    MergePatch(body): MergePatch<MonitorPatch>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditMonitor { monitor: MonitorId::new(id), patch: body.value };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |monitor| {
        reply(StatusCode::OK, None, None, &MonitorView::from(monitor))
    })
    .await
}

/// Deletes a monitor. What it observed, and its outages, stay.
#[utoipa::path(delete, path = "/v1/monitors/{id}", tag = "uptime", operation_id = "deleteMonitor",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The monitor as it was", body = MonitorView)))]
async fn delete(
    State(desk): State<Desk>,
    permit: Permit<ManageMonitors>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Response, Problem> {
    execute(&desk, &permit.caller, None, &DeleteMonitor(MonitorId::new(id)), |monitor| {
        reply(StatusCode::OK, None, None, &MonitorView::from(monitor))
    })
    .await
}

/// Takes a heartbeat: the service lives now. It takes no body.
#[utoipa::path(post, path = "/v1/monitors/{id}/heartbeat", tag = "uptime", operation_id = "sendHeartbeat",
    params(("id" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 200, description = "The monitor", body = MonitorView)))]
async fn beat(
    State(desk): State<Desk>,
    command: Command<SendHeartbeats>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let beat = Beat(MonitorId::new(id));
    execute(&desk, command.caller(), command.retry(&[]).as_ref(), &beat, |monitor| {
        reply(StatusCode::OK, None, None, &MonitorView::from(monitor))
    })
    .await
}
