//! Calendars: when business time runs.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sla_edition::{MovedView, Named, PreviewView, VersionView, take_key, take_running, versions};
use super::sla_policy::VersionQuery;
use crate::domain::calendar::{Calendar, CalendarSpec};
use crate::domain::fields::{Fields, read};
use crate::domain::sla::{CalendarEdit, CalendarVersion, Origin};
use crate::domain::violation::Violation;
use crate::flow::sla_edit::{Edit, EditBook, Edited};
use crate::flow::{Desk, Error};
use crate::http::answer::{self, execute, reply, tag, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageSla, ReadSla};
use crate::http::extract::{Body, Command, IfNoneMatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::sla::shaped;
use crate::http::{paging, refusal};

/// The operations on calendars.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(preview))
        .routes(routes!(get, replace))
        .routes(routes!(list_versions))
}

/// A version of a calendar.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SlaCalendar)]
struct CalendarView {
    key: String,
    version: u32,
    /// `shipped` with the service, or the tenant's `own`.
    #[schema(value_type = String)]
    origin: Origin,
    /// For people.
    name: Option<String>,
    /// `{time_zone, weekly, holidays, overrides, breaks}`.
    #[schema(value_type = Object)]
    hours: CalendarSpec,
    reason: Option<String>,
    /// Null: shipped.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

impl From<&CalendarVersion> for CalendarView {
    fn from(version: &CalendarVersion) -> Self {
        Self {
            key: version.key.clone(),
            version: version.version,
            origin: version.origin,
            name: version.name.clone(),
            hours: version.hours.clone(),
            reason: version.reason.clone(),
            // A copy of a shipped calendar is as old as that.
            created_at: version.created_at.filter(|_| version.origin == Origin::Own),
        }
    }
}

/// A calendar after an edit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditedSlaCalendar)]
struct EditedView {
    #[serde(flatten)]
    calendar: CalendarView,
    /// The versions that the edit made, of the calendar and of each enabled
    /// policy that counted in its newest version; none: it said nothing new.
    created: Vec<VersionView>,
    /// Null: running clocks were not to move.
    moved: Option<MovedView>,
}

/// A calendar as it is to be, whole.
#[derive(Debug, ToSchema)]
#[schema(as = NewSlaCalendar)]
struct CalendarBody {
    /// Required without a key in the path: 1 to 64 lower case letters, digits,
    /// `-` and `_`.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    key: (),
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    name: (),
    /// As for `POST /v1/calendars/evaluate`.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    hours: (),
    /// `keep` (unless given) or `move`: what becomes of running clocks.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    running: (),
    /// Why; required where a move makes a promise weaker.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2_000)]
    #[expect(dead_code, reason = "describes what `edit` takes")]
    reason: (),
}

/// Reads an edit, and whether running clocks are to move.
fn edit(value: Value, named: Named<'_>) -> Result<(CalendarEdit, bool), Vec<Violation>> {
    read(value, |f| {
        let key = take_key(f, named);
        let name = f.text("name").trimmed().min_chars(1).max_chars(200).one_line().optional();
        let hours = hours(f);
        let (moves, reason) = take_running(f);
        Some((CalendarEdit { key: key?, name, hours: hours?, reason }, moves))
    })
}

/// Takes `hours`, which must make a calendar.
fn hours(f: &mut Fields<'_>) -> Option<CalendarSpec> {
    let given = f.place("hours").any().required()?;
    let spec = shaped::<CalendarSpec>("", given);
    let built = spec.and_then(|spec| Calendar::build(spec.clone()).map(|_| spec));
    match built {
        Ok(spec) => Some(spec),
        Err(faults) => {
            for fault in faults {
                f.fault_at(&format!("/hours{}", fault.pointer), fault.code, fault.detail);
            }
            None
        }
    }
}

fn edited(status: StatusCode, key: &str, edited: &Edited) -> Result<crate::domain::reply::Reply, Error> {
    let version = edited.book.calendar(key);
    let version = version.ok_or_else(|| Error::Defect(format!("calendar {key} is not in the book")))?;
    let tag = tag(version.version.into(), &CalendarView::from(version))?;
    let body = EditedView {
        calendar: CalendarView::from(version),
        created: versions(&edited.edition),
        moved: edited.moved.map(MovedView::from),
    };
    let location = (status == StatusCode::CREATED).then(|| format!("/v1/sla/calendars/{key}"));
    reply(status, location, Some(&tag), &body)
}

/// Lists the newest version of every calendar, by key.
#[utoipa::path(get, path = "/v1/sla/calendars", tag = "sla", operation_id = "listSlaCalendars",
    params(PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "A page of calendars", body = Page<CalendarView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    uri: Uri,
    Query(page): Query<Paging>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let after: Option<String> = page.position("sla-calendars")?;
    let book = desk.sla_book(permit.caller.tenant).await.map_err(refusal::problem)?;
    let found: Vec<&CalendarVersion> = book
        .calendars()
        .filter(|version| after.as_ref().is_none_or(|after| version.key > *after))
        .take(usize::from(page.limit) + 1)
        .collect();
    let place = |version: &&CalendarVersion| version.key.clone();
    let page = paging::page("sla-calendars", page.limit, found, place, CalendarView::from)?;
    answer::page(page, &uri, &known)
}

/// Makes a calendar of the tenant's own.
#[utoipa::path(post, path = "/v1/sla/calendars", tag = "sla", operation_id = "createSlaCalendar",
    params(IdempotencyHeader), request_body = CalendarBody,
    responses(Problems, (status = 201, description = "The calendar", body = EditedView,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageSla>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let (edit, moves) = edit(body.value, Named::InBody)?;
    let key = edit.key.clone();
    let use_case = EditBook { edit: Edit::Calendar(edit), creates: true, expected: None, moves };
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |made| {
        edited(StatusCode::CREATED, &key, made)
    })
    .await
}

/// Tells what an edit would make, and what moving running clocks would do.
/// Nothing is stored.
#[utoipa::path(post, path = "/v1/sla/calendars/preview", tag = "sla", operation_id = "previewSlaCalendar",
    request_body = CalendarBody,
    responses(Problems, (status = 200, description = "What it would do", body = PreviewView)))]
async fn preview(
    State(desk): State<Desk>,
    permit: Permit<ManageSla>,
    Query(()): Query<()>,
    body: Body<Value>,
) -> Result<Json<PreviewView>, Problem> {
    let (edit, _) = edit(body.value, Named::InBody)?;
    let foresight =
        desk.foresee(permit.caller.tenant, &Edit::Calendar(edit)).await.map_err(refusal::problem)?;
    Ok(Json(PreviewView::from(&foresight)))
}

/// A calendar: its newest version, or another.
#[utoipa::path(get, path = "/v1/sla/calendars/{key}", tag = "sla", operation_id = "getSlaCalendar",
    params(("key" = String, Path), VersionQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The calendar", body = CalendarView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    Path(key): Path<String>,
    Query(asked): Query<VersionQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let tenant = permit.caller.tenant;
    let found = match asked.version() {
        None => desk.sla_book(tenant).await.map_err(refusal::problem)?.calendar(&key).cloned(),
        Some(version) => {
            let one = desk.calendar_versions(tenant, &key, version.checked_add(1), 1).await;
            one.map_err(refusal::problem)?.pop().filter(|found| found.version == version)
        }
    };
    let version = found.ok_or_else(|| Problem::not_found("calendar"))?;
    Ok(answer::kept(versioned(version.version.into(), &CalendarView::from(&version), &known)?))
}

/// Puts a new version in the place of a calendar, whole, and makes a version of
/// each enabled policy that counts in it. The same again makes no version.
#[utoipa::path(put, path = "/v1/sla/calendars/{key}", tag = "sla", operation_id = "replaceSlaCalendar",
    params(("key" = String, Path), IdempotencyHeader, IfMatchHeader), request_body = CalendarBody,
    responses(Problems, (status = 200, description = "The calendar", body = EditedView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageSla>,
    Path(key): Path<String>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let (edit, moves) = edit(body.value, Named::InPath(&key))?;
    let expected = command.expected();
    let use_case = EditBook { edit: Edit::Calendar(edit), creates: false, expected, moves };
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |made| edited(StatusCode::OK, &key, made))
        .await
}

/// Lists the versions of a calendar, newest first.
#[utoipa::path(get, path = "/v1/sla/calendars/{key}/versions", tag = "sla", operation_id = "listSlaCalendarVersions",
    params(("key" = String, Path), PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "A page of versions", body = Page<CalendarView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn list_versions(
    State(desk): State<Desk>,
    permit: Permit<ReadSla>,
    Path(key): Path<String>,
    uri: Uri,
    Query(page): Query<Paging>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let list = format!("sla-calendar {key}");
    let before: Option<u32> = page.position(&list)?;
    let limit = usize::from(page.limit) + 1;
    let found = desk.calendar_versions(permit.caller.tenant, &key, before, limit).await;
    let found = found.map_err(refusal::problem)?;
    if found.is_empty() && before.is_none() {
        return Err(Problem::not_found("calendar"));
    }
    let view = |item: CalendarVersion| CalendarView::from(&item);
    let page = paging::page(&list, page.limit, found, |version| version.version, view)?;
    answer::page(page, &uri, &known)
}
