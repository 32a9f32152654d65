//! What is known of each request afterwards: one span, one line, one metric.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use tracing::{Instrument, Span};

use crate::http::Sources;
use crate::http::layers::identity::{RequestId, TraceContext, X_REQUEST_ID};

/// What is written where a status should be, if the client left before it.
const GONE: &str = "gone";

/// Gives the request its id and its span, and tells what became of it: the
/// histogram `http_request_duration_seconds{method, route, status}` and one log
/// line. The route is the pattern, never the path: paths and queries can hold
/// personal data.
pub async fn observe(State(sources): State<Sources>, mut request: Request, next: Next) -> Response {
    let new = (sources.new_id)();
    let id = RequestId::of(request.headers(), new);
    let trace = TraceContext::of(request.headers(), new);
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "http.request.serve",
        method = method(request.method()),
        route,
        request_id = id.as_str(),
        trace_id = trace.trace_id,
        span_id = trace.span_id,
        parent_span_id = trace.parent_id,
    );
    let watch = Watch {
        started: (sources.instant)(),
        instant: sources.instant,
        method: method(request.method()),
        route,
        span: span.clone(),
        status: None,
    };
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(trace);
    let mut response = next.run(request).instrument(span).await;
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    watch.finish(response.status());
    response
}

/// Methods are a label of a metric, so a client must not be able to make up new ones.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Tells the end of a request when dropped, so that a hang-up is told too.
struct Watch {
    started: Instant,
    instant: fn() -> Instant,
    method: &'static str,
    route: String,
    span: Span,
    status: Option<StatusCode>,
}

impl Watch {
    fn finish(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = (self.instant)().saturating_duration_since(self.started);
        let status = self.status.map_or_else(|| GONE.to_owned(), |status| status.as_str().to_owned());
        let _entered = self.span.enter();
        if self.status.is_some_and(|status| status.is_server_error()) {
            tracing::warn!(status, took_ms = took.as_millis(), "http.request.failed");
        } else {
            tracing::info!(status, took_ms = took.as_millis(), "http.request.served");
        }
        metrics::histogram!(
            "http_request_duration_seconds",
            "method" => self.method, "route" => std::mem::take(&mut self.route), "status" => status,
        )
        .record(took);
    }
}
