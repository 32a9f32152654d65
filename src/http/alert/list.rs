//! Looking at alerts.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::GroupView;
use crate::domain::alert::{AlertSource, AlertState, Wanted};
use crate::domain::id::{AlertId, TicketId};
use crate::flow::Desk;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{FromQuery, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// Which groups are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Listing::from_query` takes")]
pub(super) struct AlertQuery {
    /// States, repeated or with commas between them.
    #[param(inline, explode = false)]
    state: Option<Vec<AlertState>>,
    /// Sources.
    #[param(inline, explode = false)]
    source: Option<Vec<AlertSource>>,
    /// Those that this ticket works.
    ticket: Option<Uuid>,
}

/// A list that is asked for.
pub(super) struct Listing {
    wanted: Wanted,
    page: Paging,
}

impl FromQuery for Listing {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let wanted = Wanted {
            state: parameters.choices("state").or_default(),
            source: parameters.choices("source").or_default(),
            ticket: parameters.value("ticket").uuid().optional().map(TicketId::new),
        };
        Some(Self { wanted, page: Paging::take(parameters) })
    }
}

/// Lists groups of alerts, and what else monitoring systems sent, newest first.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", operation_id = "listAlerts",
    params(AlertQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of groups", body = Page<GroupView>)))]
pub(super) async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(listing): Query<Listing>,
) -> Result<Response, Problem> {
    let Listing { wanted, page } = listing;
    let name = format!("alerts {wanted:?}");
    let before: Option<AlertId> = page.position(&name)?;
    let found = desk.alerts(permit.caller.tenant, &wanted, before, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(&uri, &name, page.limit, found, |shown| shown.group.id, GroupView::from)
}

/// A group of alerts.
#[utoipa::path(get, path = "/v1/alerts/{id}", tag = "alerts", operation_id = "getAlert",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The group", body = GroupView)))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<GroupView>, Problem> {
    let found = desk.alert(permit.caller.tenant, AlertId::new(id)).await.map_err(refusal::problem)?;
    Ok(Json(GroupView::from(found)))
}
