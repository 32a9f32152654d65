//! Escalations: handing a ticket over, and looking at hand-overs.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::escalation::{EscalationKind, EscalationState, Situation};
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::id::{AgentId, EscalationId, TicketId};
use crate::domain::intake::{MAX_TEXT, NewEvidence, TextRules};
use crate::domain::ticket::record::Escalation;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{EvidenceKind, Persona};
use crate::flow::Desk;
use crate::flow::escalate::Escalate;
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WorkTickets};
use crate::http::extract::{Body, Command, FromQuery, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on escalations.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(escalate)).routes(routes!(list)).routes(routes!(get))
}

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
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Escalation> for EscalationView {
    fn from(escalation: &Escalation) -> Self {
        Self {
            id: escalation.id.uuid(),
            ticket: escalation.ticket.uuid(),
            kind: escalation.kind,
            persona: escalation.persona,
            team: escalation.team.clone(),
            state: escalation.state,
            rule: escalation.rule.clone(),
            automatic: escalation.automatic,
            reason: escalation.reason.clone(),
            required_context: escalation.required_context.clone(),
            missing_context: escalation.missing_context.clone(),
            context_incomplete: !escalation.missing_context.is_empty(),
            fallback: escalation.fallback,
            requested_by: escalation.requested_by.map(AgentId::uuid),
            requested_at: escalation.requested_at,
            acknowledge_by: escalation.acknowledge_by,
            updated_at: escalation.updated_at,
        }
    }
}

/// A hand-over that a person asks for.
#[derive(Debug, ToSchema)]
#[schema(as = NewEscalation)]
struct EscalateBody {
    persona: Persona,
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
    /// What is known beyond the ticket's classification.
    situation: Option<Situation>,
    /// Context by kind; each item is attached to the ticket as evidence.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    context: Vec<NewEvidence>,
}

impl FromJson for EscalateBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let persona = f.choice("persona").required();
            let reason = f.text("reason").trimmed().min_chars(1).max_chars(2_000).required();
            let situation = f.choice("situation").optional();
            let context = f.object("context", |f| Some(context(f))).or_default();
            Some(Self { persona: persona?, reason: reason?, situation, context })
        })
    }
}

/// Evidence by kind; a kind that does not exist stays behind and is a fault.
fn context(f: &mut Fields<'_>) -> Vec<NewEvidence> {
    EvidenceKind::ALL
        .iter()
        .filter_map(|kind| {
            let text = f.text(kind.as_str()).max_chars(MAX_TEXT).check_not_blank().optional()?;
            Some(NewEvidence { kind: *kind, text })
        })
        .collect()
}

/// Hands a ticket over to a persona. Context that the persona needs and the
/// ticket does not have is a fault each.
#[utoipa::path(post, path = "/v1/tickets/{id}/escalations", tag = "escalations", operation_id = "escalateTicket",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = EscalateBody,
    responses(Problems, (status = 201, description = "The escalation", body = EscalationView,
        headers(("Location" = String)))))]
async fn escalate(
    State(desk): State<Desk>,
    command: Command<WorkTickets>,
    Path(id): Path<Uuid>,
    body: Body<EscalateBody>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let EscalateBody { persona, reason, situation, context } = body.value;
    let ticket = TicketId::new(id);
    let escalate = Escalate { ticket, persona, reason, situation, context, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &escalate, |escalation| {
        let location = Some(format!("/v1/escalations/{}", escalation.id));
        reply(StatusCode::CREATED, location, None, &EscalationView::from(escalation))
    })
    .await
}

/// Which escalations are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct EscalationQuery {
    /// Of this ticket.
    ticket: Option<Uuid>,
    /// Which page.
    #[param(ignore)]
    page: Paging,
}

impl FromQuery for EscalationQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let ticket = parameters.value("ticket").uuid().optional();
        Some(Self { ticket, page: Paging::take(parameters) })
    }
}

/// Lists escalations, oldest first.
#[utoipa::path(get, path = "/v1/escalations", tag = "escalations", operation_id = "listEscalations",
    params(EscalationQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of escalations", body = Page<EscalationView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(query): Query<EscalationQuery>,
) -> Result<Response, Problem> {
    let EscalationQuery { ticket, page } = query;
    let name = format!("escalations {ticket:?}");
    let after: Option<EscalationId> = page.position(&name)?;
    let tenant = permit.caller.tenant;
    let ticket = ticket.map(TicketId::new);
    let found = desk.escalations(tenant, ticket, after, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(
        &uri,
        &name,
        page.limit,
        found,
        |escalation| escalation.id,
        |item| EscalationView::from(&item),
    )
}

/// An escalation.
#[utoipa::path(get, path = "/v1/escalations/{id}", tag = "escalations", operation_id = "getEscalation",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The escalation", body = EscalationView)))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<EscalationView>, Problem> {
    let found =
        desk.escalation(permit.caller.tenant, EscalationId::new(id)).await.map_err(refusal::problem)?;
    Ok(Json(EscalationView::from(&found)))
}
