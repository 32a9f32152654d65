//! How long and how large a request may be.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http_body_util::Limited;
use tokio_util::sync::CancellationToken;

use crate::http::alert;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::test_clock;
use crate::http::ticket::batch;

/// The bounds in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// After this time the client gets 504; what it asked for goes on.
    pub deadline: Duration,
    /// After this time a handler whose client has gone or timed out is stopped.
    pub detached: Duration,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of a body that brings many things: a batch of tickets, each of
    /// `body_bytes` at most, or a report of alerts.
    pub batch_bytes: usize,
    /// Bytes of path and query together.
    pub target_bytes: usize,
}

/// Comes true when the client has its answer or has gone: then nobody need wait
/// any longer for the rest of its body. Found in the request's extensions.
#[derive(Debug, Clone)]
pub struct Answered(pub CancellationToken);

/// 504 when the deadline passes before the head of the answer is there. The
/// time covers the arrival of the body too.
pub async fn deadline(State(bounds): State<Bounds>, mut request: Request, next: Next) -> Response {
    let deadline = bounds.at(request.uri().path()).deadline;
    let answered = CancellationToken::new();
    let _on_return = answered.clone().drop_guard();
    request.extensions_mut().insert(Answered(answered));
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::Timeout, Kind::Timeout.usual_detail()).into_response(),
    }
}

/// Days and weeks may have to be lived through.
const CLOCK_MOVES: u32 = 40;

impl Bounds {
    /// These bounds, with more time where a request may take it.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        if path == test_clock::PATH {
            let (deadline, detached) = (self.deadline * CLOCK_MOVES, self.detached * CLOCK_MOVES);
            return Self { deadline, detached, ..self };
        }
        self
    }

    /// Bytes of a body at this route.
    #[must_use]
    pub fn bytes_at(&self, route: Option<&MatchedPath>) -> usize {
        match route.map(MatchedPath::as_str) {
            Some(batch::PATH) => self.batch_bytes,
            // A sender that is refused does not try again, and its alerts are lost.
            Some(path) if alert::REPORTS.contains(&path) => self.batch_bytes,
            _ => self.body_bytes,
        }
    }
}

/// The refusal of a body that has more bytes than it may.
pub(in crate::http) fn too_large(most: usize) -> Problem {
    Problem::new(Kind::PayloadTooLarge, format!("A body may have {most} bytes."))
}

/// 414 for a long address; 413 at once for a body that says it is too large.
/// One that does not say is cut off where it gets too large, and whoever reads
/// it answers 413.
pub async fn sizes(State(bounds): State<Bounds>, mut request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > bounds.target_bytes {
        return Problem::new(
            Kind::UriTooLong,
            format!("Path and query may have {} bytes.", bounds.target_bytes),
        )
        .into_response();
    }
    let most = bounds.bytes_at(request.extensions().get::<MatchedPath>());
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|bytes| bytes > most) {
        return too_large(most).into_response();
    }
    request.extensions_mut().insert(bounds);
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}
