//! On-call schedules of teams: who is called, and when.

mod view;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::{SignedDuration, Timestamp};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::view::{DutyView, NowView, OverrideBody, OverrideView, ScheduleBody, ScheduleView, ShiftView};
use crate::domain::id::OverrideId;
use crate::domain::on_call::{Override, Schedule, Shift};
use crate::flow::on_call::{Change, EditSchedule, Rescheduled};
use crate::flow::{Desk, Error};
use crate::http::answer::{execute, reply, tag, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageOnCall, ReadTeams};
use crate::http::extract::{
    Body, Command, FromQuery, IfNoneMatch, Page, Paging, Parameters, Path, Permit, Query,
};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// How far shifts are told if nobody says: four weeks.
const USUAL: SignedDuration = SignedDuration::from_hours(28 * 24);
/// And at most: a leap year.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The operations on on-call schedules.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(get, replace, remove))
        .routes(routes!(now))
        .routes(routes!(shifts))
        .routes(routes!(add_override))
        .routes(routes!(remove_override))
}

fn edited(changed: &Rescheduled) -> Result<crate::domain::reply::Reply, Error> {
    let view = ScheduleView::from(&changed.now);
    let tag = tag(changed.now.version.into(), &view)?;
    reply(StatusCode::OK, None, Some(&tag), &view)
}

/// A team's schedule.
#[utoipa::path(get, path = "/v1/teams/{slug}/on-call", tag = "on-call", operation_id = "getOnCall",
    params(("slug" = String, Path), IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The schedule", body = ScheduleView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    Path(team): Path<String>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let found = desk.on_call(permit.caller.tenant, &team).await.map_err(refusal::problem)?;
    versioned(found.version.into(), &ScheduleView::from(&found), &known)
}

/// Puts a schedule in the place of a team's, whole; overrides that it does not
/// name end. The same again makes no version.
#[utoipa::path(put, path = "/v1/teams/{slug}/on-call", tag = "on-call", operation_id = "replaceOnCall",
    params(("slug" = String, Path), IdempotencyHeader, IfMatchHeader), request_body = ScheduleBody,
    responses(Problems, (status = 200, description = "The schedule", body = ScheduleView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageOnCall>,
    Path(team): Path<String>,
    body: Body<Schedule>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditSchedule { team, change: Change::Replace(body.value), expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, edited).await
}

/// Removes a team's schedule. Answers what it was.
#[utoipa::path(delete, path = "/v1/teams/{slug}/on-call", tag = "on-call", operation_id = "removeOnCall",
    params(("slug" = String, Path), IdempotencyHeader, IfMatchHeader),
    responses(Problems, (status = 200, description = "The schedule, as it was", body = ScheduleView)))]
async fn remove(
    State(desk): State<Desk>,
    command: Command<ManageOnCall>,
    Path(team): Path<String>,
) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    let edit = EditSchedule { team, change: Change::Remove, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |changed| {
        reply(StatusCode::OK, None, None, &ScheduleView::from(&changed.now))
    })
    .await
}

/// At which instant.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct AtQuery {
    /// Now unless given.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl FromQuery for AtQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self { at: parameters.value("at").timestamp().optional() })
    }
}

/// Who is on call for a team at an instant, by what, and until when.
#[utoipa::path(get, path = "/v1/teams/{slug}/on-call/now", tag = "on-call", operation_id = "getOnCallNow",
    params(("slug" = String, Path), AtQuery),
    responses(ReadProblems, (status = 200, description = "Who is on call", body = NowView)))]
async fn now(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    Path(team): Path<String>,
    Query(AtQuery { at }): Query<AtQuery>,
) -> Result<Json<NowView>, Problem> {
    let at = match at {
        Some(at) => at,
        None => desk.now().await.map_err(refusal::problem)?,
    };
    let look = move |schedule: &Schedule| {
        let watch = schedule.on_call(at);
        (watch, watch.duty.map(|duty| duty.agent).into_iter().collect())
    };
    let found = desk.on_call_people(permit.caller.tenant, &team, look).await;
    let (scheduled, watch, names) = found.map_err(refusal::problem)?;
    let on_call = watch.duty.map(|duty| DutyView::new(duty, &scheduled.schedule, &names));
    Ok(Json(NowView { team, at, on_call, until: watch.until }))
}

/// From when to when.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ShiftsQuery {
    /// Now unless given.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// At most 366 days after `from`; 28 days after it unless given.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for ShiftsQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let from = parameters.value("from").timestamp().optional();
        let to = parameters.value("to").timestamp().optional();
        if let (Some(from), Some(to)) = (from, to) {
            if to <= from {
                parameters.fault("to", "not_after", "must be later than from");
            } else if to.duration_since(from) > LONGEST {
                parameters.fault("to", "too_far", "must be at most 366 days after from");
            }
        }
        if to.is_some() && from.is_none() {
            parameters.fault("from", "required", "must be given with to");
        }
        Some(Self { from, to, page: Paging::take(parameters) })
    }
}

/// Who is on call for a team, stretch by stretch, holes included.
#[utoipa::path(get, path = "/v1/teams/{slug}/on-call/shifts", tag = "on-call", operation_id = "listOnCallShifts",
    params(("slug" = String, Path), ShiftsQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of shifts", body = Page<ShiftView>)))]
async fn shifts(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    Path(team): Path<String>,
    uri: Uri,
    Query(ShiftsQuery { from, to, page }): Query<ShiftsQuery>,
) -> Result<Response, Problem> {
    let list = format!("on-call {team} {from:?} {to:?}");
    // The stretch goes on as it began, however late its next page is asked for.
    let position: Option<(Timestamp, Timestamp)> = page.position(&list)?;
    let (from, to) = if let Some(stretch) = position {
        stretch
    } else {
        let from = match from {
            Some(from) => from,
            None => desk.now().await.map_err(refusal::problem)?,
        };
        (from, to.unwrap_or_else(|| from.checked_add(USUAL).unwrap_or(Timestamp::MAX)))
    };
    let most = usize::from(page.limit) + 1;
    let look = move |schedule: &Schedule| {
        let shifts: Vec<Shift> = schedule.shifts(from, to).take(most).collect();
        let agents = shifts.iter().filter_map(|shift| shift.duty).map(|duty| duty.agent).collect();
        (shifts, agents)
    };
    let found = desk.on_call_people(permit.caller.tenant, &team, look).await;
    let (scheduled, shifts, names) = found.map_err(refusal::problem)?;
    let view = |shift: Shift| ShiftView {
        from: shift.from,
        to: shift.to,
        on_call: shift.duty.map(|duty| DutyView::new(duty, &scheduled.schedule, &names)),
    };
    paging::answer(&uri, &list, page.limit, shifts, |shift| (shift.to, to), view)
}

fn overridden(status: StatusCode, changed: &Rescheduled) -> Result<crate::domain::reply::Reply, Error> {
    let over = changed.touched.as_ref();
    let over = over.ok_or_else(|| Error::Defect("an edit touched no override".to_owned()))?;
    reply(status, None, None, &OverrideView::from(over))
}

/// Puts somebody on call for a while, whatever the layers and earlier overrides
/// say.
#[utoipa::path(post, path = "/v1/teams/{slug}/on-call/overrides", tag = "on-call", operation_id = "addOnCallOverride",
    params(("slug" = String, Path), IdempotencyHeader, IfMatchHeader), request_body = OverrideBody,
    responses(Problems, (status = 201, description = "The override", body = OverrideView)))]
async fn add_override(
    State(desk): State<Desk>,
    command: Command<ManageOnCall>,
    Path(team): Path<String>,
    body: Body<Override>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditSchedule { team, change: Change::AddOverride(body.value), expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |changed| {
        overridden(StatusCode::CREATED, changed)
    })
    .await
}

/// Ends an override. Answers what it was.
#[utoipa::path(delete, path = "/v1/teams/{slug}/on-call/overrides/{id}", tag = "on-call",
    operation_id = "removeOnCallOverride",
    params(("slug" = String, Path), ("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader),
    responses(Problems, (status = 200, description = "The override, as it was", body = OverrideView)))]
async fn remove_override(
    State(desk): State<Desk>,
    command: Command<ManageOnCall>,
    Path((team, id)): Path<(String, Uuid)>,
) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    let change = Change::RemoveOverride(OverrideId::new(id));
    let edit = EditSchedule { team, change, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |changed| overridden(StatusCode::OK, changed))
        .await
}
