//! Trying the rules: what triage and the escalation matrix would say.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ticket::create::TicketBody;
use super::ticket::view::{AssignedView, TriageView};
use crate::domain::escalation::{Question, RunnerUp, Situation};
use crate::domain::fields::{FromJson, read};
use crate::domain::intake::{NewTicket, Source};
use crate::domain::opening::triage_record;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{
    Category, Channel, EvidenceKind, Impact, Persona, Priority, Scope, Severity, TicketType,
};
use crate::flow::Desk;
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::TryRules;
use crate::http::extract::{Body, Permit, Query};
use crate::http::problem::Problem;
use crate::http::refusal;

/// The operations on rules.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(preview)).routes(routes!(matrix)).routes(routes!(test))
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
    _permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<Value>,
) -> Result<Json<Preview>, Problem> {
    let ticket = NewTicket::read(body.value, Source::Preview)?;
    let now = desk.now().await.map_err(refusal::problem)?;
    let verdict = desk.preview(&ticket, Channel::Api, now);
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

/// The escalation matrix as data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationMatrix)]
struct MatrixView {
    /// The rules in the order in which they are tried, the one for everything
    /// else last.
    #[schema(value_type = Vec<Object>)]
    rules: Value,
    /// Rows of personas that no rule leads to, for people who name them.
    #[schema(value_type = Vec<Object>)]
    direct: Value,
}

/// The escalation matrix in force.
#[utoipa::path(get, path = "/v1/escalation-matrix", tag = "rules", operation_id = "getEscalationMatrix",
    responses(ReadProblems, (status = 200, description = "The matrix", body = MatrixView)))]
async fn matrix(
    State(desk): State<Desk>,
    _permit: Permit<TryRules>,
    Query(()): Query<()>,
) -> Result<Json<MatrixView>, Problem> {
    let matrix = &desk.rules().matrix;
    let rules: Vec<_> = matrix.rules().collect();
    let json = |value: Result<Value, serde_json::Error>| value.map_err(|_| Problem::internal());
    Ok(Json(MatrixView {
        rules: json(serde_json::to_value(rules))?,
        direct: json(serde_json::to_value(matrix.direct()))?,
    }))
}

/// A made-up ticket; what is not given is decided by triage where there is
/// text, or is unremarkable.
#[derive(Debug, ToSchema)]
#[schema(as = MatrixQuestion)]
struct QuestionBody {
    /// One line about it.
    #[schema(min_length = 1, max_length = 300)]
    subject: Option<String>,
    /// All of it.
    #[schema(min_length = 1, max_length = 100_000)]
    body: Option<String>,
    category: Option<Category>,
    severity: Option<Severity>,
    impact: Option<Impact>,
    priority: Option<Priority>,
    channel: Option<Channel>,
    #[schema(rename = "type")]
    r#type: Option<TicketType>,
    scope: Option<Scope>,
    /// What a person says who hands it over.
    situation: Option<Situation>,
}

impl FromJson for QuestionBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            if !f.holds("category") && !f.holds("subject") && !f.holds("body") {
                f.fault("", "required", "must have `category`, or `subject` and `body` to triage");
            }
            Some(Self {
                subject: f.text("subject").trimmed().min_chars(1).max_chars(300).optional(),
                body: f.text("body").min_chars(1).max_chars(100_000).optional(),
                category: f.choice("category").optional(),
                severity: f.choice("severity").optional(),
                impact: f.choice("impact").optional(),
                priority: f.choice("priority").optional(),
                channel: f.choice("channel").optional(),
                r#type: f.choice("type").optional(),
                scope: f.choice("scope").optional(),
                situation: f.choice("situation").optional(),
            })
        })
    }
}

/// Where a ticket would go, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationRoute)]
struct RouteView {
    /// Who would take it.
    persona: Persona,
    /// Into which queue.
    team: String,
    /// The row that decided.
    rule: String,
    /// A sentence each.
    reasons: Vec<String>,
    required_context: Vec<EvidenceKind>,
    /// Seconds until it must be acknowledged.
    acknowledge_within_seconds: i64,
    fallback: Persona,
    /// The next row that would have sent it to somebody else.
    runner_up: Option<RunnerUpView>,
    /// The desk makes this escalation by itself when the ticket is created.
    automatic: bool,
    /// The ticket is marked confidential.
    restricted: bool,
    /// First level keeps the ticket until a person says otherwise.
    held_at_first_level: bool,
}

/// The second choice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunnerUp)]
struct RunnerUpView {
    persona: Persona,
    rule: String,
}

impl From<RunnerUp> for RunnerUpView {
    fn from(runner_up: RunnerUp) -> Self {
        Self { persona: runner_up.persona, rule: runner_up.rule }
    }
}

/// Asks the escalation matrix about a made-up ticket.
#[utoipa::path(post, path = "/v1/escalation-matrix/test", tag = "rules", operation_id = "testEscalationMatrix",
    request_body = QuestionBody,
    responses(Problems, (status = 200, description = "Where it would go", body = RouteView)))]
async fn test(
    State(desk): State<Desk>,
    _permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<QuestionBody>,
) -> Result<Json<RouteView>, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let route = desk.rules().matrix.route(&question(&desk, body.value, now));
    Ok(Json(RouteView {
        persona: route.persona,
        team: route.team,
        rule: route.rule,
        reasons: route.reasons,
        required_context: route.required_context,
        acknowledge_within_seconds: route.acknowledge_within_seconds,
        fallback: route.fallback,
        runner_up: route.runner_up.map(RunnerUpView::from),
        automatic: route.automatic,
        restricted: route.restricted,
        held_at_first_level: route.held_at_first_level,
    }))
}

/// What the matrix is asked: what was given, else what triage makes of the
/// text.
fn question(desk: &Desk, body: QuestionBody, now: jiff::Timestamp) -> Question {
    let subject = body.subject.unwrap_or_default();
    let ticket = NewTicket {
        body: body.body.unwrap_or_else(|| subject.clone()),
        subject,
        channel: body.channel,
        ticket_type: body.r#type,
        category: body.category,
        severity: body.severity,
        impact: body.impact,
        ..NewTicket::default()
    };
    let verdict = desk.preview(&ticket, Channel::Api, now);
    let scope = body.scope.unwrap_or(verdict.question.scope);
    Question {
        priority: body.priority.unwrap_or(verdict.question.priority),
        situation: body.situation,
        out_of_scope_persona: verdict.question.out_of_scope_persona.filter(|_| scope == Scope::OutOfScope),
        scope,
        ..verdict.question
    }
}
