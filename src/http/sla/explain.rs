//! Service levels of made-up cases, told step by step.

use axum::Json;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shaped;
use crate::domain::sla::explain::{Question, explain};
use crate::flow::Desk;
use crate::http::case::CaseForm;
use crate::http::document::Problems;
use crate::http::extract::caller::TryRules;
use crate::http::extract::{Body, Permit, Query};
use crate::http::problem::Problem;

/// The operation on made-up cases.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(explain_case))
}

/// Explains the clocks of a made-up case: deadlines after each event, times
/// used, breaches, and every segment.
#[utoipa::path(post, path = "/v1/sla/explain", tag = "sla", operation_id = "explainSla",
    request_body = CaseForm,
    responses(Problems, (status = 200, description = "The clocks, told step by step", body = Object)))]
async fn explain_case(
    _permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<Value>,
) -> Result<Json<Value>, Problem> {
    let question: Question = shaped("", body.value)?;
    let told = tokio::task::spawn_blocking(move || explain(question)).await.map_err(|error| {
        tracing::error!(%error, "http.explain.defect");
        Problem::internal()
    })??;
    serde_json::to_value(told).map(Json).map_err(|_| Problem::internal())
}
