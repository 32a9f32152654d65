//! `/metrics`, on a listener of its own.

pub mod board;
mod exposition;
mod kpi;
mod names;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;

use self::board::Board;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// The Prometheus text format that is sent.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A router with `GET /metrics` alone, which answers what `render` gives, and
/// then the KPIs on the board if there is one.
pub fn serve(render: impl Fn() -> String + Clone + Send + Sync + 'static, board: Option<Board>) -> Router {
    let metrics = move || {
        let (render, board) = (render.clone(), board.clone());
        async move {
            let kpis = match board {
                Some(board) => board.text().await,
                None => String::new(),
            };
            ([(CONTENT_TYPE, TEXT)], render() + &kpis).into_response()
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(|| async { Problem::new(Kind::NotFound, "Only /metrics is here.") })
        .method_not_allowed_fallback(|| async { Problem::of_status(Kind::MethodNotAllowed.status()) })
}
