//! What may happen to a ticket next. Each function takes the ticket as it
//! stands and says which facts follow, or why none do.

mod escalation;
mod merge;
mod message;
mod rating;

use jiff::{SignedDuration, Timestamp};

pub use escalation::{HandOver, Step, add_evidence, escalate, expire, pass_on, step};
pub use merge::{Merging, merge};
pub use message::{goes_on, message, publish};
pub use rating::{Rating, rate};

use super::event::{Assignment, Classification, EditedField, Fact, ResolutionCause};
use super::refusal::Refusal;
use super::state::Ticket;
use crate::domain::change::Change;
use crate::domain::id::{AgentId, EscalationId, MessageId};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, DecidedBy, Persona, Resolution, Status, Visibility};

/// How long after its resolution a ticket may come back.
pub const REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The states that may follow `status`.
#[must_use]
pub const fn allowed(status: Status) -> &'static [Status] {
    match status {
        Status::New => &[Status::Open, Status::Pending, Status::OnHold, Status::Resolved],
        Status::Open => &[Status::Pending, Status::OnHold, Status::Resolved],
        Status::Pending => &[Status::Open, Status::OnHold, Status::Resolved],
        Status::OnHold => &[Status::Open, Status::Pending, Status::Resolved],
        Status::Resolved => &[Status::Open, Status::Closed],
        Status::Closed => &[],
    }
}

/// The states that may follow now, the reopen window included.
fn allowed_now(ticket: &Ticket, now: Timestamp) -> Vec<Status> {
    let reopenable = may_reopen(ticket, now);
    allowed(ticket.status)
        .iter()
        .copied()
        .filter(|to| ticket.status != Status::Resolved || *to != Status::Open || reopenable)
        .collect()
}

fn illegal(ticket: &Ticket, to: Status, now: Timestamp) -> Refusal {
    Refusal::IllegalTransition { from: ticket.status, to, allowed: allowed_now(ticket, now) }
}

/// Whether the reopen window is still open.
#[must_use]
pub fn may_reopen(ticket: &Ticket, now: Timestamp) -> bool {
    ticket.status == Status::Resolved
        && ticket.resolved_at.is_some_and(|at| now.duration_since(at) <= REOPEN_WINDOW)
}

fn unless_final(ticket: &Ticket) -> Result<(), Refusal> {
    match ticket.status {
        Status::Closed => Err(Refusal::Conflict(
            "the ticket is closed, which is final; open a new ticket that refers to it".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn unless_resolved(ticket: &Ticket) -> Result<(), Refusal> {
    unless_final(ticket)?;
    match ticket.status {
        Status::Resolved => Err(Refusal::Conflict("the ticket is resolved; reopen it first".to_owned())),
        _ => Ok(()),
    }
}

/// Work has begun: what takes a new ticket to open.
fn begun(ticket: &Ticket) -> Option<Fact> {
    (ticket.status == Status::New).then_some(Fact::StatusChanged { from: Status::New, to: Status::Open })
}

/// A change of state that somebody asks for.
pub fn transition(ticket: &Ticket, to: Status, now: Timestamp) -> Result<Vec<Fact>, Refusal> {
    if !allowed_now(ticket, now).contains(&to) {
        return Err(illegal(ticket, to, now));
    }
    Ok(vec![match to {
        Status::Resolved => return Err(Refusal::Invalid(resolution_is_missing())),
        Status::Closed => Fact::Closed,
        Status::Open if ticket.status == Status::Resolved => Fact::Reopened,
        _ => Fact::StatusChanged { from: ticket.status, to },
    }])
}

/// A resolution says how, and tells the requester: a bare change of state
/// would skip both.
fn resolution_is_missing() -> Vec<Violation> {
    ["resolution", "steps", "message"]
        .map(|field| {
            Violation::new(
                format!("/{field}"),
                "required",
                format!("resolving needs `{field}`: post it to the ticket's `resolve` link"),
            )
        })
        .to_vec()
}

/// A new place in a queue, or with a person.
pub fn assign(ticket: &Ticket, team: Option<String>, agent: Change<AgentId>) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    let assignment = Assignment {
        team: team.unwrap_or_else(|| ticket.team.clone()),
        agent: agent.apply(ticket.agent),
        persona: ticket.persona,
    };
    let to_a_person = matches!(agent, Change::Set(_));
    let mut facts = vec![Fact::Assigned { assignment }];
    if to_a_person {
        facts.extend(begun(ticket));
    }
    Ok(facts)
}

/// A resolution with the public message that tells the requester. Hand-overs
/// that are open end with it.
pub fn resolve(
    ticket: &Ticket,
    resolution: Resolution,
    message: MessageId,
    author: Author,
    open: &[EscalationId],
    now: Timestamp,
) -> Result<Vec<Fact>, Refusal> {
    if !ticket.is_unresolved() {
        return Err(illegal(ticket, Status::Resolved, now));
    }
    let said = Fact::MessageAdded { message, visibility: Visibility::Public, author };
    let ended = open.iter().map(|escalation| Fact::EscalationClosed { escalation: *escalation });
    let resolved = Fact::Resolved { from: ticket.status, resolution, cause: None };
    Ok(std::iter::once(said).chain(ended).chain([resolved]).collect())
}

/// A resolution without a person. Hand-overs that are open end with it.
pub fn settle(
    ticket: &Ticket,
    resolution: Resolution,
    cause: ResolutionCause,
    open: &[EscalationId],
    now: Timestamp,
) -> Result<Vec<Fact>, Refusal> {
    if !ticket.is_unresolved() {
        return Err(illegal(ticket, Status::Resolved, now));
    }
    let ended = open.iter().map(|escalation| Fact::EscalationClosed { escalation: *escalation });
    let resolved = Fact::Resolved { from: ticket.status, resolution, cause: Some(cause) };
    Ok(ended.chain([resolved]).collect())
}

/// The ticket comes back, while its window is open.
pub fn reopen(ticket: &Ticket, now: Timestamp) -> Result<Vec<Fact>, Refusal> {
    if may_reopen(ticket, now) { Ok(vec![Fact::Reopened]) } else { Err(illegal(ticket, Status::Open, now)) }
}

/// The ticket ends.
pub fn close(ticket: &Ticket, now: Timestamp) -> Result<Vec<Fact>, Refusal> {
    transition(ticket, Status::Closed, now)
}

/// A new classification by a person or by a new run of the rules.
pub fn retriage(
    ticket: &Ticket,
    classification: Classification,
    decided_by: DecidedBy,
    persona: Option<Persona>,
    restricted: bool,
) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    Ok(vec![Fact::Triaged { classification, decided_by, persona, restricted }])
}

/// A change of what the history does not hold; nothing changed: no fact. `spam`:
/// whether the ticket is no request at all now.
pub fn edit(ticket: &Ticket, fields: Vec<EditedField>, spam: bool) -> Result<Vec<Fact>, Refusal> {
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    unless_final(ticket)?;
    Ok(vec![Fact::Edited { fields, spam: (spam != ticket.spam).then_some(spam) }])
}
