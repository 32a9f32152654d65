//! Promises that were broken.

use axum::extract::State;
use axum::response::Response;
use http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::watch::{LinksView, NarrowingQuery, narrowing, promised_by};
use crate::domain::kpi::Bounds;
use crate::domain::sla::Metric;
use crate::domain::ticket::watch::{BreachSort, Breaches, ClockPosition, Lateness, Narrowing, Watched};
use crate::domain::vocabulary::{Category, Priority, Status};
use crate::flow::Desk;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{FromQuery, IfNoneMatch, Page, Paging, Parameters, Permit, Query};
use crate::http::kpi::parameters::{WindowParameters, bounds, window};
use crate::http::paging;
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;

/// The operation.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_breaches))
}

/// How the list is asked for, beside its window and its filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Listing::from_query` takes")]
struct BreachQuery {
    /// Only those that are still waited for, or only those that are over.
    #[param(inline)]
    state: Option<Lateness>,
    /// Order; newest first unless given.
    #[param(inline)]
    sort: Option<BreachSort>,
}

/// The list that is asked for, before it is known when.
struct Listing {
    bounds: Bounds,
    narrowing: Narrowing,
    lateness: Option<Lateness>,
    sort: BreachSort,
    paging: Paging,
}

impl FromQuery for Listing {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self {
            bounds: bounds(parameters),
            narrowing: narrowing(parameters),
            lateness: parameters.choice("state").optional(),
            sort: parameters.choice("sort").or(BreachSort::Descending),
            paging: Paging::take(parameters),
        })
    }
}

/// A promise that was broken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breach)]
struct BreachView {
    /// The ticket.
    ticket: Uuid,
    /// Its number for people.
    number: i64,
    subject: String,
    status: Status,
    metric: Metric,
    /// From 1.
    cycle: i32,
    /// The instant it is stamped with: the deadline, or the change that moved
    /// the deadline into the past.
    #[schema(value_type = Option<String>, format = DateTime)]
    breached_at: Option<Timestamp>,
    /// Deadline; null where the clock stands still.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The promise, business seconds.
    target_seconds: i64,
    /// Business seconds beyond the target: until now while it is open, until
    /// its end afterwards; rounded down.
    late_by_seconds: i64,
    /// When the clock stopped; null: it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// Whether it is still waited for.
    state: Lateness,
    /// Key of the policy; null: nothing is promised any more.
    policy: Option<String>,
    policy_version: Option<i32>,
    priority: Priority,
    /// In whose queue it is.
    team: String,
    category: Category,
    /// Whether the ticket was merged into another; attainment leaves it out.
    merged: bool,
    links: LinksView,
}

impl From<Watched> for BreachView {
    fn from(watched: Watched) -> Self {
        let (policy, policy_version) = promised_by(&watched);
        Self {
            ticket: watched.ticket.uuid(),
            number: watched.number,
            status: watched.status,
            metric: watched.clock.metric,
            cycle: watched.clock.cycle,
            breached_at: watched.clock.breach_at,
            due_at: watched.clock.due_at,
            target_seconds: watched.clock.target_seconds,
            late_by_seconds: watched.late_by_seconds(),
            stopped_at: watched.clock.stopped_at,
            state: watched.lateness(),
            policy,
            policy_version,
            priority: watched.priority,
            category: watched.category,
            merged: watched.merged,
            links: LinksView::of(watched.ticket.uuid()),
            subject: watched.subject,
            team: watched.team,
        }
    }
}

/// Breaches that are stamped in a window, newest first.
///
/// A deadline that passes is a breach from then on, whether or not anything
/// happens. Breaches of merged tickets are in it, marked; attainment leaves
/// them out.
#[utoipa::path(get, path = "/v1/sla/breaches", tag = "sla", operation_id = "listSlaBreaches",
    params(WindowParameters, NarrowingQuery, BreachQuery, PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "A page of breaches", body = Page<BreachView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_breaches(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(asked): Query<Listing>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let Listing { bounds, narrowing, lateness, sort, paging } = asked;
    let window = window(&bounds, now)?;
    let fixed = bounds.are_fixed().then_some((window.from, window.to));
    let list = serde_json::to_string(&("breaches", fixed, &narrowing, lateness, sort));
    let list = list.map_err(|_| Problem::internal())?;
    let after: Option<ClockPosition> = paging.position(&list)?;
    let breaches = Breaches { from: window.from, to: window.to, narrowing, lateness, sort };
    let found = desk
        .breaches(permit.caller.tenant, &breaches, now, after.as_ref(), i64::from(paging.limit) + 1)
        .await
        .map_err(refusal::problem)?;
    // The position is that of the stamp, which every breach has.
    let place = |watched: &Watched| watched.position(watched.clock.breach_at.unwrap_or(now));
    let page = paging::page(&list, paging.limit, found, place, BreachView::from)?;
    answer::page(page, &uri, &known)
}
