//! An escalation as callers see it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::escalation::{EscalationKind, EscalationState, Origin};
use crate::domain::id::{AgentId, EscalationId};
use crate::domain::ticket::record::Escalation;
use crate::domain::vocabulary::{EvidenceKind, Persona};

/// A hand-over out of first level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Escalation)]
pub struct EscalationView {
    id: Uuid,
    ticket: Uuid,
    kind: EscalationKind,
    /// To whom.
    persona: Persona,
    /// Into which queue.
    team: String,
    state: EscalationState,
    /// By which row of the matrix.
    rule: String,
    /// The version of the matrix that the row is from; null for old ones.
    matrix_version: Option<String>,
    /// What made it; null for old ones.
    origin: Option<Origin>,
    /// The service made it by itself.
    automatic: bool,
    reason: String,
    /// What the persona needs.
    required_context: Vec<EvidenceKind>,
    /// What of that is still missing.
    missing_context: Vec<EvidenceKind>,
    /// Whether something is missing.
    context_incomplete: bool,
    /// Who gets it if the persona does not; null beyond human support.
    fallback: Option<Persona>,
    /// Which agent asked for it.
    requested_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    acknowledge_by: Timestamp,
    /// When somebody took it; null while nobody has.
    #[schema(value_type = Option<String>, format = DateTime)]
    acknowledged_at: Option<Timestamp>,
    /// Which agent took it.
    acknowledged_by: Option<Uuid>,
    /// When that no longer counts; null: it counts for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    acknowledged_until: Option<Timestamp>,
    /// What the persona answered last.
    answer: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// Why the persona refused it.
    declined_reason: Option<String>,
    /// What was said with its last step.
    note: Option<String>,
    /// The escalation whose place it took.
    follows: Option<Uuid>,
    /// The escalation that took its place.
    followed_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Grows with every change; the `ETag` is made of it.
    version: i64,
}

impl From<&Escalation> for EscalationView {
    fn from(escalation: &Escalation) -> Self {
        let acknowledged = escalation.acknowledged;
        Self {
            id: escalation.id.uuid(),
            ticket: escalation.ticket.uuid(),
            kind: escalation.kind,
            persona: escalation.persona,
            team: escalation.team.clone(),
            state: escalation.state,
            rule: escalation.rule.clone(),
            matrix_version: escalation.matrix.clone(),
            origin: escalation.origin,
            automatic: escalation.automatic,
            reason: escalation.reason.clone(),
            required_context: escalation.required_context.clone(),
            missing_context: escalation.missing_context.clone(),
            context_incomplete: !escalation.missing_context.is_empty(),
            fallback: escalation.fallback,
            requested_by: escalation.requested_by.map(AgentId::uuid),
            requested_at: escalation.requested_at,
            acknowledge_by: escalation.acknowledge_by,
            acknowledged_at: acknowledged.map(|acknowledged| acknowledged.at),
            acknowledged_by: acknowledged.and_then(|acknowledged| acknowledged.by).map(AgentId::uuid),
            acknowledged_until: acknowledged.and_then(|acknowledged| acknowledged.until),
            answer: escalation.answer.clone(),
            answered_at: escalation.answered_at,
            declined_reason: escalation.declined_reason.clone(),
            note: escalation.note.clone(),
            follows: escalation.follows.map(EscalationId::uuid),
            followed_by: escalation.followed_by.map(EscalationId::uuid),
            updated_at: escalation.updated_at,
            version: escalation.version,
        }
    }
}
