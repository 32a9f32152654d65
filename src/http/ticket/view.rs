//! A ticket as callers see it: one complete answer, the same at creation and
//! ever after.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::escalation::EscalationView;
use super::plan::{OverrideView, StepView};
use crate::domain::checklist::Checklists;
use crate::domain::id::{AgentId, RequesterId, TicketId};
use crate::domain::sla::{Metric, State as ClockState};
use crate::domain::ticket::record::{Record, Requester, ResolutionRecord, StoredClock, TriageRecord};
use crate::domain::vocabulary::{
    Author, Category, Channel, DecidedBy, EvidenceKind, Impact, Persona, Priority, Resolution, Scope,
    Severity, Status, TicketType,
};

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketView {
    id: Uuid,
    /// Number for people.
    number: i64,
    status: Status,
    /// False only in the answer to a submission that repeated an open ticket.
    created: bool,
    subject: String,
    requester: RequesterView,
    category: Category,
    severity: Severity,
    impact: Impact,
    /// The one that counts: as severity and impact have it, or more urgent.
    priority: Priority,
    /// What a ladder raised it to, until a person weighs severity and impact anew;
    /// null: nothing.
    priority_override: Option<OverrideView>,
    triage: TriageView,
    assigned: AssignedView,
    sla: SlaView,
    escalations: Vec<EscalationView>,
    /// The steps of its ladders as of its last event, by instant. Who is on call or
    /// in a team may have changed since: `/escalation-plan` looks anew.
    escalation_plan: Vec<StepView>,
    suggestions: SuggestionsView,
    /// What its requester was told at once; empty where it came in as spam, which
    /// is answered when that tag is taken away, while it is unresolved.
    message_to_requester: String,
    /// How to go about it, from its category.
    diagnosis_checklist: Vec<String>,
    /// How it was resolved; null while it is not.
    resolution: Option<ResolutionView>,
    /// Who opened it: its requester, an agent on their behalf, or a machine.
    opened_by: Author,
    channel: Channel,
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    ticket_type: TicketType,
    service: Option<String>,
    /// Language of the text, ISO 639-1.
    language: String,
    tags: Vec<String>,
    #[schema(value_type = Object)]
    custom: Value,
    external_ref: Option<String>,
    dedup_key: Option<String>,
    /// How often it was reported.
    occurrences: i32,
    /// How often it came back.
    reopen_count: i32,
    /// What whoever it would be escalated to needs.
    required_context: Vec<EvidenceKind>,
    /// Whether it is confidential. It marks the ticket; keys that read tickets
    /// still see it.
    restricted: bool,
    /// The ticket that goes on in its place, if it was merged.
    merged_into: Option<Uuid>,
    /// The ticket that it goes on from, if it does.
    follow_up_of: Option<Uuid>,
    /// Addresses of what belongs to it.
    links: BTreeMap<&'static str, String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Grows with every change; the `ETag` is made of it.
    version: i64,
}

/// A person who is helped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Requester)]
struct RequesterView {
    id: Uuid,
    email: Option<String>,
    name: Option<String>,
}

/// What triage decided, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Triage)]
pub struct TriageView {
    /// The decisions by field name.
    fields: BTreeMap<String, ExplainedView>,
    scope: Scope,
    /// Whether a person should look.
    needs_review: bool,
    /// Version of the rules.
    version: String,
}

/// One decision with its explanation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explained)]
struct ExplainedView {
    value: String,
    /// How sure, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    decided_by: DecidedBy,
    /// A sentence each.
    reasons: Vec<String>,
}

/// Where a ticket is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assigned)]
pub struct AssignedView {
    /// The team whose queue it is in.
    pub(in crate::http) team: String,
    /// Who works it.
    pub(in crate::http) agent: Option<Uuid>,
    /// That agent's name.
    pub(in crate::http) agent_name: Option<String>,
    /// Whom it is, or would be, escalated to; null while first level keeps it.
    pub(in crate::http) persona: Option<Persona>,
}

/// What is promised.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sla)]
struct SlaView {
    policy: Option<String>,
    /// The calendar of the resolution clock, or of the first one there is.
    calendar: Option<String>,
    first_response: Option<ClockView>,
    next_response: Option<ClockView>,
    resolution: Option<ClockView>,
}

/// One promise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
struct ClockView {
    /// Deadline; null while paused.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// Business seconds of the calendar.
    target_seconds: i64,
    /// The calendar that counts them.
    calendar: String,
    state: ClockState,
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    breached_at: Option<Timestamp>,
}

/// What may help; empty until there is knowledge.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Suggestions)]
struct SuggestionsView {
    #[schema(value_type = Vec<Object>)]
    articles: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    known_errors: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    possible_duplicates: Vec<Value>,
}

/// How a ticket was resolved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResolutionDetails)]
struct ResolutionView {
    resolution: Resolution,
    steps: String,
    root_cause: Option<String>,
    #[schema(value_type = Option<Object>)]
    knowledge: Option<Value>,
    impact_assessment: Option<String>,
    agent: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    resolved_at: Timestamp,
}

/// What a view needs beside the record.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The instant it is looked at.
    pub now: Timestamp,
    /// How agents diagnose.
    pub checklists: &'a Checklists,
}

impl TicketView {
    /// A ticket as it is at an instant.
    #[must_use]
    pub fn new(record: &Record, around: Around<'_>) -> Self {
        let state = &record.state;
        let class = &state.classification;
        Self {
            id: record.id.uuid(),
            number: record.number,
            status: state.status,
            created: true,
            subject: record.subject.clone(),
            requester: RequesterView::from(&record.requester),
            category: class.category,
            severity: class.severity,
            impact: class.impact,
            priority: state.priority(),
            priority_override: OverrideView::of(state),
            triage: TriageView::from(&record.triage),
            assigned: AssignedView {
                team: state.team.clone(),
                agent: state.agent.map(AgentId::uuid),
                agent_name: record.agent_name.clone(),
                persona: state.persona,
            },
            sla: SlaView::new(record, around.now),
            escalations: record.escalations.iter().map(EscalationView::from).collect(),
            escalation_plan: record.plan.iter().map(StepView::from).collect(),
            suggestions: SuggestionsView::default(),
            message_to_requester: record.message_to_requester.clone(),
            diagnosis_checklist: around.checklists.steps(class.category).to_vec(),
            resolution: record.resolution.as_ref().map(ResolutionView::from),
            opened_by: record.opened_by,
            channel: state.channel,
            ticket_type: class.ticket_type,
            service: record.service.clone(),
            language: record.language.clone(),
            tags: record.tags.clone(),
            custom: custom(&record.custom),
            external_ref: record.external_ref.clone(),
            dedup_key: record.dedup_key.clone(),
            occurrences: record.occurrences(),
            reopen_count: state.reopen_count,
            required_context: record.required_context.clone(),
            restricted: state.restricted,
            merged_into: state.merged_into.map(TicketId::uuid),
            follow_up_of: state.follow_up_of.map(TicketId::uuid),
            links: links(record),
            created_at: state.created_at,
            updated_at: state.updated_at,
            version: state.version,
        }
    }

    /// The same, in the answer to a submission that repeated it.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { created: false, ..self }
    }
}

/// Free fields; a row that holds none shows an empty object.
fn custom(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { Value::Object(Map::new()) }
}

fn links(record: &Record) -> BTreeMap<&'static str, String> {
    let base = format!("/v1/tickets/{}", record.id);
    let mut links: BTreeMap<&'static str, String> = [
        "messages",
        "evidence",
        "escalations",
        "escalation-plan",
        "escalate-up",
        "transitions",
        "assign",
        "triage",
        "resolve",
        "reopen",
        "close",
        "acknowledge",
        "merge",
        "history",
        "sla",
    ]
    .into_iter()
    .map(|name| (name, format!("{base}/{name}")))
    .collect();
    let (merged, went_on) = (record.state.merged_into, record.state.follow_up_of);
    for (name, other) in [("merged_into", merged), ("follow_up_of", went_on)] {
        links.extend(other.map(|other| (name, format!("/v1/tickets/{other}"))));
    }
    links.insert("handoffs", format!("/v1/handoffs?ticket={}", record.id));
    links.insert("self", base);
    links
}

impl From<&Requester> for RequesterView {
    fn from(requester: &Requester) -> Self {
        Self {
            id: RequesterId::uuid(requester.id),
            email: requester.email.clone(),
            name: requester.name.clone(),
        }
    }
}

impl From<&TriageRecord> for TriageView {
    fn from(record: &TriageRecord) -> Self {
        let explained = |(name, field): (&String, &crate::domain::ticket::record::Explained)| {
            let view = ExplainedView {
                value: field.value.clone(),
                confidence: field.confidence,
                decided_by: field.decided_by,
                reasons: field.reasons.clone(),
            };
            (name.clone(), view)
        };
        Self {
            fields: record.fields.iter().map(explained).collect(),
            scope: record.scope,
            needs_review: record.needs_review,
            version: record.version.clone(),
        }
    }
}

impl SlaView {
    fn new(record: &Record, now: Timestamp) -> Self {
        let last = |metric: Metric| record.clocks.iter().rfind(|clock| clock.metric == metric);
        let view = |metric| last(metric).map(|clock| ClockView::new(clock, now));
        Self {
            policy: record.state.policy.as_ref().map(|policy| policy.key.clone()),
            calendar: last(Metric::Resolution).or(record.clocks.first()).map(|clock| clock.calendar.clone()),
            first_response: view(Metric::FirstResponse),
            next_response: view(Metric::NextResponse),
            resolution: view(Metric::Resolution),
        }
    }
}

impl ClockView {
    fn new(clock: &StoredClock, now: Timestamp) -> Self {
        let state = clock.state_at(now);
        let overdue = (state == ClockState::Breached).then_some(clock.due_at).flatten();
        Self {
            due_at: clock.due_at,
            target_seconds: clock.target_seconds,
            calendar: clock.calendar.clone(),
            state,
            stopped_at: clock.stopped_at,
            breached_at: clock.breached_at.or(overdue),
        }
    }
}

impl From<&ResolutionRecord> for ResolutionView {
    fn from(record: &ResolutionRecord) -> Self {
        Self {
            resolution: record.resolution,
            steps: record.steps.clone(),
            root_cause: record.root_cause.clone(),
            knowledge: record.knowledge.clone(),
            impact_assessment: record.impact_assessment.clone(),
            agent: record.agent.map(AgentId::uuid),
            resolved_at: record.resolved_at,
        }
    }
}
