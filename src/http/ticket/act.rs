//! Acts on a ticket, each answered with the ticket.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{Around, TicketView};
use crate::domain::change::Change;
use crate::domain::edit::Said;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::id::TicketId;
use crate::domain::intake::{MAX_TEXT, TextRules};
use crate::domain::place::MapLimits;
use crate::domain::ticket::record::Record;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Category, Impact, Resolution, Scope, Severity, Status, TicketType};
use crate::flow::escalation::AcknowledgeTicket;
use crate::flow::life::{Assign, Close, Reopen, Resolve, Target, Transition};
use crate::flow::retriage::Retriage;
use crate::flow::{Desk, UseCase};
use crate::http::answer::{execute, reply_with};
use crate::http::document::Problems;
use crate::http::escalation::AcknowledgeBody;
use crate::http::extract::caller::{WorkTickets, WriteTickets};
use crate::http::extract::{Body, Command, Path};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader};
use crate::http::problem::Problem;
use crate::http::refusal;

/// Longest reason, in characters.
const MAX_REASON: usize = 2_000;
/// How much a note on knowledge may hold.
const KNOWLEDGE: MapLimits = MapLimits { entries: 3, depth: 4, bytes: 65_536 };

/// Does it, and answers with the ticket.
pub(super) async fn act<P, U: UseCase<Output = Record>>(
    desk: &Desk,
    command: &Command<P>,
    body: &[u8],
    use_case: &U,
) -> Result<Response, Problem> {
    let retry = command.retry(body);
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    execute(desk, command.caller(), retry.as_ref(), use_case, |record| {
        let view = TicketView::new(record, around);
        reply_with(StatusCode::OK, None, record.state.version, &view)
    })
    .await
}

pub(super) fn reason(f: &mut Fields<'_>) -> Option<String> {
    f.text("reason").trimmed().min_chars(1).max_chars(MAX_REASON).optional()
}

/// Declares an act: what it takes, and the operation.
macro_rules! operation {
    ($(#[$meta:meta])* $name:ident, $path:tt, $id:tt, $permission:ident, $body:ident, $make:expr) => {
        $(#[$meta])*
        #[utoipa::path(post, path = $path, tag = "tickets", operation_id = $id,
            params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = $body,
            responses(Problems, (status = 200, description = "The ticket", body = TicketView,
                headers(("ETag" = String)))))]
        pub(super) async fn $name(
            State(desk): State<Desk>,
            command: Command<$permission>,
            Path(id): Path<Uuid>,
            body: Body<$body>,
        ) -> Result<Response, Problem> {
            let make: fn(Target, $body) -> _ = $make;
            let target = Target { ticket: TicketId::new(id), expected: command.expected() };
            let use_case = make(target, body.value);
            act(&desk, &command, &body.bytes, &use_case).await
        }
    };
}

/// Another state.
#[derive(Debug, ToSchema)]
#[schema(as = NewTransition)]
pub(super) struct TransitionBody {
    to: Status,
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for TransitionBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let to = f.choice("to").required();
            let reason = reason(f);
            Some(Self { to: to?, reason })
        })
    }
}

operation!(
    /// Takes the ticket to another state. Resolving needs more: see `resolve`.
    transition, "/v1/tickets/{id}/transitions", "transitionTicket", WorkTickets, TransitionBody,
    |target, body| Transition { target, to: body.to, reason: body.reason }
);

/// Another place; at least one of `team` and `agent`.
#[derive(Debug, ToSchema)]
#[schema(as = NewAssignment)]
pub(super) struct AssignBody {
    /// Slug of the team.
    #[schema(min_length = 1, max_length = 63)]
    team: Option<String>,
    /// Id or name of the agent; null: nobody.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    agent: Change<String>,
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for AssignBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let to_nobody = f.is_null("agent");
            let names_team = f.holds("team") && !f.is_null("team");
            if !names_team && !f.holds("agent") {
                f.fault("", "required", "must have `team` or `agent`");
            }
            let team = f.text("team").trimmed().min_chars(1).max_chars(63).optional();
            let named = f.text("agent").trimmed().min_chars(1).max_chars(200).optional();
            let reason = reason(f);
            let agent = if to_nobody { Change::Clear } else { named.map_or(Change::Keep, Change::Set) };
            Some(Self { team, agent, reason })
        })
    }
}

operation!(
    /// Puts the ticket into a team's queue, or into an agent's hands.
    assign, "/v1/tickets/{id}/assign", "assignTicket", WorkTickets, AssignBody,
    |target, body| Assign { target, team: body.team, agent: body.agent, reason: body.reason }
);

/// What a person says of a ticket; nothing: the rules run again.
#[derive(Debug, ToSchema)]
#[schema(as = NewTriage)]
pub(super) struct TriageBody {
    category: Option<Category>,
    severity: Option<Severity>,
    impact: Option<Impact>,
    #[schema(rename = "type")]
    r#type: Option<TicketType>,
    /// Whether it is the desk's work.
    scope: Option<Scope>,
    /// Why; required where the ticket becomes less urgent.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for TriageBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let category = f.choice("category").optional();
            let severity = f.choice("severity").optional();
            let impact = f.choice("impact").optional();
            let r#type = f.choice("type").optional();
            let scope = f.choice("scope").optional();
            let reason = reason(f);
            Some(Self { category, severity, impact, r#type, scope, reason })
        })
    }
}

impl TriageBody {
    fn said(&self) -> Said {
        fn change<T>(value: Option<T>) -> Change<T> {
            value.map_or(Change::Keep, Change::Set)
        }
        Said {
            category: change(self.category),
            severity: change(self.severity),
            impact: change(self.impact),
            ticket_type: change(self.r#type),
            scope: change(self.scope),
        }
    }
}

operation!(
    /// Overrides triage, or runs it again. What people said before stays.
    triage, "/v1/tickets/{id}/triage", "triageTicket", WorkTickets, TriageBody,
    |target, body| Retriage { target, said: body.said(), reason: body.reason }
);

/// How a ticket was resolved.
#[derive(Debug, ToSchema)]
#[schema(as = NewResolution)]
pub(super) struct ResolveBody {
    resolution: Resolution,
    /// What was done.
    #[schema(min_length = 1, max_length = 100_000)]
    steps: String,
    /// What the requester is told.
    #[schema(min_length = 1, max_length = 100_000)]
    message: String,
    /// What was behind it.
    #[schema(min_length = 1, max_length = 100_000)]
    root_cause: Option<String>,
    /// What became of the knowledge: `article`, `draft` or `waived`.
    #[schema(value_type = Option<Object>)]
    knowledge: Option<Value>,
    /// What it meant for users.
    #[schema(min_length = 1, max_length = 100_000)]
    impact_assessment: Option<String>,
}

impl FromJson for ResolveBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let resolution = f.choice("resolution").required();
            let steps = f.text("steps").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
            let message = f.text("message").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
            let root_cause =
                f.text("root_cause").min_chars(1).max_chars(MAX_TEXT).check_not_blank().optional();
            let knowledge = f
                .map("knowledge", KNOWLEDGE)
                .check(
                    "unknown_field",
                    |map| map.keys().all(|key| ["article", "draft", "waived"].contains(&key.as_str())),
                    || "may hold `article`, `draft` and `waived`",
                )
                .map(Value::Object)
                .optional();
            let impact =
                f.text("impact_assessment").min_chars(1).max_chars(MAX_TEXT).check_not_blank().optional();
            Some(Self {
                resolution: resolution?,
                steps: steps?,
                message: message?,
                root_cause,
                knowledge,
                impact_assessment: impact,
            })
        })
    }
}

operation!(
    /// Resolves the ticket: with a code, documented steps, and a public
    /// message to the requester.
    resolve, "/v1/tickets/{id}/resolve", "resolveTicket", WorkTickets, ResolveBody,
    |target, body| Resolve {
        target,
        resolution: body.resolution,
        steps: body.steps,
        message: body.message,
        root_cause: body.root_cause,
        knowledge: body.knowledge,
        impact_assessment: body.impact_assessment,
    }
);

/// Why a ticket comes back.
#[derive(Debug, ToSchema)]
#[schema(as = NewReopening)]
pub(super) struct ReopenBody {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

impl FromJson for ReopenBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let reason = f.text("reason").trimmed().min_chars(1).max_chars(MAX_REASON).required();
            Some(Self { reason: reason? })
        })
    }
}

operation!(
    /// Opens a resolved ticket again, within seven days.
    reopen, "/v1/tickets/{id}/reopen", "reopenTicket", WriteTickets, ReopenBody,
    |target, body| Reopen { target, reason: body.reason }
);

/// Nothing more is needed.
#[derive(Debug, ToSchema)]
#[schema(as = NewClosing)]
pub(super) struct CloseBody {}

impl FromJson for CloseBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |_| Some(Self {}))
    }
}

operation!(
    /// Ends a resolved ticket.
    close, "/v1/tickets/{id}/close", "closeTicket", WriteTickets, CloseBody,
    |target, CloseBody {}| Close { target }
);

operation!(
    /// Acknowledges every hand-over of the ticket that waits for that, and those
    /// whose acknowledgement ends at another instant. A ticket without one stays
    /// as it is.
    acknowledge, "/v1/tickets/{id}/acknowledge", "acknowledgeTicket", WorkTickets, AcknowledgeBody,
    |target, AcknowledgeBody { until, note }| AcknowledgeTicket { target, until, note }
);
