//! `/metrics`, on a listener of its own.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;

use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// The Prometheus text format that is sent.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A router with `GET /metrics` alone, which answers what `render` gives.
pub fn serve(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let metrics = move || {
        let text = render();
        async move { ([(CONTENT_TYPE, TEXT)], text).into_response() }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(|| async { Problem::new(Kind::NotFound, "Only /metrics is here.") })
        .method_not_allowed_fallback(|| async { Problem::of_status(Kind::MethodNotAllowed.status()) })
}
