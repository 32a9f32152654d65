//! Outages: when services were away.

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

use crate::domain::id::{MonitorId, OutageId};
use crate::domain::outage::{NewOutage, Outage, OutagePatch, Wanted};
use crate::flow::Desk;
use crate::flow::outage::{EditOutage, ReportOutage};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadMonitors, ReportOutages};
use crate::http::extract::{
    Body, Command, FromQuery, MergePatch, Page, Paging, Parameters, Path, Permit, Query,
};
use crate::http::parameters::{IdempotencyHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on outages.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(report, list)).routes(routes!(get, patch))
}

/// A stretch of time in which a service was not there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outage)]
struct OutageView {
    id: Uuid,
    service: String,
    /// The monitor that found it; null: somebody reported it.
    monitor: Option<Uuid>,
    /// Of a monitor: the first failure, or the deadline that passed.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Null: it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Outage> for OutageView {
    fn from(outage: &Outage) -> Self {
        Self {
            id: outage.id.uuid(),
            service: outage.service.clone(),
            monitor: outage.monitor.map(MonitorId::uuid),
            from: outage.from,
            to: outage.to,
            reason: outage.reason.clone(),
            created_at: outage.created_at,
            updated_at: outage.updated_at,
        }
    }
}

/// An outage to be reported.
#[derive(Debug, ToSchema)]
#[schema(as = NewOutage)]
#[expect(dead_code, reason = "describes what `NewOutage` takes")]
struct NewBody {
    /// The word that tickets carry.
    #[schema(min_length = 1, max_length = 100)]
    service: String,
    /// Not later than now.
    #[schema(value_type = String, format = DateTime)]
    from: (),
    /// Not later than now, and not earlier than `from`; without it the outage
    /// goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: (),
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

/// What is to change; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = OutagePatch)]
#[expect(dead_code, reason = "describes what `OutagePatch` takes")]
struct PatchBody {
    /// When it ended, not later than now. Never null.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: (),
    /// Never null.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

/// Reports an outage that no monitor found. It counts like one that a monitor
/// found, and its time counts as observed.
#[utoipa::path(post, path = "/v1/outages", tag = "uptime", operation_id = "reportOutage",
    params(IdempotencyHeader), request_body = NewBody,
    responses(Problems, (status = 201, description = "The outage", body = OutageView, headers(("Location" = String)))))]
async fn report(
    State(desk): State<Desk>,
    command: Command<ReportOutages>,
    body: Body<NewOutage>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &ReportOutage(body.value), |outage| {
        let location = Some(format!("/v1/outages/{}", outage.id));
        reply(StatusCode::CREATED, location, None, &OutageView::from(outage))
    })
    .await
}

/// Which outages are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Listing {
    /// Those of this service.
    service: Option<String>,
    /// Those that had not ended by this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Those that had begun before this instant.
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

/// Lists outages, those that began last first.
#[utoipa::path(get, path = "/v1/outages", tag = "uptime", operation_id = "listOutages", params(Listing, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of outages", body = Page<OutageView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    uri: Uri,
    Query(Listing { service, from, to, page }): Query<Listing>,
) -> Result<Response, Problem> {
    let list = format!("outages {service:?} {from:?} {to:?}");
    let before: Option<(Timestamp, OutageId)> = page.position(&list)?;
    let wanted = Wanted { service, from, to };
    let found = desk.outages(permit.caller.tenant, &wanted, before, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    let place = |outage: &Outage| (outage.from, outage.id);
    paging::answer(&uri, &list, page.limit, found, place, |outage| OutageView::from(&outage))
}

/// An outage.
#[utoipa::path(get, path = "/v1/outages/{id}", tag = "uptime", operation_id = "getOutage",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The outage", body = OutageView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadMonitors>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<OutageView>, Problem> {
    let found = desk.outage(permit.caller.tenant, OutageId::new(id)).await.map_err(refusal::problem)?;
    Ok(Json(OutageView::from(&found)))
}

/// Says when an outage ended, or more of why, by a JSON merge patch (RFC
/// 7396). The end of one that a monitor found is the monitor's to say.
#[utoipa::path(patch, path = "/v1/outages/{id}", tag = "uptime", operation_id = "updateOutage",
    params(("id" = Uuid, Path), IdempotencyHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The outage", body = OutageView)))]
async fn patch(
    State(desk): State<Desk>,
    command: Command<ReportOutages>,
    Path(id): Path<Uuid>,
    MergePatch(body): MergePatch<OutagePatch>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditOutage { outage: OutageId::new(id), patch: body.value };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |outage| {
        reply(StatusCode::OK, None, None, &OutageView::from(outage))
    })
    .await
}
