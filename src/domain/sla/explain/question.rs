//! A made-up case as it is asked about.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::calendar::CalendarSpec;

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// In which every target counts.
    pub calendar: CalendarSpec,
    /// By the name of a priority; one that is missing has no policy.
    pub targets: BTreeMap<String, Promise>,
    /// Absent: the arithmetic of the desk's default rules. Given: what it
    /// leaves out is no pause, `resume`, and false.
    #[serde(default)]
    pub rules: Option<RuleWords>,
    /// How the ticket began.
    pub ticket: Ticket,
    /// In any order.
    #[serde(default)]
    pub events: Vec<Event>,
    /// RFC 3339; absent: the last event, or the creation.
    #[serde(default, alias = "evaluate_at")]
    pub evaluated_at: Option<String>,
}

/// Targets of one priority in business minutes; null promises nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Promise {
    /// Until a person first answers.
    pub first_response: Option<f64>,
    /// Until a person answers each later message.
    pub next_response: Option<f64>,
    /// Until it is solved.
    pub resolution: Option<f64>,
}

/// The settings of the arithmetic, in words.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleWords {
    /// States in which the first response clock stands still.
    pub first_response_pauses_in: Vec<String>,
    /// States in which the next response clock stands still.
    pub next_response_pauses_in: Vec<String>,
    /// States in which the resolution clock stands still.
    pub resolution_pauses_in: Vec<String>,
    /// `resume`, `restart` or `count_solved`.
    pub reopen: Option<String>,
    /// Whether the opening message starts a next response clock.
    pub next_response_counts_first_message: bool,
    /// `over_target` (if absent) or `after_deadline`.
    pub late: Option<String>,
}

/// How the ticket began.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// RFC 3339.
    pub created_at: String,
    /// A key of the targets, or any other name.
    pub priority: String,
    /// A state; `new` if absent.
    #[serde(default)]
    pub status: Option<String>,
    /// `requester` (if absent), `agent` or `automation`.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Changes nothing: an opening message is never the first response.
    #[serde(default)]
    pub first_message_public: Option<bool>,
}

/// One thing that happened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// RFC 3339.
    pub at: String,
    /// `agent_public_reply`, `requester_reply`, `internal_note`, `status` or `priority`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The new state or priority.
    #[serde(default)]
    pub to: Option<String>,
    /// The same id again is the same event.
    #[serde(default)]
    pub event_id: Option<EventId>,
    /// Not made by a person: as a message it neither starts nor stops a clock.
    #[serde(default)]
    pub automatic: bool,
}

/// Text or a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub enum EventId {
    /// A number.
    Number(i64),
    /// Anything else.
    Text(String),
}
