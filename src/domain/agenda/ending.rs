//! Tickets that end because nobody does anything any more.

use jiff::Timestamp;

use super::{Item, View, later, right_after};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::ticket::{Event, Fact};
use crate::domain::vocabulary::{Author, Status, Visibility};

/// The requester was asked and does not answer. Counted from when it last came
/// to wait, or from the last message that the requester got since.
pub(super) fn unanswered(view: &View<'_>) -> Option<(Timestamp, Item)> {
    let patience = view.terms.unanswered?;
    if view.ticket.status != Status::Pending {
        return None;
    }
    let asked = view.history.iter().rev().find(|event| asks(event))?;
    Some((later(asked.at, patience), Item::Unanswered))
}

fn asks(event: &Event) -> bool {
    match &event.fact {
        Fact::StatusChanged { to, .. } => *to == Status::Pending,
        Fact::MessageAdded { visibility, author, .. } => {
            *visibility == Visibility::Public && *author == Author::Agent
        }
        Fact::MessagePublished { author, .. } => *author == Author::Agent,
        _ => false,
    }
}

/// It is resolved, and its reopen window is over.
pub(super) fn close(view: &View<'_>) -> Option<(Timestamp, Item)> {
    if !view.terms.closes || view.ticket.status != Status::Resolved {
        return None;
    }
    let resolved = view.ticket.resolved_at?;
    Some((right_after(later(resolved, REOPEN_WINDOW)), Item::Close))
}
