//! Escalations: handing a ticket over, looking at hand-overs, and what becomes
//! of them.

mod report;
mod step;
mod view;

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::escalation::{EscalationState, Situation};
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::id::{EscalationId, TicketId};
use crate::domain::intake::{MAX_TEXT, NewEvidence, TextRules};
use crate::domain::search::EscalationSearch;
use crate::domain::tenant::is_slug;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{EvidenceKind, Persona};
use crate::flow::Desk;
use crate::flow::escalate::Escalate;
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WorkTickets};
use crate::http::extract::{
    Body, Command, FromQuery, IfNoneMatch, Page, Paging, Parameters, Path, Permit, Query,
};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

pub(super) use step::AcknowledgeBody;
pub use view::EscalationView;

/// The operations on escalations.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(escalate))
        .routes(routes!(list))
        .routes(routes!(get))
        .merge(step::router())
        .merge(report::router())
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
        headers(("Location" = String), ("ETag" = String)))))]
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
        let view = EscalationView::from(escalation);
        reply_with(StatusCode::CREATED, location, escalation.version, &view)
    })
    .await
}

/// Which escalations are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `from_query` takes")]
struct EscalationParameters {
    /// Of this ticket.
    ticket: Option<Uuid>,
    /// In these states, with commas between them.
    state: Option<EscalationState>,
    /// To these personas, with commas between them.
    persona: Option<Persona>,
    /// In the queues of these teams, with commas between them.
    #[param(value_type = Option<String>)]
    team: Option<String>,
}

/// Which escalations are listed, and which page of them.
struct Asked {
    search: EscalationSearch,
    page: Paging,
}

impl FromQuery for Asked {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let ticket = parameters.value("ticket").uuid().optional().map(TicketId::new);
        let state = parameters.choices("state").or_default();
        let persona = parameters.choices("persona").or_default();
        let slug = |text: &str| is_slug(text).then(|| text.to_owned()).ok_or("must be slugs of teams");
        let team = parameters.list("team", slug).or_default();
        let search = EscalationSearch { ticket, state, persona, team };
        Some(Self { search, page: Paging::take(parameters) })
    }
}

/// Lists escalations, oldest first.
#[utoipa::path(get, path = "/v1/escalations", tag = "escalations", operation_id = "listEscalations",
    params(EscalationParameters, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of escalations", body = Page<EscalationView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(Asked { search, page }): Query<Asked>,
) -> Result<Response, Problem> {
    let name = serde_json::to_string(&("escalations", &search)).map_err(|_| Problem::internal())?;
    let after: Option<EscalationId> = page.position(&name)?;
    let found = desk.escalations(permit.caller.tenant, &search, after, i64::from(page.limit) + 1).await;
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
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The escalation", body = EscalationView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let found = desk.escalation(permit.caller.tenant, EscalationId::new(id)).await;
    let found = found.map_err(refusal::problem)?;
    versioned(found.version, &EscalationView::from(&found), &known)
}
