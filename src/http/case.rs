//! The written form of a made-up case, as the contract describes it. The
//! domain reads it; nothing here is ever made.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::calendar::CalendarForm;

/// A made-up case.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCase)]
pub struct CaseForm {
    /// The calendar in which every target counts.
    pub calendar: CalendarForm,
    /// By the name of a priority; one that is missing has no policy.
    pub targets: BTreeMap<String, TargetsForm>,
    /// Absent: the arithmetic of the desk's default policies. Given: what it
    /// leaves out is no pause, `resume`, and false.
    pub rules: Option<RulesForm>,
    /// How the ticket began.
    pub ticket: BeginningForm,
    /// In any order.
    #[schema(required = false)]
    pub events: Vec<EventForm>,
    /// The instant it is told for; the last event unless given.
    #[schema(format = DateTime)]
    pub evaluated_at: Option<String>,
}

/// Targets of one priority in business minutes; null promises nothing.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCaseTargets)]
pub struct TargetsForm {
    /// Until a person first answers.
    pub first_response: Option<f64>,
    /// Until a person answers each later message.
    pub next_response: Option<f64>,
    /// Until it is solved.
    pub resolution: Option<f64>,
}

/// Which states pause which clock, how reopening counts, and whether the first
/// message starts a next response clock.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCaseRules)]
pub struct RulesForm {
    /// States in which the first response clock stands still.
    #[schema(required = false)]
    pub first_response_pauses_in: Vec<String>,
    /// States in which the next response clock stands still.
    #[schema(required = false)]
    pub next_response_pauses_in: Vec<String>,
    /// States in which the resolution clock stands still.
    #[schema(required = false)]
    pub resolution_pauses_in: Vec<String>,
    /// `resume`, `restart` or `count_solved`.
    pub reopen: Option<String>,
    /// Whether the opening message starts a next response clock.
    #[schema(required = false)]
    pub next_response_counts_first_message: bool,
    /// `over_target` (if absent) or `after_deadline`.
    pub late: Option<String>,
}

/// How the ticket began.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCaseTicket)]
pub struct BeginningForm {
    /// The instant of its creation.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// A key of the targets, or any other name.
    pub priority: String,
    /// A state; `new` if absent.
    pub status: Option<String>,
    /// `requester` (if absent), `agent` or `automation`.
    pub created_by: Option<String>,
    /// Changes nothing: an opening message is never the first response.
    pub first_message_public: Option<bool>,
}

/// One thing that happened.
#[derive(Debug, ToSchema)]
#[schema(as = SlaCaseEvent)]
pub struct EventForm {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// `agent_public_reply`, `requester_reply`, `internal_note`, `status` or `priority`.
    #[schema(rename = "type")]
    pub kind: String,
    /// The new state or priority.
    pub to: Option<String>,
    /// The same id again is the same event.
    pub event_id: Option<EventIdForm>,
    /// Not made by a person: as a message it neither starts nor stops a clock.
    #[schema(required = false)]
    pub automatic: bool,
}

/// A text or a number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SlaCaseEventId)]
pub enum EventIdForm {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}
