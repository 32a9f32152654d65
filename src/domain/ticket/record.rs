//! A ticket as it is shown: its state with everything that belongs to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::Ticket;
use crate::domain::escalation::ladder::Item;
use crate::domain::escalation::{EscalationKind, EscalationState, Origin};
use crate::domain::id::{AgentId, EscalationId, EvidenceId, MessageId, RequesterId, TicketId};
use crate::domain::sla::{Metric, State as ClockState};
use crate::domain::vocabulary::{Author, DecidedBy, EvidenceKind, Persona, Resolution, Scope, Visibility};

/// A person who is helped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Its identifier.
    pub id: RequesterId,
    /// Address; a form key may leave it out.
    pub email: Option<String>,
    /// Name, where given.
    pub name: Option<String>,
}

/// One decision of triage with its explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// What was decided.
    pub value: String,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Who decided.
    pub decided_by: DecidedBy,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// What triage decided, field by field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriageRecord {
    /// The decisions by field name.
    pub fields: BTreeMap<String, Explained>,
    /// Whether it is the desk's work.
    pub scope: Scope,
    /// Whether a person should look.
    pub needs_review: bool,
    /// Version of the rules.
    pub version: String,
}

impl TriageRecord {
    /// Whether a person said what this field is.
    #[must_use]
    pub fn is_human(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|explained| explained.decided_by == DecidedBy::Human)
    }

    /// What a person decided about a field; none where nobody did.
    #[must_use]
    pub fn by_human<T: std::str::FromStr>(&self, field: &str) -> Option<T> {
        let explained = self.fields.get(field)?;
        if explained.decided_by == DecidedBy::Human { explained.value.parse().ok() } else { None }
    }
}

/// A promise on a ticket as of its last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClock {
    /// What is promised.
    pub metric: Metric,
    /// Which cycle of it, from 1.
    pub cycle: i32,
    /// Key of the calendar it runs on.
    pub calendar: String,
    /// The promise, business seconds.
    pub target_seconds: i64,
    /// State as of the last event.
    pub state: ClockState,
    /// When it started.
    pub started_at: Timestamp,
    /// Deadline; none while paused.
    pub due_at: Option<Timestamp>,
    /// The instant after which it is late if nothing else happens.
    pub late_after: Option<Timestamp>,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// When the promise was broken.
    pub breached_at: Option<Timestamp>,
    /// The instant that its breach is or, if nothing else happens, will be
    /// stamped with; it is one only past `late_after`.
    pub breach_at: Option<Timestamp>,
    /// Business seconds used as of the last event.
    pub business_seconds: i64,
    /// Seconds gone by as of the last event.
    pub elapsed_seconds: i64,
}

impl StoredClock {
    /// The state at `now`: a deadline that has passed since the last event is
    /// a breach, whether or not anything ran.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> ClockState {
        match self.state {
            ClockState::Running | ClockState::Paused if self.late_after.is_some_and(|last| last < now) => {
                ClockState::Breached
            }
            state => state,
        }
    }
}

/// A hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// Its identifier.
    pub id: EscalationId,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// Out of first level, or upwards.
    pub kind: EscalationKind,
    /// To whom.
    pub persona: Persona,
    /// Into which queue.
    pub team: String,
    /// Where it stands.
    pub state: EscalationState,
    /// By which row of the matrix.
    pub rule: String,
    /// The version of the matrix that the row is from; older ones do not say.
    pub matrix: Option<String>,
    /// What made it; older ones do not say.
    pub origin: Option<Origin>,
    /// The service made it by itself.
    pub automatic: bool,
    /// Why.
    pub reason: String,
    /// What whoever gets it needs.
    pub required_context: Vec<EvidenceKind>,
    /// What of that is still missing.
    pub missing_context: Vec<EvidenceKind>,
    /// Who gets it if this persona does not; none beyond human support.
    pub fallback: Option<Persona>,
    /// Which agent asked for it, if one did.
    pub requested_by: Option<AgentId>,
    /// When it was made.
    pub requested_at: Timestamp,
    /// When it should be acknowledged.
    pub acknowledge_by: Timestamp,
    /// How long its persona has to acknowledge it, each time anew.
    pub acknowledge_within_seconds: i64,
    /// Who has seen it; none while nobody has, or no longer.
    pub acknowledged: Option<Acknowledged>,
    /// What the persona answered.
    pub answer: Option<String>,
    /// When it was answered last.
    pub answered_at: Option<Timestamp>,
    /// Why the persona refused it.
    pub declined_reason: Option<String>,
    /// What was said with its last step, beside answer and refusal.
    pub note: Option<String>,
    /// The hand-over whose place it took.
    pub follows: Option<EscalationId>,
    /// The hand-over that took its place.
    pub followed_by: Option<EscalationId>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows with each of its facts, from 1.
    pub version: i64,
}

/// That somebody has seen a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// When they said so.
    pub at: Timestamp,
    /// Who, if a person of the desk.
    pub by: Option<AgentId>,
    /// When it no longer counts; none: it counts for good.
    pub until: Option<Timestamp>,
}

/// How a ticket was resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolutionRecord {
    /// The code.
    pub resolution: Resolution,
    /// What was done.
    pub steps: String,
    /// What was behind it.
    pub root_cause: Option<String>,
    /// What became of the knowledge: article, draft or waiver.
    pub knowledge: Option<serde_json::Value>,
    /// What it meant for users.
    pub impact_assessment: Option<String>,
    /// Which agent, if one.
    pub agent: Option<AgentId>,
    /// When.
    pub resolved_at: Timestamp,
}

/// An entry of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who wrote it.
    pub author: Author,
    /// What it is for.
    pub purpose: Purpose,
    /// Which agent, if one.
    pub agent: Option<AgentId>,
    /// That agent's name.
    pub agent_name: Option<String>,
    /// The text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was shown to the requester, if it was a note before.
    pub published_at: Option<Timestamp>,
}

crate::domain::closed_list::closed_list! {
    /// What a message is for.
    Purpose {
        /// What the requester asked, first of all.
        Request = "request",
        /// Part of the conversation.
        Reply = "reply",
        /// The answer that every new ticket gets at once.
        Acknowledgement = "acknowledgement",
        /// The answer that tells how it was resolved.
        Resolution = "resolution",
    }
}

/// A piece of material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its identifier.
    pub id: EvidenceId,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// What it is.
    pub kind: EvidenceKind,
    /// The text.
    pub text: String,
    /// Who brought it.
    pub author: Author,
    /// When it came.
    pub created_at: Timestamp,
}

impl Record {
    /// How often it was reported, those repeats included that its history has
    /// not been told of.
    #[must_use]
    pub const fn occurrences(&self) -> i32 {
        self.state.occurrences.saturating_add(self.untold_repeats)
    }
}

/// A ticket with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its identifier.
    pub id: TicketId,
    /// Its number for people.
    pub number: i64,
    /// One line about it.
    pub subject: String,
    /// Who is helped.
    pub requester: Requester,
    /// The service it is about.
    pub service: Option<String>,
    /// The caller's own identifier for it.
    pub external_ref: Option<String>,
    /// What makes a repeat of it recognisable.
    pub dedup_key: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// Free fields.
    pub custom: serde_json::Value,
    /// Language of the text, ISO 639-1.
    pub language: String,
    /// Its state.
    pub state: Ticket,
    /// Repeats that no fact of its history counts yet.
    pub untold_repeats: i32,
    /// Who opened it: its requester, an agent, or a machine.
    pub opened_by: Author,
    /// Name of the agent who works it.
    pub agent_name: Option<String>,
    /// What triage decided, and why.
    pub triage: TriageRecord,
    /// What whoever fixes it will need.
    pub required_context: Vec<EvidenceKind>,
    /// Its promises.
    pub clocks: Vec<StoredClock>,
    /// Its hand-overs, oldest first.
    pub escalations: Vec<Escalation>,
    /// The steps of its ladders as of its last event, by instant.
    pub plan: Vec<Item>,
    /// What the requester was told at once.
    pub message_to_requester: String,
    /// How it was resolved last.
    pub resolution: Option<ResolutionRecord>,
}

/// What a requester said about how they were helped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    /// The place in the history of the resolution that it is about.
    pub resolution: i64,
    /// From 1 to 5.
    pub score: u8,
    /// In their words.
    pub comment: Option<String>,
    /// When they first said so.
    pub rated_at: Timestamp,
    /// When they last changed it.
    pub changed_at: Option<Timestamp>,
}
