//! Promises that are about to be broken.

use axum::extract::State;
use axum::response::Response;
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::watch::{LinksView, NarrowingQuery, narrowing, promised_by};
use crate::domain::id::AgentId;
use crate::domain::sla::Metric;
use crate::domain::ticket::watch::{ClockPosition, Narrowing, Progress, Risks, Watched};
use crate::domain::vocabulary::{Category, Priority, Status};
use crate::flow::Desk;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{FromQuery, IfNoneMatch, Page, Paging, Parameters, Permit, Query};
use crate::http::paging;
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;

/// How far ahead deadlines are looked for if nobody says: an hour.
const USUAL_SECONDS: i64 = 3_600;
/// And at most: 30 days.
const MOST_SECONDS: i64 = 30 * 24 * 3_600;

/// The operation.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_at_risk))
}

/// How the list is asked for, beside its filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `AtRisk::from_query` takes")]
struct AtRiskQuery {
    /// Only deadlines within so many seconds from now, day and night.
    #[param(minimum = 0, maximum = 2_592_000, default = 3_600)]
    within: Option<i64>,
    /// Only clocks that have used at least this share of their target, 0 to 1.
    #[param(minimum = 0, maximum = 1, default = 0)]
    share: Option<f64>,
}

/// The list that is asked for.
struct AtRisk {
    within: i64,
    share: f64,
    narrowing: Narrowing,
    paging: Paging,
}

impl FromQuery for AtRisk {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self {
            within: parameters.value("within").integer().between(0, MOST_SECONDS).or(USUAL_SECONDS),
            share: parameters
                .value("share")
                .parse("not_a_number", |text| text.parse::<f64>())
                .check("out_of_range", |share| (0.0..=1.0).contains(share), || "must be from 0 to 1")
                .or(0.0),
            narrowing: narrowing(parameters),
            paging: Paging::take(parameters),
        })
    }
}

/// A promise that is about to be broken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockAtRisk)]
struct AtRiskView {
    /// The ticket.
    ticket: Uuid,
    /// Its number for people.
    number: i64,
    subject: String,
    status: Status,
    priority: Priority,
    category: Category,
    /// In whose queue it is.
    team: String,
    /// Who works it.
    agent: Option<Uuid>,
    agent_name: Option<String>,
    metric: Metric,
    /// From 1.
    cycle: i32,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Deadline.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The promise, business seconds.
    target_seconds: i64,
    /// Business seconds used, rounded down.
    business_seconds: i64,
    /// Business seconds left, rounded up; with those used the target.
    remaining_seconds: i64,
    /// Seconds until the deadline, day and night, rounded down.
    remaining_elapsed_seconds: i64,
    /// The share of the target that is used, 0 to 1.
    share: f64,
    /// Key of the policy.
    policy: Option<String>,
    policy_version: Option<i32>,
    /// Key of the calendar that the clock runs on.
    calendar: String,
    links: LinksView,
}

impl From<(Watched, Progress)> for AtRiskView {
    fn from((watched, progress): (Watched, Progress)) -> Self {
        let (policy, policy_version) = promised_by(&watched);
        let Watched { clock, .. } = watched;
        Self {
            ticket: watched.ticket.uuid(),
            number: watched.number,
            subject: watched.subject,
            status: watched.status,
            priority: watched.priority,
            category: watched.category,
            team: watched.team,
            agent: watched.agent.map(AgentId::uuid),
            agent_name: watched.agent_name,
            metric: clock.metric,
            cycle: clock.cycle,
            started_at: clock.started_at,
            due_at: clock.due_at,
            target_seconds: clock.target_seconds,
            business_seconds: progress.used_seconds,
            remaining_seconds: progress.left_seconds,
            remaining_elapsed_seconds: progress.remaining_seconds,
            share: progress.share,
            policy,
            policy_version,
            calendar: clock.calendar,
            links: LinksView::of(watched.ticket.uuid()),
        }
    }
}

/// Running clocks that will be late soon, soonest first.
///
/// Clocks that stand still and clocks that are late already are not in it. A
/// page with `share` may hold fewer than `limit` clocks, or none, and still
/// have a next one: deadlines are indexed, shares are not.
#[utoipa::path(get, path = "/v1/sla/at-risk", tag = "sla", operation_id = "listSlaAtRisk",
    params(AtRiskQuery, NarrowingQuery, PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "A page of clocks", body = Page<AtRiskView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_at_risk(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(AtRisk { within, share, narrowing, paging }): Query<AtRisk>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let list = serde_json::to_string(&("at-risk", within, share, &narrowing));
    let list = list.map_err(|_| Problem::internal())?;
    let after: Option<ClockPosition> = paging.position(&list)?;
    // No deadline lies beyond the last instant there is.
    let until = now.checked_add(SignedDuration::from_secs(within)).unwrap_or(Timestamp::MAX);
    let risks = Risks { until, narrowing, share };
    let part = desk
        .at_risk(permit.caller.tenant, &risks, now, after.as_ref(), usize::from(paging.limit))
        .await
        .map_err(refusal::problem)?;
    let next_cursor = part.next.map(|position| paging::cursor(&list, &position)).transpose()?;
    let items = part.items.into_iter().map(AtRiskView::from).collect();
    answer::page(Page { items, next_cursor }, &uri, &known)
}
