//! Says when numbers have changed, so that a dashboard knows when to ask.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream::unfold;
use http::HeaderMap;
use http::header::ACCEPT;
use jiff::Timestamp;
use serde_json::json;

use crate::flow::Desk;
use crate::http::accept::liking;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadKpis;
use crate::http::extract::{Permit, Query};
use crate::http::listening::{self, EVENT_STREAM, Listening, Woken, greeting, heartbeat, unbroken};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// Where a stream is.
struct Watch {
    listening: Listening,
    /// How many changes were told of.
    told: Option<i64>,
    /// There may be another one.
    stale: bool,
    greeted: bool,
}

/// Tells by `kpi.updated` which state the tenant's numbers are in: at once, and
/// whenever a fact has changed them, several facts together at times. Its data
/// is `{"version", "as_of"}`, both text; ask for the numbers then, by the tag of
/// the last answer. That time passes is not told, nor that monitors go on to
/// find things as they were.
#[utoipa::path(get, path = "/v1/kpis/stream", tag = "kpis", operation_id = "streamKpis",
    responses(ReadProblems,
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 406, description = "Accept allows no stream")))]
pub(super) async fn stream_kpis(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(()): Query<()>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if headers.contains_key(ACCEPT) && liking(&headers, &[EVENT_STREAM, "text/*", "*/*"]) <= 0.0 {
        return Err(Problem::new(Kind::NotAcceptable, "This is sent as text/event-stream alone."));
    }
    let listening = Listening::begin(&desk, &permit.caller)?;
    let watch = Watch { listening, told: None, stale: true, greeted: false };
    Ok(listening::answer(unfold(watch, |mut watch| async {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    })))
}

impl Watch {
    /// The next thing to send; none: the stream ends.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(greeting());
        }
        loop {
            if self.stale {
                self.stale = false;
                let (desk, tenant) = (self.listening.desk.clone(), self.listening.caller.tenant);
                let reading = async move { desk.kpi_version(tenant, Some(Timestamp::MAX)).await };
                let version = unbroken(reading).await?;
                let changes = version.changes();
                if self.told.replace(changes) != Some(changes) {
                    let data = json!({ "version": changes.to_string(), "as_of": version.as_of });
                    return Some(Event::default().event("kpi.updated").data(data.to_string()));
                }
            }
            match self.listening.wait().await {
                Woken::News => self.stale = true,
                Woken::Silence => return Some(heartbeat()),
                Woken::Over => return None,
            }
        }
    }
}
