//! Steps of an escalation, each answered with the escalation.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::EscalationView;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::id::EscalationId;
use crate::domain::intake::{MAX_TEXT, TextRules};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::EvidenceKind;
use crate::flow::Desk;
use crate::flow::escalation::{TakeStep, Word};
use crate::http::answer::{execute, reply_with};
use crate::http::document::Problems;
use crate::http::extract::caller::WorkTickets;
use crate::http::extract::{Body, Command, Path};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader};
use crate::http::problem::Problem;

/// Longest note or reason, in characters.
const MAX_NOTE: usize = 2_000;

/// The operations on an escalation.
pub(super) fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(acknowledge))
        .routes(routes!(start))
        .routes(routes!(return_it))
        .routes(routes!(decline))
        .routes(routes!(answer))
        .routes(routes!(close))
}

/// A step, with what is said about it.
struct Said {
    word: Word,
    note: Option<String>,
}

fn note(f: &mut Fields<'_>, name: &str) -> Option<String> {
    f.text(name).trimmed().min_chars(1).max_chars(MAX_NOTE).optional()
}

/// Takes the step and answers with the escalation.
async fn take(
    desk: &Desk,
    command: &Command<WorkTickets>,
    id: Uuid,
    body: &[u8],
    Said { word, note }: Said,
) -> Result<Response, Problem> {
    let retry = command.retry(body);
    let step = TakeStep { escalation: EscalationId::new(id), word, note, expected: command.expected() };
    execute(desk, command.caller(), retry.as_ref(), &step, |escalation| {
        let view = EscalationView::from(escalation);
        reply_with(StatusCode::OK, None, escalation.version, &view)
    })
    .await
}

/// Declares a step: what it takes, and the operation.
macro_rules! operation {
    ($(#[$meta:meta])* $name:ident, $path:tt, $id:tt, $body:ident) => {
        $(#[$meta])*
        #[utoipa::path(post, path = $path, tag = "escalations", operation_id = $id,
            params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader), request_body = $body,
            responses(Problems, (status = 200, description = "The escalation", body = EscalationView,
                headers(("ETag" = String)))))]
        async fn $name(
            State(desk): State<Desk>,
            command: Command<WorkTickets>,
            Path(id): Path<Uuid>,
            body: Body<$body>,
        ) -> Result<Response, Problem> {
            take(&desk, &command, id, &body.bytes, Said::from(body.value)).await
        }
    };
}

/// That somebody has seen it.
#[derive(Debug, ToSchema)]
#[schema(as = NewAcknowledgement)]
pub(in crate::http) struct AcknowledgeBody {
    /// When it no longer counts; absent: it counts for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(in crate::http) until: Option<Timestamp>,
    /// What they say.
    #[schema(min_length = 1, max_length = 2_000)]
    pub(in crate::http) note: Option<String>,
}

impl FromJson for AcknowledgeBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let until = f.timestamp("until").optional();
            let note = note(f, "note");
            Some(Self { until, note })
        })
    }
}

impl From<AcknowledgeBody> for Said {
    fn from(AcknowledgeBody { until, note }: AcknowledgeBody) -> Self {
        Self { word: Word::Acknowledge { until }, note }
    }
}

operation!(
    /// Says that the persona has seen it and takes it. From `until` on, unless
    /// work has begun, it waits to be acknowledged again. Before that instant it
    /// can be acknowledged until another one, or for good.
    acknowledge, "/v1/escalations/{id}/acknowledge", "acknowledgeEscalation", AcknowledgeBody
);

/// Work begins.
#[derive(Debug, ToSchema)]
#[schema(as = NewStart)]
struct StartBody {
    /// What they say.
    #[schema(min_length = 1, max_length = 2_000)]
    note: Option<String>,
}

impl FromJson for StartBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self { note: note(f, "note") }))
    }
}

impl From<StartBody> for Said {
    fn from(StartBody { note }: StartBody) -> Self {
        Self { word: Word::Start, note }
    }
}

operation!(
    /// Says that work has begun, which acknowledges it for good. An answered
    /// escalation is taken up again by it.
    start, "/v1/escalations/{id}/start", "startEscalation", StartBody
);

/// What is missing.
#[derive(Debug, ToSchema)]
#[schema(as = NewReturn)]
struct ReturnBody {
    /// Kinds of evidence; each has to arrive anew.
    #[schema(min_items = 1, max_items = 14)]
    missing: Vec<EvidenceKind>,
    /// What is wrong with what is there.
    #[schema(min_length = 1, max_length = 2_000)]
    note: Option<String>,
}

impl FromJson for ReturnBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let each = |kind: crate::domain::place::Place<'_>| kind.text().choice().required();
            let missing = f
                .array("missing", EvidenceKind::ALL.len(), each)
                .check("too_short", |kinds| !kinds.is_empty(), || "must name at least one kind")
                .required();
            let note = note(f, "note");
            let mut missing: Vec<EvidenceKind> = missing?;
            missing.sort_unstable();
            missing.dedup();
            Some(Self { missing, note })
        })
    }
}

impl From<ReturnBody> for Said {
    fn from(ReturnBody { missing, note }: ReturnBody) -> Self {
        Self { word: Word::Return { missing }, note }
    }
}

operation!(
    /// Gives it back until what is missing has arrived as evidence; then it
    /// waits to be acknowledged again. The requester is asked for what they may
    /// know, the desk for the rest.
    return_it, "/v1/escalations/{id}/return", "returnEscalation", ReturnBody
);

/// Why it is refused.
#[derive(Debug, ToSchema)]
#[schema(as = NewRefusal)]
struct DeclineBody {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: String,
}

impl FromJson for DeclineBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let reason = f.text("reason").trimmed().min_chars(1).max_chars(MAX_NOTE).required();
            Some(Self { reason: reason? })
        })
    }
}

impl From<DeclineBody> for Said {
    fn from(DeclineBody { reason }: DeclineBody) -> Self {
        Self { word: Word::Decline, note: Some(reason) }
    }
}

operation!(
    /// Refuses it. Its fallback gets an escalation of its own, or takes it with
    /// one that is open already: see `followed_by`. Beyond human support there
    /// is nobody, and the ticket goes back to first level.
    decline, "/v1/escalations/{id}/decline", "declineEscalation", DeclineBody
);

/// The answer.
#[derive(Debug, ToSchema)]
#[schema(as = NewAnswer)]
struct AnswerBody {
    #[schema(min_length = 1, max_length = 100_000)]
    text: String,
    /// What is said beside it.
    #[schema(min_length = 1, max_length = 2_000)]
    note: Option<String>,
}

impl FromJson for AnswerBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let text = f.text("text").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
            let note = note(f, "note");
            Some(Self { text: text?, note })
        })
    }
}

impl From<AnswerBody> for Said {
    fn from(AnswerBody { text, note }: AnswerBody) -> Self {
        Self { word: Word::Answer { text }, note }
    }
}

operation!(
    /// Gives the persona's answer; first level acts on it.
    answer, "/v1/escalations/{id}/answer", "answerEscalation", AnswerBody
);

/// Why it ends.
#[derive(Debug, ToSchema)]
#[schema(as = NewEscalationClosing)]
struct CloseBody {
    /// Why.
    #[schema(min_length = 1, max_length = 2_000)]
    reason: Option<String>,
}

impl FromJson for CloseBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self { reason: note(f, "reason") }))
    }
}

impl From<CloseBody> for Said {
    fn from(CloseBody { reason }: CloseBody) -> Self {
        Self { word: Word::Close, note: reason }
    }
}

operation!(
    /// Ends it, answered or not.
    close, "/v1/escalations/{id}/close", "closeEscalation", CloseBody
);
