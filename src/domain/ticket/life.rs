//! What may happen to a ticket next. Each function takes the ticket as it
//! stands and says which facts follow, or why none do.

use jiff::{SignedDuration, Timestamp};

use super::event::{Assignment, Classification, EditedField, Fact};
use super::record::Message;
use super::refusal::Refusal;
use super::state::Ticket;
use crate::domain::change::Change;
use crate::domain::id::{AgentId, EscalationId, EvidenceId, MessageId, TicketId};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, DecidedBy, EvidenceKind, Persona, Resolution, Status, Visibility};

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
    let resolved = Fact::Resolved { from: ticket.status, resolution };
    Ok(std::iter::once(said).chain(ended).chain([resolved]).collect())
}

/// The ticket comes back, while its window is open.
pub fn reopen(ticket: &Ticket, now: Timestamp) -> Result<Vec<Fact>, Refusal> {
    if may_reopen(ticket, now) { Ok(vec![Fact::Reopened]) } else { Err(illegal(ticket, Status::Open, now)) }
}

/// The ticket ends.
pub fn close(ticket: &Ticket, now: Timestamp) -> Result<Vec<Fact>, Refusal> {
    transition(ticket, Status::Closed, now)
}

/// Material, and the hand-overs that it completes.
pub fn add_evidence(
    ticket: &Ticket,
    items: &[(EvidenceId, EvidenceKind)],
    waiting: &[(EscalationId, Vec<EvidenceKind>)],
) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    let added = items
        .iter()
        .map(|(evidence, kind)| Fact::EvidenceAdded { evidence: *evidence, evidence_kind: *kind });
    let completed = waiting.iter().filter_map(|(escalation, missing)| {
        let left: Vec<_> =
            missing.iter().copied().filter(|kind| !items.iter().any(|(_, came)| came == kind)).collect();
        (left.len() < missing.len())
            .then_some(Fact::EscalationContextAdded { escalation: *escalation, missing_context: left })
    });
    Ok(added.chain(completed).collect())
}

/// A hand-over as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Its identifier.
    pub escalation: EscalationId,
    /// To whom.
    pub persona: Persona,
    /// Into which queue.
    pub team: String,
    /// By which row of the matrix.
    pub rule: String,
    /// The service does it by itself.
    pub automatic: bool,
    /// What it needs that the ticket does not have.
    pub missing_context: Vec<EvidenceKind>,
    /// Whether only those named may see the ticket from then on.
    pub restricted: bool,
}

/// A hand-over out of first level. A person who leaves out context is refused;
/// an automatic one is made all the same and marked incomplete.
pub fn escalate(ticket: &Ticket, hand_over: HandOver) -> Result<Vec<Fact>, Refusal> {
    unless_resolved(ticket)?;
    let HandOver { escalation, persona, team, rule, automatic, missing_context, restricted } = hand_over;
    if !automatic && !missing_context.is_empty() {
        return Err(Refusal::Invalid(missing_context.iter().map(|kind| missing(*kind, persona)).collect()));
    }
    let mut facts =
        vec![Fact::Escalated { escalation, persona, team, rule, automatic, missing_context, restricted }];
    facts.extend(begun(ticket));
    Ok(facts)
}

fn missing(kind: EvidenceKind, persona: Persona) -> Violation {
    Violation::new(
        format!("/context/{kind}"),
        "required",
        format!("{persona} needs `{kind}`: give it here, or attach it to the ticket as evidence"),
    )
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

/// A change of what the history does not hold; nothing changed: no fact.
pub fn edit(ticket: &Ticket, fields: Vec<EditedField>) -> Result<Vec<Fact>, Refusal> {
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    unless_final(ticket)?;
    Ok(vec![Fact::Edited { fields }])
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

/// What a merge does to the two tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    /// Facts of the one that ends.
    pub source: Vec<Fact>,
    /// Facts of the one that goes on.
    pub target: Vec<Fact>,
}

/// A ticket ends as the duplicate of another one. Its hand-overs that are open
/// end with it; what it holds stays confidential if it was.
pub fn merge(
    (ticket, source): (TicketId, &Ticket),
    (into, target): (TicketId, &Ticket),
    open: &[EscalationId],
) -> Result<Merging, Refusal> {
    if ticket == into {
        let itself = Violation::new("/into", "itself", "is the ticket itself");
        return Err(Refusal::Invalid(vec![itself]));
    }
    if let Some(went) = source.merged_into {
        return Err(Refusal::Conflict(format!("the ticket was merged into {went} already")));
    }
    if let Some(went) = target.merged_into {
        return Err(Refusal::Conflict(format!("ticket {into} was merged into {went}; merge into that one")));
    }
    unless_final(source)?;
    if target.status == Status::Closed {
        return Err(Refusal::Conflict(format!(
            "ticket {into} is closed, which is final; merge into an open one"
        )));
    }
    let ended = open.iter().map(|escalation| Fact::EscalationClosed { escalation: *escalation });
    Ok(Merging {
        source: ended.chain([Fact::Merged { into }]).collect(),
        target: vec![Fact::MergedFrom { ticket, restricted: source.restricted }],
    })
}
