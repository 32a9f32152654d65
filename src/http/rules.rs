//! Trying triage on a submission.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ticket::create::TicketBody;
use super::ticket::view::{AssignedView, TriageView};
use crate::domain::intake::{NewTicket, Source};
use crate::domain::opening::triage_record;
use crate::domain::vocabulary::{Category, Channel, EvidenceKind, Impact, Priority, Severity, TicketType};
use crate::flow::Desk;
use crate::http::document::Problems;
use crate::http::extract::caller::TryRules;
use crate::http::extract::{Body, Permit, Query};
use crate::http::problem::Problem;
use crate::http::refusal;

/// The operations on rules.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(preview))
}

/// What would become of a submission.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TriagePreview)]
struct Preview {
    triage: TriageView,
    category: Category,
    severity: Severity,
    impact: Impact,
    priority: Priority,
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    ticket_type: TicketType,
    tags: Vec<String>,
    assigned: AssignedView,
    /// What whoever it would be escalated to needs.
    required_context: Vec<EvidenceKind>,
}

/// Runs triage and the escalation matrix on a submission; nothing is stored.
#[utoipa::path(post, path = "/v1/triage/preview", tag = "rules", operation_id = "previewTriage",
    request_body = TicketBody,
    responses(Problems, (status = 200, description = "What would become of it", body = Preview)))]
async fn preview(
    State(desk): State<Desk>,
    permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<Value>,
) -> Result<Json<Preview>, Problem> {
    let ticket = NewTicket::read(body.value, Source::Preview)?;
    let verdict = desk.preview(permit.caller.tenant, &ticket, Channel::Api).await;
    let verdict = verdict.map_err(refusal::problem)?;
    let class = verdict.classification();
    Ok(Json(Preview {
        triage: TriageView::from(&triage_record(&verdict.decision)),
        category: class.category,
        severity: class.severity,
        impact: class.impact,
        priority: class.priority,
        ticket_type: class.ticket_type,
        tags: verdict.decision.tags,
        assigned: AssignedView {
            team: verdict.proposal.team,
            agent: None,
            agent_name: None,
            persona: verdict.proposal.persona,
        },
        required_context: verdict.proposal.required_context,
    }))
}
