//! What is said on a ticket, and what follows from it.

use jiff::Timestamp;

use super::{begun, may_reopen, transition, unless_final};
use crate::domain::id::MessageId;
use crate::domain::ticket::event::Fact;
use crate::domain::ticket::record::Message;
use crate::domain::ticket::refusal::Refusal;
use crate::domain::ticket::state::Ticket;
use crate::domain::vocabulary::{Author, Status, Visibility};

/// A message, with the state it brings about: an explicit one, or the one that
/// follows by itself.
pub fn message(
    ticket: &Ticket,
    message: MessageId,
    author: Author,
    visibility: Visibility,
    to: Option<Status>,
    now: Timestamp,
) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    let mut facts = vec![Fact::MessageAdded { message, visibility, author }];
    if let Some(to) = to.filter(|to| *to != ticket.status) {
        facts.extend(transition(ticket, to, now)?);
        return Ok(facts);
    }
    if to.is_some() || visibility == Visibility::Internal {
        return Ok(facts);
    }
    match (author, ticket.status) {
        (Author::Agent, Status::New) => facts.extend(begun(ticket)),
        (Author::Requester, Status::Pending) => {
            facts.push(Fact::StatusChanged { from: Status::Pending, to: Status::Open });
        }
        (Author::Requester, Status::Resolved) if may_reopen(ticket, now) => facts.push(Fact::Reopened),
        _ => {}
    }
    Ok(facts)
}

/// Whether what somebody says no longer belongs to this ticket but begins one
/// that goes on from it: a requester's message after the end, or too late to
/// bring the ticket back. A message that asks for a state is about this ticket.
#[must_use]
pub fn goes_on(
    ticket: &Ticket,
    author: Author,
    visibility: Visibility,
    to: Option<Status>,
    now: Timestamp,
) -> bool {
    let over = match ticket.status {
        Status::Closed => true,
        Status::Resolved => !may_reopen(ticket, now),
        _ => false,
    };
    over && author == Author::Requester && visibility == Visibility::Public && to.is_none()
}

/// An internal message is shown to the requester. Nothing follows where it
/// is as it should be already; what was seen cannot be hidden again.
pub fn publish(ticket: &Ticket, message: &Message, visibility: Visibility) -> Result<Vec<Fact>, Refusal> {
    if message.visibility == visibility {
        return Ok(Vec::new());
    }
    if message.visibility == Visibility::Public {
        let why = "the message is public; what may have been seen cannot be made internal";
        return Err(Refusal::Conflict(why.to_owned()));
    }
    unless_final(ticket)?;
    let mut facts = vec![Fact::MessagePublished { message: message.id, author: message.author }];
    if message.author == Author::Agent {
        facts.extend(begun(ticket));
    }
    Ok(facts)
}
