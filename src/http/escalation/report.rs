//! The report on an escalation, for whoever takes it: JSON or Markdown.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::EscalationView;
use crate::domain::id::EscalationId;
use crate::domain::report::{
    Attempt, ClockLeft, ContextItem, Item, Moment, Passage, Report, Similar, render,
};
use crate::domain::sla::{Metric, State as ClockState};
use crate::domain::vocabulary::{
    Author, Category, EvidenceKind, Impact, Priority, Resolution, Severity, Status, TicketType,
};
use crate::flow::Desk;
use crate::http::accept::prefers;
use crate::http::answer::{fingerprint, unless_known};
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{IfNoneMatch, Path, Permit, Query};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

const MARKDOWN: HeaderValue = HeaderValue::from_static("text/markdown; charset=utf-8; variant=CommonMark");

/// The operation.
pub(super) fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(report))
}

/// Everything the desk knows, and what it asks for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EscalationReport)]
struct ReportView {
    escalation: EscalationView,
    problem: ProblemView,
    impact_assessment: ImpactView,
    /// What happened, in order: the newest 500 facts.
    timeline: Vec<MomentView>,
    /// How many older facts are left out.
    timeline_left_out: usize,
    /// What the persona needs.
    context: Vec<ContextView>,
    /// What of that is still missing.
    missing_context: Vec<EvidenceKind>,
    /// Material beyond what the persona needs.
    other_evidence: Vec<ItemView>,
    /// What people of the desk tried and said, in order.
    tried: Vec<AttemptView>,
    /// Other tickets of the tenant that are like it, the most alike first.
    similar_tickets: Vec<SimilarView>,
    /// Empty until there is knowledge.
    #[schema(value_type = Vec<Object>)]
    known_errors: Vec<()>,
    /// What is left of each promise.
    sla: Vec<LeftView>,
    /// What is asked of whom, as things stand; the reason is the escalation's.
    requested_action: String,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportProblem)]
struct ProblemView {
    ticket: Uuid,
    number: i64,
    subject: String,
    text: String,
    /// The text goes on.
    text_is_cut: bool,
    service: Option<String>,
    status: Status,
    category: Category,
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    ticket_type: TicketType,
    restricted: bool,
}

/// What it means for users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportImpact)]
struct ImpactView {
    summary: String,
    severity: Severity,
    impact: Impact,
    priority: Priority,
    /// How often it was reported.
    occurrences: i32,
    /// What people found out about it.
    assessments: Vec<ItemView>,
}

/// A fact in a sentence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportMoment)]
struct MomentView {
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    by: Author,
    what: String,
    /// In somebody's words.
    why: Option<String>,
}

/// A kind of material that the persona needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportContext)]
struct ContextView {
    kind: EvidenceKind,
    /// It still has to arrive, also where something of the kind is there.
    missing: bool,
    items: Vec<ItemView>,
}

/// A piece of material.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportItem)]
struct ItemView {
    evidence: Uuid,
    kind: EvidenceKind,
    text: String,
    /// The text goes on.
    text_is_cut: bool,
    author: Author,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Something that was tried or said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportAttempt)]
struct AttemptView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `message to the requester`, `note`, `answer to an escalation` or `resolution`.
    what: &'static str,
    resolution: Option<Resolution>,
    text: String,
    /// The text goes on.
    text_is_cut: bool,
}

/// A ticket like it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportSimilar)]
struct SimilarView {
    ticket: Uuid,
    number: i64,
    subject: String,
    status: Status,
    resolution: Option<Resolution>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    same_service_and_category: bool,
    /// Words that both have and few others.
    shared_words: Vec<String>,
}

/// What is left of a promise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportClock)]
struct LeftView {
    metric: Metric,
    state: ClockState,
    /// Deadline; null while paused.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// Business seconds.
    target_seconds: Option<i64>,
    /// Business seconds left; negative: overdue by so many.
    remaining_seconds: Option<i64>,
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        let (problem, impact) = (report.problem, report.impact);
        let class = problem.classification;
        let Passage { text, is_cut } = problem.text;
        Self {
            missing_context: report.escalation.missing_context.clone(),
            escalation: EscalationView::from(&report.escalation),
            problem: ProblemView {
                ticket: problem.ticket.uuid(),
                number: problem.number,
                subject: problem.subject,
                text,
                text_is_cut: is_cut,
                service: problem.service,
                status: problem.status,
                category: class.category,
                ticket_type: class.ticket_type,
                restricted: problem.restricted,
            },
            impact_assessment: ImpactView {
                summary: impact.summary,
                severity: class.severity,
                impact: class.impact,
                priority: class.priority,
                occurrences: impact.occurrences,
                assessments: impact.assessments.into_iter().map(ItemView::from).collect(),
            },
            timeline: report.timeline.into_iter().map(MomentView::from).collect(),
            timeline_left_out: report.timeline_left_out,
            context: report.context.into_iter().map(ContextView::from).collect(),
            other_evidence: report.other_evidence.into_iter().map(ItemView::from).collect(),
            tried: report.tried.into_iter().map(AttemptView::from).collect(),
            similar_tickets: report.similar.into_iter().map(SimilarView::from).collect(),
            known_errors: Vec::new(),
            sla: report.sla.into_iter().map(LeftView::from).collect(),
            requested_action: report.requested_action,
        }
    }
}

impl From<Moment> for MomentView {
    fn from(Moment { seq, at, by, what, why }: Moment) -> Self {
        Self { seq, at, by, what, why }
    }
}

impl From<ContextItem> for ContextView {
    fn from(ContextItem { kind, is_missing, items }: ContextItem) -> Self {
        Self { kind, missing: is_missing, items: items.into_iter().map(ItemView::from).collect() }
    }
}

impl From<Item> for ItemView {
    fn from(Item { evidence, kind, text: Passage { text, is_cut }, author, at }: Item) -> Self {
        Self { evidence: evidence.uuid(), kind, text, text_is_cut: is_cut, author, at }
    }
}

impl From<Attempt> for AttemptView {
    fn from(Attempt { at, what, resolution, text: Passage { text, is_cut } }: Attempt) -> Self {
        Self { at, what, resolution, text, text_is_cut: is_cut }
    }
}

impl From<Similar> for SimilarView {
    fn from(similar: Similar) -> Self {
        let Similar { ticket, number, subject, status, resolution, created_at, .. } = similar;
        let (same_service_and_category, shared_words) = (similar.same_place, similar.shared_words);
        let ticket = ticket.uuid();
        Self {
            ticket,
            number,
            subject,
            status,
            resolution,
            created_at,
            same_service_and_category,
            shared_words,
        }
    }
}

impl From<ClockLeft> for LeftView {
    fn from(left: ClockLeft) -> Self {
        let ClockLeft { metric, state, due_at, target_seconds, remaining_seconds } = left;
        Self { metric, state, due_at, target_seconds, remaining_seconds }
    }
}

/// Everything that the desk knows of the ticket, for whoever takes it over:
/// problem, impact, timeline, context, what was tried, similar tickets, known
/// errors, what is left of the service level, and what is asked for. Markdown
/// for `Accept: text/markdown`; what people wrote stands in it as code alone.
#[utoipa::path(get, path = "/v1/escalations/{id}/report", tag = "escalations", operation_id = "reportEscalation",
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The report", headers(("ETag" = String)),
            content((ReportView = "application/json"), (String = "text/markdown"))),
        (status = 304, description = "As If-None-Match has it")))]
async fn report(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    headers: HeaderMap,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let report = desk.report(permit.caller.tenant, EscalationId::new(id)).await.map_err(refusal::problem)?;
    let mut response = if prefers(&headers, &["text/markdown", "text/*"]) {
        let text = render(&report);
        let tag = fingerprint(&("markdown", &text))?;
        unless_known(&known, &tag, ([(CONTENT_TYPE, MARKDOWN)], text).into_response())
    } else {
        let view = ReportView::from(report);
        let tag = fingerprint(&("json", &view))?;
        unless_known(&known, &tag, Json(view))
    };
    response.headers_mut().append(VARY, HeaderValue::from(header::ACCEPT));
    Ok(response)
}
