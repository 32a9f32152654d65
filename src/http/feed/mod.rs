//! Everything that happened to a tenant's tickets, in one order: as pages, and
//! as a stream.

mod stream;

use axum::extract::State;
use axum::response::Response;
use http::header::{ACCEPT, HeaderName, VARY};
use http::{HeaderMap, HeaderValue, Uri};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::id::EventId;
use crate::domain::violation::Violation;
use crate::domain::webhook::announcement::numbered;
use crate::flow::Desk;
use crate::flow::feed::{Beginning, Entry};
use crate::http::accept::prefers;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadEvents;
use crate::http::extract::{FromQuery, Page, Paging, Parameters, Permit, Query};
use crate::http::listening::{EVENT_STREAM, Listening};
use crate::http::paging;
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::refusal;

/// Says what the client had last when its stream broke off.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The list that cursors are of.
const LIST: &str = "events";
/// Characters of the highest number.
const DIGITS: usize = 20;

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list_events))
}

/// Something that happened, as a `CloudEvents` 1.0 event: what webhooks are told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedEvent)]
struct EventView {
    /// `1.0`.
    specversion: String,
    /// Names the fact, here and in every webhook.
    id: Uuid,
    source: String,
    /// What happened, such as `ticket.created`.
    r#type: String,
    /// What it happened to, such as `tickets/…`.
    subject: String,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    datacontenttype: String,
    /// Its place in the feed: a number of 20 digits, one higher each time.
    sequence: String,
    /// The ticket as it is now, and what the fact changed.
    #[schema(value_type = Object)]
    data: Value,
}

impl EventView {
    fn of(entry: Entry) -> Result<Self, Problem> {
        serde_json::from_value(numbered(entry.announcement.envelope, entry.position)).map_err(|error| {
            tracing::error!(%error, "http.feed.defect");
            Problem::internal()
        })
    }
}

/// Goes with [`Asked`].
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what Asked reads")]
struct AfterParameter {
    /// The `sequence` or the `id` of an event, for what comes after it; `latest`
    /// for what happens from now on, which the `next_cursor` of that page, empty
    /// or not, asks for; without it, from the start. A `cursor` counts for more.
    #[param(max_length = 40)]
    after: Option<String>,
}

/// Goes with the header.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what resumed reads")]
struct LastEventIdHeader {
    /// Of a stream: the `id` of the last event that arrived. It counts for more
    /// than `after`.
    #[param(rename = "Last-Event-ID", max_length = 40)]
    last_event_id: Option<String>,
}

/// Where a reader begins, and how much it takes.
#[derive(Debug, Clone)]
struct Asked {
    paging: Paging,
    after: Option<Beginning>,
}

impl FromQuery for Asked {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let paging = Paging::take(parameters);
        let after = parameters.text("after").parse("not_a_place", |text| place(&text)).optional();
        Some(Self { paging, after })
    }
}

fn place(text: &str) -> Result<Beginning, &'static str> {
    if text == "latest" {
        return Ok(Beginning::Latest);
    }
    let digits = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits).map(Beginning::After);
    let event = || text.parse::<EventId>().ok().map(Beginning::AfterEvent);
    number.or_else(event).ok_or("must be the sequence or the id of an event, or latest")
}

fn unknown(pointer: &'static str) -> Problem {
    let fault = Violation::new(pointer, "unknown_event", "is no event of the feed");
    Problem::new(Kind::BadParameter, "There is no such event to go on from.").with_faults(vec![fault])
}

/// What happened to the tenant's tickets, oldest first, without gap or double:
/// every fact has one place, and places are given in the order in which they are
/// read. What is confidential is left out. With `Accept: text/event-stream` the
/// answer is a stream that goes on with what happens; each event's `id` is its
/// `sequence`, and a client that was cut off goes on by `Last-Event-ID`.
#[utoipa::path(get, path = "/v1/events", tag = "events", operation_id = "listEvents",
    params(AfterParameter, PagingQuery, LastEventIdHeader),
    responses(ReadProblems, (status = 200, description = "A page of events, or the stream",
        content((Page<EventView> = "application/json"), (String = "text/event-stream")))))]
async fn list_events(
    State(desk): State<Desk>,
    permit: Permit<ReadEvents>,
    uri: Uri,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let tenant = permit.caller.tenant;
    let cursor: Option<i64> = asked.paging.position(LIST)?;
    let streamed = prefers(&headers, &[EVENT_STREAM]);
    let (beginning, pointer) = match (resumed(&headers)?, cursor, asked.after) {
        (Some(last), _, _) if streamed => (last, "/headers/last-event-id"),
        (_, Some(position), _) => (Beginning::After(position), "/query/cursor"),
        (_, None, after) => (after.unwrap_or(Beginning::After(0)), "/query/after"),
    };
    let after = desk.beginning(tenant, beginning).await.map_err(refusal::problem)?;
    let after = after.ok_or_else(|| unknown(pointer))?;
    let mut response = if streamed {
        stream::answer(Listening::begin(&desk, &permit.caller)?, after)
    } else {
        let limit = i64::from(asked.paging.limit) + 1;
        let found = desk.settled_feed(tenant, after, limit).await.map_err(refusal::problem)?;
        let until = found.until;
        let Page { items, mut next_cursor } =
            paging::page(LIST, asked.paging.limit, found.entries, |entry| entry.position, EventView::of)?;
        // Nothing else would say to them where that was.
        if beginning == Beginning::Latest && next_cursor.is_none() {
            next_cursor = Some(paging::cursor(LIST, &until)?);
        }
        let items = items.into_iter().collect::<Result<Vec<_>, Problem>>()?;
        Page { items, next_cursor }.answer(&uri)
    };
    response.headers_mut().append(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// What the client had last when its stream broke off, if it says so.
fn resumed(headers: &HeaderMap) -> Result<Option<Beginning>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    place(text).map(Some).map_err(|_| unknown("/headers/last-event-id"))
}
