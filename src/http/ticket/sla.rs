//! The promises on a ticket, explained segment by segment.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::id::TicketId;
use crate::domain::sla::{CalendarRef, Clock, Metric, Segment, SegmentKind, State as ClockState};
use crate::flow::Desk;
use crate::http::answer::{fingerprint, unless_same};
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{IfNoneMatch, Path, Permit, Query};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// The promises on a ticket at an instant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketSla)]
pub(super) struct TicketSla {
    ticket: Uuid,
    /// Key of the policy; null: nothing was promised.
    policy: Option<String>,
    /// Version of the policy.
    policy_version: Option<i32>,
    /// The instant at which the clocks are shown.
    #[schema(value_type = String, format = DateTime)]
    evaluated_at: Timestamp,
    /// The clocks, by metric and cycle.
    clocks: Vec<ExplainedClock>,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_resolved_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_resolved_at: Option<Timestamp>,
}

/// One promise and how its clock got where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedClock)]
struct ExplainedClock {
    metric: Metric,
    /// From 1.
    cycle: u32,
    state: ClockState,
    /// Key of the calendar in force.
    calendar: String,
    calendar_version: u32,
    /// Business seconds; null: a measurement without a promise.
    target_seconds: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Deadline; null while paused.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    breached_at: Option<Timestamp>,
    /// Business seconds used.
    business_seconds: i64,
    /// Business seconds left; negative: overdue by so many.
    remaining_seconds: Option<i64>,
    /// Seconds that it ran, closed hours included.
    elapsed_seconds: i64,
    segments: Vec<SegmentView>,
}

/// A stretch in which one thing was true.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
struct SegmentView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    kind: SegmentKind,
    business_seconds: i64,
}

impl From<&Clock> for ExplainedClock {
    fn from(clock: &Clock) -> Self {
        let CalendarRef { key, version } = clock.calendar.clone();
        Self {
            metric: clock.metric,
            cycle: clock.cycle,
            state: clock.promise(),
            calendar: key,
            calendar_version: version,
            target_seconds: clock.target_seconds,
            started_at: clock.started_at,
            due_at: clock.due_at,
            stopped_at: clock.stopped_at,
            breached_at: clock.breached_at,
            business_seconds: clock.business_seconds,
            remaining_seconds: clock.target_seconds.map(|target| target - clock.business_seconds),
            elapsed_seconds: clock.elapsed_seconds,
            segments: clock.segments().iter().map(SegmentView::from).collect(),
        }
    }
}

impl From<&Segment> for SegmentView {
    fn from(segment: &Segment) -> Self {
        Self {
            from: segment.from,
            to: segment.to,
            kind: segment.kind,
            business_seconds: segment.business_seconds,
        }
    }
}

/// The promises on a ticket as they stand now, with every segment that was
/// counted or cut out.
#[utoipa::path(get, path = "/v1/tickets/{id}/sla", tag = "tickets", operation_id = "explainTicketSla",
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The promises", body = TicketSla, headers(("ETag" = String))),
        (status = 304, description = "Nothing but the time has changed")))]
pub(super) async fn sla(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let found = desk.clocks(permit.caller.tenant, TicketId::new(id)).await.map_err(refusal::problem)?;
    let (record, clocks, now) = found;
    let policy = record.state.policy;
    let told = TicketSla {
        ticket: id,
        policy_version: policy.as_ref().map(|policy| policy.version),
        policy: policy.map(|policy| policy.key),
        evaluated_at: now,
        clocks: clocks.iter().flat_map(|clocks| clocks.iter().map(ExplainedClock::from)).collect(),
        first_resolved_at: clocks.as_ref().and_then(|clocks| clocks.first_resolved_at),
        last_resolved_at: clocks.as_ref().and_then(|clocks| clocks.last_resolved_at),
    };
    let content = fingerprint(&(record.state.version, &told.policy, told.policy_version, &told.clocks))?;
    unless_same(&known, &content.opaque, now, Json(told))
}
