//! The steps of a ticket's ladders, and the button that starts one.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::act::act;
use super::view::TicketView;
use crate::domain::escalation::ladder::{
    Action as LadderAction, Item, Moot as StepReason, Reached, Seen, StepState,
};
use crate::domain::fields::{FromJson, read};
use crate::domain::id::{AgentId, TicketId};
use crate::domain::ticket::Ticket;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Persona, Priority};
use crate::flow::Desk;
use crate::flow::ladder::EscalateUp;
use crate::flow::life::Target;
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ReadTickets, WorkTickets};
use crate::http::extract::{Body, Command, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader};
use crate::http::problem::Problem;
use crate::http::refusal;

/// A step of a ladder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationStep)]
pub struct StepView {
    /// When it was due and is stamped with, however late it was taken, or will be
    /// due if nothing else happens; null while the clock that it waits for stands
    /// still.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// From 1, the lowest.
    level: usize,
    /// 0, or the how manieth reminder of its level.
    repeat: u32,
    action: LadderAction,
    /// Who gets it as things are, or got it; null: nobody.
    to: Option<ReachedView>,
    /// What starts its ladder, such as `target_used:resolution:75`.
    trigger: String,
    state: StepState,
    /// When it was really taken, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    fired_at: Option<Timestamp>,
    /// The same as `at`.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// Why it told nobody.
    reason: Option<StepReason>,
}

/// Who gets a step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationReceiver)]
struct ReachedView {
    /// `team`, `agent` or `persona`.
    kind: &'static str,
    /// The team; for an agent the one that they are on call for, or lead.
    team: Option<String>,
    agent: Option<Uuid>,
    persona: Option<Persona>,
}

impl From<&Reached> for ReachedView {
    fn from(reached: &Reached) -> Self {
        let (kind, team, agent, persona) = match reached {
            Reached::Team { team } => ("team", Some(team.clone()), None, None),
            Reached::Agent { agent, team } => ("agent", team.clone(), Some(AgentId::uuid(*agent)), None),
            Reached::Persona { persona, team } => ("persona", Some(team.clone()), None, Some(*persona)),
        };
        Self { kind, team, agent, persona }
    }
}

impl From<&Item> for StepView {
    fn from(item: &Item) -> Self {
        let fired_at = item.taken_at.filter(|_| item.state == StepState::Fired);
        Self {
            at: item.due.or(item.taken_at),
            level: item.id.level,
            repeat: item.id.repeat,
            action: item.id.action,
            to: item.to.as_ref().map(ReachedView::from),
            trigger: item.id.trigger.clone(),
            state: item.state,
            fired_at,
            due_at: item.due,
            reason: item.why,
        }
    }
}

/// A priority that a ladder gave the ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriorityOverride)]
pub struct OverrideView {
    /// What it was raised to.
    priority: Priority,
    /// What its classification says.
    derived: Priority,
    /// Always `ladder`.
    by: &'static str,
    /// The step that did it: policy, version, trigger, run, level and action.
    step: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl OverrideView {
    /// The override of a ticket, if it has one.
    pub(super) fn of(ticket: &Ticket) -> Option<Self> {
        let raised = ticket.raised.as_ref()?;
        Some(Self {
            priority: raised.to,
            derived: ticket.classification.priority,
            by: "ladder",
            step: raised.step.clone(),
            at: raised.at,
        })
    }
}

/// All steps of a ticket's ladders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationPlan)]
pub(super) struct PlanView {
    /// By instant; those without one last.
    items: Vec<StepView>,
}

/// The steps of the ticket's ladders: taken, to come if nothing else happens,
/// and cancelled.
#[utoipa::path(get, path = "/v1/tickets/{id}/escalation-plan", tag = "tickets",
    operation_id = "getEscalationPlan", params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The plan", body = PlanView)))]
pub(super) async fn plan(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Json<PlanView>, Problem> {
    let plan = desk.escalation_plan(permit.caller.tenant, TicketId::new(id)).await;
    let items = plan.map_err(refusal::problem)?.iter().map(StepView::from).collect();
    Ok(Json(PlanView { items }))
}

/// A call for help from above.
#[derive(Debug, ToSchema)]
#[schema(as = NewEscalationUp)]
pub(super) struct EscalateUpBody {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
    /// What the caller had seen when they decided: the ticket's `version`, which
    /// is exact, or an instant, at which a press of that very instant had not been
    /// seen. Without it the press counts only where no step of the last press is
    /// still to come.
    #[schema(value_type = Option<Value>)]
    as_of: Option<Seen>,
}

impl FromJson for EscalateUpBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let reason = f.text("reason").trimmed().min_chars(1).max_chars(2_000).required();
            let place = f.place("as_of");
            let as_of = if place.is_text() {
                place.text().timestamp().optional().map(Seen::At)
            } else {
                place.integer().between(1, i64::MAX).optional().map(Seen::Version)
            };
            Some(Self { reason: reason?, as_of })
        })
    }
}

/// Starts the ladder that starts by hand. Of several people who had seen the
/// same state (`as_of`), the first starts it and the others are answered with
/// what came of it; so is who does not say what they saw while steps of the last
/// press are still to come. Who has seen that press and asks again starts the
/// ladder once more, and the one before goes on beside it. What came of a press
/// ends when the ticket is resolved. 409 where the ticket's policy has no such
/// ladder.
#[utoipa::path(post, path = "/v1/tickets/{id}/escalate-up", tag = "tickets", operation_id = "escalateUp",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = EscalateUpBody,
    responses(Problems, (status = 200, description = "The ticket", body = TicketView,
        headers(("ETag" = String)))))]
pub(super) async fn escalate_up(
    State(desk): State<Desk>,
    command: Command<WorkTickets>,
    Path(id): Path<Uuid>,
    body: Body<EscalateUpBody>,
) -> Result<Response, Problem> {
    let target = Target { ticket: TicketId::new(id), expected: command.expected() };
    let EscalateUpBody { reason, as_of } = body.value;
    act(&desk, &command, &body.bytes, &EscalateUp { target, as_of, reason }).await
}
