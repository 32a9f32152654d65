//! Maintenance that is announced.

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

use crate::domain::id::MaintenanceId;
use crate::domain::maintenance::{Maintenance, NewMaintenance};
use crate::flow::Desk;
use crate::flow::maintenance::{Announce, CallOff};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{AnnounceMaintenance, ReadMonitors};
use crate::http::extract::{Body, Command, FromQuery, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on maintenance.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(announce, list)).routes(routes!(get, call_off))
}

/// Maintenance: what it covers is left out of uptime if it was announced
/// beforehand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Maintenance)]
struct MaintenanceView {
    id: Uuid,
    /// What it is about; null: everything.
    services: Option<Vec<String>>,
    /// It is about everything.
    all: bool,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Not included.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    reason: String,
    /// It was announced beforehand: when it began, at the latest. Otherwise none
    /// of it counts.
    counts: bool,
    /// What of it counts; null: nothing.
    counted: Option<CountedView>,
    /// When it was called off, or ended early.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The part of maintenance that counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountedMaintenance)]
struct CountedView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Not included.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

impl From<&Maintenance> for MaintenanceView {
    fn from(window: &Maintenance) -> Self {
        let counted = Some(window.counted()).filter(|span| !span.is_empty());
        Self {
            id: window.id.uuid(),
            services: window.services.clone(),
            all: window.services.is_none(),
            from: window.from,
            to: window.to,
            reason: window.reason.clone(),
            counts: window.is_announced(),
            counted: counted.map(|span| CountedView { from: span.from, to: span.to }),
            cancelled_at: window.cancelled_at,
            created_at: window.created_at,
        }
    }
}

/// Maintenance to be announced: of some services, or of all.
#[derive(Debug, ToSchema)]
#[schema(as = NewMaintenance)]
#[expect(dead_code, reason = "describes what `NewMaintenance` takes")]
struct NewBody {
    /// The words that tickets carry; not with `all`.
    #[schema(min_items = 1, max_items = 100)]
    services: Option<Vec<String>>,
    /// True: everything.
    all: Option<bool>,
    #[schema(value_type = String, format = DateTime)]
    from: (),
    /// Later than `from`, by 366 days at most.
    #[schema(value_type = String, format = DateTime)]
    to: (),
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

/// Announces maintenance. What has begun already is kept and does not count:
/// nobody was told beforehand.
#[utoipa::path(post, path = "/v1/maintenance", tag = "uptime", operation_id = "announceMaintenance",
    params(IdempotencyHeader), request_body = NewBody,
    responses(Problems, (status = 201, description = "The maintenance", body = MaintenanceView, headers(("Location" = String)))))]
async fn announce(
    State(desk): State<Desk>,
    command: Command<AnnounceMaintenance>,
    body: Body<NewMaintenance>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &Announce(body.value), |window| {
        let location = Some(format!("/v1/maintenance/{}", window.id));
        reply(StatusCode::CREATED, location, None, &MaintenanceView::from(window))
    })
    .await
}

/// Which maintenance is listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Listing {
    /// About this service, that about everything included.
    service: Option<String>,
    /// To end after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// To begin before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for Listing {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self {
            service: parameters.text("service").optional(),
            from: parameters.value("from").timestamp().optional(),
            to: parameters.value("to").timestamp().optional(),
            page: Paging::take(parameters),
        })
    }
}

/// Lists maintenance, what was announced last first.
#[utoipa::path(get, path = "/v1/maintenance", tag = "uptime", operation_id = "listMaintenance",
    params(Listing, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of maintenance", body = Page<MaintenanceView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    uri: Uri,
    Query(Listing { service, from, to, page }): Query<Listing>,
) -> Result<Response, Problem> {
    let list = format!("maintenance {service:?} {from:?} {to:?}");
    let before: Option<MaintenanceId> = page.position(&list)?;
    let limit = i64::from(page.limit) + 1;
    let found =
        desk.maintenance_windows(permit.caller.tenant, service.as_deref(), (from, to), before, limit).await;
    let found = found.map_err(refusal::problem)?;
    let view = |window: Maintenance| MaintenanceView::from(&window);
    paging::answer(&uri, &list, page.limit, found, |window| window.id, view)
}

/// Maintenance.
#[utoipa::path(get, path = "/v1/maintenance/{id}", tag = "uptime", operation_id = "getMaintenance",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The maintenance", body = MaintenanceView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<MaintenanceView>, Problem> {
    let found = desk.maintenance(permit.caller.tenant, MaintenanceId::new(id)).await;
    Ok(Json(MaintenanceView::from(&found.map_err(refusal::problem)?)))
}

/// Calls maintenance off; what runs ends now, what is over stays as it was.
#[utoipa::path(delete, path = "/v1/maintenance/{id}", tag = "uptime", operation_id = "cancelMaintenance",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The maintenance as it is now", body = MaintenanceView)))]
async fn call_off(
    State(desk): State<Desk>,
    permit: Permit<AnnounceMaintenance>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Response, Problem> {
    execute(&desk, &permit.caller, None, &CallOff(MaintenanceId::new(id)), |window| {
        reply(StatusCode::OK, None, None, &MaintenanceView::from(window))
    })
    .await
}
