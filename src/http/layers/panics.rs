//! What is left when something panics.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// Logs what was said, once, and answers 500 without a word of it.
#[must_use]
pub fn answer(payload: &(dyn Any + Send)) -> Response {
    let message = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words");
    metrics::counter!("http_panics_total").increment(1);
    tracing::error!(panic = message, "http.handler.panicked");
    Problem::internal().into_response()
}
