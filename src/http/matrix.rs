//! The escalation matrix: read, replaced, and asked about made-up tickets.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::escalation::{Direct, MatrixEdition, MatrixOrigin, Question, Rule, RunnerUp, Situation};
use crate::domain::fields::{FromJson, read};
use crate::domain::id::TenantId;
use crate::domain::intake::NewTicket;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{
    Category, Channel, EvidenceKind, Impact, Persona, Priority, Scope, Severity, TicketType,
};
use crate::flow::matrix::EditMatrix;
use crate::flow::{Desk, Error};
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageMatrix, TryRules};
use crate::http::extract::{Body, Command, IfNoneMatch, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader};
use crate::http::problem::Problem;
use crate::http::refusal;
use crate::http::revision::RevisionQuery;

/// The operations on the matrix.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get, replace, restore)).routes(routes!(test))
}

/// The escalation matrix.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationMatrix)]
struct MatrixView<'a> {
    /// Names it among all versions of all matrices; every escalation keeps it.
    version: &'a str,
    /// `shipped` with the service, or the tenant's `own`.
    origin: MatrixOrigin,
    /// How often the tenant has edited its matrix; 0: never.
    revision: i32,
    /// When the tenant put it in force; null: it never chose.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// The rules in the order in which they are tried, the one for everything
    /// else last.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<&'a Rule>,
    /// Rows of personas that no rule leads to, for people who name them.
    #[schema(value_type = Vec<Object>)]
    direct: &'a [Direct],
    /// What it was read from; the same, changed, can be put in its place.
    #[schema(value_type = Object)]
    document: &'a Value,
}

impl<'a> From<&'a MatrixEdition> for MatrixView<'a> {
    fn from(edition: &'a MatrixEdition) -> Self {
        Self {
            version: &edition.version,
            origin: edition.origin,
            revision: edition.revision,
            created_at: edition.created_at,
            rules: edition.matrix.rules().collect(),
            direct: edition.matrix.direct(),
            document: &edition.document,
        }
    }
}

/// The escalation matrix in force, or one that was.
#[utoipa::path(get, path = "/v1/escalation-matrix", tag = "rules", operation_id = "getEscalationMatrix",
    params(RevisionQuery, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The matrix", body = MatrixView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<TryRules>,
    Query(asked): Query<RevisionQuery>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let found = desk.matrix_of(permit.caller.tenant, asked.revision).await.map_err(refusal::problem)?;
    versioned(found.revision.into(), &MatrixView::from(&*found), &known)
}

fn edited(edition: &MatrixEdition) -> Result<crate::domain::reply::Reply, Error> {
    let view = MatrixView::from(edition);
    reply_with(StatusCode::OK, None, edition.revision.into(), &view)
}

/// A matrix as it is to be, whole, in the form of `config/escalation.toml`.
#[derive(Debug, ToSchema)]
#[schema(as = NewEscalationMatrix)]
struct MatrixBody {
    /// Seconds by priority, for rows without their own.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what the domain reads")]
    acknowledge_within_seconds: (),
    /// In the order in which they are tried. Each has `id`, `when`, `to`,
    /// `because`, `fallback`, `examples` that it must win, and may have
    /// `required_context`, `acknowledge_within_seconds`, `at_creation`,
    /// `restricted`, `home`.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 200)]
    #[expect(dead_code, reason = "describes what the domain reads")]
    rule: (),
    /// The row for everything else.
    #[schema(value_type = Object)]
    #[expect(dead_code, reason = "describes what the domain reads")]
    otherwise: (),
    /// Rows of personas that no rule leads to.
    #[schema(value_type = Option<Vec<Object>>, max_items = 200)]
    #[expect(dead_code, reason = "describes what the domain reads")]
    direct: (),
}

/// Puts the tenant's own matrix in force, for what is handed over from now on.
/// It is refused if one of its own examples comes out otherwise; every fault is
/// named. The versions before are kept. The same again makes no version.
#[utoipa::path(put, path = "/v1/escalation-matrix", tag = "rules", operation_id = "replaceEscalationMatrix",
    params(IdempotencyHeader, IfMatchHeader), request_body = MatrixBody,
    responses(Problems, (status = 200, description = "The matrix", body = MatrixView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageMatrix>,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditMatrix { document: Some(body.value), expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |edition| edited(edition)).await
}

/// Goes back to the shipped matrix, which is a version like the others.
#[utoipa::path(delete, path = "/v1/escalation-matrix", tag = "rules", operation_id = "restoreEscalationMatrix",
    params(IdempotencyHeader, IfMatchHeader),
    responses(Problems, (status = 200, description = "The matrix", body = MatrixView, headers(("ETag" = String)))))]
async fn restore(State(desk): State<Desk>, command: Command<ManageMatrix>) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    let edit = EditMatrix { document: None, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |edition| edited(edition)).await
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
    /// The version of the matrix that was asked.
    matrix_version: String,
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
    permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<QuestionBody>,
) -> Result<Json<RouteView>, Problem> {
    let tenant = permit.caller.tenant;
    let question = question(&desk, tenant, body.value).await?;
    let edition = desk.matrix_of(tenant, None).await.map_err(refusal::problem)?;
    let route = edition.matrix.route(&question);
    Ok(Json(RouteView {
        matrix_version: edition.version.clone(),
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
async fn question(desk: &Desk, tenant: TenantId, body: QuestionBody) -> Result<Question, Problem> {
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
    let verdict = desk.preview(tenant, &ticket, Channel::Api).await.map_err(refusal::problem)?;
    let scope = body.scope.unwrap_or(verdict.question.scope);
    Ok(Question {
        priority: body.priority.unwrap_or(verdict.question.priority),
        situation: body.situation,
        out_of_scope_persona: verdict.question.out_of_scope_persona.filter(|_| scope == Scope::OutOfScope),
        scope,
        ..verdict.question
    })
}
