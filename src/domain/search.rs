//! What a list of tickets is narrowed to, and its order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::closed_list::closed_list;
use super::escalation::EscalationState;
use super::id::TicketId;
use super::vocabulary::{Category, Channel, Impact, Persona, Priority, Scope, Severity, Status, TicketType};

closed_list! {
    /// The order of a list of tickets; `-` is descending.
    Sort {
        /// Newest first.
        CreatedDescending = "-created_at",
        /// Oldest first.
        CreatedAscending = "created_at",
        /// Last changed first.
        UpdatedDescending = "-updated_at",
        /// Longest unchanged first.
        UpdatedAscending = "updated_at",
    }
}

/// What fits; a list that is empty admits everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Search {
    /// Words that subject or text must have, or a ticket's number.
    pub text: Option<String>,
    /// States.
    pub status: Vec<Status>,
    /// Priorities.
    pub priority: Vec<Priority>,
    /// Categories.
    pub category: Vec<Category>,
    /// Severities.
    pub severity: Vec<Severity>,
    /// Impacts.
    pub impact: Vec<Impact>,
    /// Types.
    pub ticket_type: Vec<TicketType>,
    /// Ways in.
    pub channel: Vec<Channel>,
    /// Scope.
    pub scope: Option<Scope>,
    /// Whether they wait for review.
    pub needs_review: Option<bool>,
    /// Teams, by slug.
    pub team: Vec<String>,
    /// Agent, by identifier.
    pub agent: Option<uuid::Uuid>,
    /// Persona.
    pub persona: Option<Persona>,
    /// Service.
    pub service: Option<String>,
    /// One of its tags.
    pub tag: Option<String>,
    /// Address of the requester.
    pub requester_email: Option<String>,
    /// The caller's own identifier.
    pub external_ref: Option<String>,
    /// Deduplication key.
    pub dedup_key: Option<String>,
    /// The ticket that they were merged into.
    pub merged_into: Option<TicketId>,
    /// The ticket that they go on from.
    pub follow_up_of: Option<TicketId>,
    /// Created at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Created before this instant.
    pub created_to: Option<Timestamp>,
    /// Order.
    pub sort: Sort,
}

impl Search {
    /// Whether nothing fits but what is urgent and waits.
    #[must_use]
    pub fn is_for_urgent(&self) -> bool {
        let urgent = |priority: &Priority| matches!(priority, Priority::P1 | Priority::P2);
        !self.priority.is_empty()
            && self.priority.iter().all(urgent)
            && !self.status.is_empty()
            && !self.status.iter().any(|status| status.is_over())
    }
}

/// Which hand-overs fit; an empty list admits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EscalationSearch {
    /// Of this ticket.
    pub ticket: Option<TicketId>,
    /// In these states.
    pub state: Vec<EscalationState>,
    /// To these personas.
    pub persona: Vec<Persona>,
    /// In these queues, by slug.
    pub team: Vec<String>,
}

/// A place in the order of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The instant that the list is sorted by.
    #[serde(deserialize_with = "of_our_era")]
    pub at: Timestamp,
    /// The ticket there.
    pub id: TicketId,
}

/// A cursor comes from outside, and no database keeps every instant that can be
/// written; none of ours lies before the year 1.
pub(in crate::domain) fn of_our_era<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Timestamp, D::Error> {
    const YEAR_ONE: i64 = -62_135_596_800;
    let at = Timestamp::deserialize(deserializer)?;
    if at.as_second() >= YEAR_ONE { Ok(at) } else { Err(serde::de::Error::custom("before the year 1")) }
}
