//! Service levels of made-up cases, told step by step.

use axum::Json;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shaped;
use crate::domain::sla::explain::{Question, explain};
use crate::flow::Desk;
use crate::http::document::Problems;
use crate::http::extract::caller::TryRules;
use crate::http::extract::{Body, Permit, Query};
use crate::http::problem::Problem;

/// The operation on made-up cases.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(explain_case))
}

/// A made-up case.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCase)]
struct Case {
    /// The calendar in which every target counts.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    calendar: (),
    /// Business minutes by priority and metric.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    targets: (),
    /// Which states pause which clock, how reopening counts, whether the first
    /// message starts a next response clock.
    #[schema(value_type = Option<Object>)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    rules: (),
    /// `{created_at, priority, status, created_by}`.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    ticket: (),
    /// `{at, type, to, event_id, automatic}`, in any order.
    #[schema(value_type = Option<Vec<Object>>)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    events: (),
    /// The instant it is told for; the last event unless given.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[expect(dead_code, reason = "describes what `Question` takes")]
    evaluated_at: (),
}

/// Explains the clocks of a made-up case: deadlines after each event, times
/// used, breaches, and every segment.
#[utoipa::path(post, path = "/v1/sla/explain", tag = "sla", operation_id = "explainSla",
    request_body = Case,
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
