//! Handlers run in tasks of their own.
//!
//! axum drops a handler when its client hangs up, and a transaction dropped in
//! flight can be lost or worse. So the handler runs in a task that only the
//! clock can stop; whoever waits for the answer may go.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::http::Foundation;
use crate::http::layers::panics;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// Runs the handler in a tracked task and waits for its answer. A panic becomes
/// a 500. Past `bounds.detached` the task is dropped, so that none stays for
/// ever.
pub async fn detach(State(foundation): State<Foundation>, request: Request, next: Next) -> Response {
    let bound = foundation.bounds.at(request.uri().path()).detached;
    let work = async move {
        let answer = tokio::time::timeout(bound, next.run(request)).await;
        answer.unwrap_or_else(|_| {
            tracing::error!(bound_ms = bound.as_millis(), "http.handler.stopped");
            Problem::new(Kind::Timeout, Kind::Timeout.usual_detail()).into_response()
        })
    };
    match foundation.tasks.spawn(work.instrument(tracing::Span::current())).await {
        Ok(response) => response,
        Err(failure) => match failure.try_into_panic() {
            Ok(payload) => panics::answer(payload.as_ref()),
            Err(_) => Problem::unavailable("The service is stopping.", 1).into_response(),
        },
    }
}
