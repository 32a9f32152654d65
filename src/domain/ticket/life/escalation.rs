//! Hand-overs, and the material that they need.

use jiff::Timestamp;

use super::{begun, unless_final, unless_resolved};
use crate::domain::escalation::{EscalationKind, EscalationState, Origin, advance};
use crate::domain::id::{EscalationId, EvidenceId};
use crate::domain::ticket::event::{Fact, StepCause};
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::refusal::Refusal;
use crate::domain::ticket::state::Ticket;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{EvidenceKind, Persona};

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
    /// What makes it.
    pub origin: Option<Origin>,
    /// The version of the matrix.
    pub matrix: Option<String>,
    /// The hand-over whose place it takes.
    pub follows: Option<EscalationId>,
    /// When it should be acknowledged.
    pub acknowledge_by: Option<Timestamp>,
}

/// A hand-over out of first level. A person who leaves out context is refused;
/// an automatic one is made all the same and marked incomplete.
pub fn escalate(ticket: &Ticket, hand_over: HandOver) -> Result<Vec<Fact>, Refusal> {
    unless_resolved(ticket)?;
    let HandOver { escalation, persona, team, rule, automatic, missing_context, restricted, .. } = hand_over;
    let HandOver { origin, matrix, follows, acknowledge_by, .. } = hand_over;
    if !automatic && !missing_context.is_empty() {
        return Err(Refusal::Invalid(missing_context.iter().map(|kind| missing(*kind, persona)).collect()));
    }
    // Only a hand-over out of first level begins the work.
    let kind = EscalationKind::of(persona, origin.unwrap_or(Origin::Person));
    let mut facts = vec![Fact::Escalated {
        escalation,
        persona,
        team,
        rule,
        automatic,
        missing_context,
        restricted,
        origin,
        matrix,
        follows,
        acknowledge_by,
    }];
    facts.extend(begun(ticket).filter(|_| kind == EscalationKind::Functional));
    Ok(facts)
}

fn missing(kind: EvidenceKind, persona: Persona) -> Violation {
    Violation::new(
        format!("/context/{kind}"),
        "required",
        format!("{persona} needs `{kind}`: give it here, or attach it to the ticket as evidence"),
    )
}

/// What somebody does with a hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Says that they have seen it, and take it.
    Acknowledge {
        /// Until when that holds; none: for good.
        until: Option<Timestamp>,
    },
    /// Begins the work.
    Start,
    /// Gives it back.
    Return {
        /// What has to arrive first.
        missing: Vec<EvidenceKind>,
    },
    /// Refuses it.
    Decline {
        /// The hand-over that takes its place; none beyond human support.
        followed_by: Option<EscalationId>,
    },
    /// Gives the answer.
    Answer,
    /// Ends it.
    Close,
}

impl Step {
    /// The state that it leads to.
    #[must_use]
    pub const fn to(&self) -> EscalationState {
        match self {
            Self::Acknowledge { .. } => EscalationState::Acknowledged,
            Self::Start => EscalationState::InProgress,
            Self::Return { .. } => EscalationState::Returned,
            Self::Decline { .. } => EscalationState::Declined,
            Self::Answer => EscalationState::Answered,
            Self::Close => EscalationState::Closed,
        }
    }
}

/// A step of a hand-over that somebody asks for. Nobody works for a ticket that
/// is resolved, but what is left over can be closed.
pub fn step(ticket: &Ticket, escalation: &Escalation, step: &Step, now: Timestamp) -> Result<Fact, Refusal> {
    let to = match step {
        // Who said until when may say another time before that.
        Step::Acknowledge { .. } if escalation.acknowledgement_ends().is_some() => escalation.state,
        _ => advance(escalation.state, step.to())?,
    };
    match step {
        Step::Close => unless_final(ticket)?,
        _ => unless_resolved(ticket)?,
    }
    let mut fact = Advance::of(escalation, to, StepCause::Asked);
    match step {
        Step::Acknowledge { until } => {
            if until.is_some_and(|until| until <= now) {
                let detail = format!("must lie after {now}, the present instant");
                return Err(Refusal::Invalid(vec![Violation::new("/until", "past", detail)]));
            }
            fact.until = *until;
        }
        Step::Return { missing } => fact.missing_context.clone_from(missing),
        Step::Decline { followed_by } => fact.followed_by = *followed_by,
        Step::Start | Step::Answer | Step::Close => {}
    }
    Ok(fact.into())
}

/// A step, before it is a fact.
struct Advance {
    escalation: EscalationId,
    from: EscalationState,
    to: EscalationState,
    cause: StepCause,
    until: Option<Timestamp>,
    acknowledge_by: Option<Timestamp>,
    missing_context: Vec<EvidenceKind>,
    followed_by: Option<EscalationId>,
}

impl Advance {
    const fn of(escalation: &Escalation, to: EscalationState, cause: StepCause) -> Self {
        Self {
            escalation: escalation.id,
            from: escalation.state,
            to,
            cause,
            until: None,
            acknowledge_by: None,
            missing_context: Vec::new(),
            followed_by: None,
        }
    }
}

impl From<Advance> for Fact {
    fn from(advance: Advance) -> Self {
        let Advance { escalation, from, to, cause, .. } = advance;
        let Advance { until, acknowledge_by, missing_context, followed_by, .. } = advance;
        Self::EscalationAdvanced {
            escalation,
            from,
            to,
            cause,
            until,
            acknowledge_by,
            missing_context,
            followed_by,
        }
    }
}

/// Acknowledgements that have ended by `now`, each with the instant of its end,
/// in order: what they were given for waits to be acknowledged again. None on a
/// ticket that is resolved.
#[must_use]
pub fn expire(ticket: &Ticket, escalations: &[Escalation], now: Timestamp) -> Vec<(Timestamp, Fact)> {
    if !ticket.is_unresolved() {
        return Vec::new();
    }
    let ended = |escalation: &Escalation| {
        let at = escalation.acknowledgement_ends().filter(|until| *until <= now)?;
        let mut fact = Advance::of(escalation, EscalationState::Requested, StepCause::Expired);
        fact.acknowledge_by = Some(escalation.acknowledge_by_from(at));
        Some((at, fact.into()))
    };
    let mut ended: Vec<_> = escalations.iter().filter_map(ended).collect();
    ended.sort_by_key(|(at, _)| *at);
    ended
}

/// Nobody acknowledged a hand-over in time, and another one takes its place.
/// None where that is moot: it was taken meanwhile, or the ticket needs nobody.
#[must_use]
pub fn pass_on(ticket: &Ticket, escalation: &Escalation, followed_by: EscalationId) -> Option<Fact> {
    if !ticket.is_unresolved() || !escalation.state.awaits_acknowledgement() {
        return None;
    }
    let mut fact = Advance::of(escalation, EscalationState::Closed, StepCause::Unacknowledged);
    fact.followed_by = Some(followed_by);
    Some(fact.into())
}

/// Material, and the hand-overs that it completes. A returned one goes on, and
/// waits to be acknowledged again, when all that was missing is there.
pub fn add_evidence(
    ticket: &Ticket,
    items: &[(EvidenceId, EvidenceKind)],
    escalations: &[Escalation],
    now: Timestamp,
) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    let mut facts: Vec<Fact> = items
        .iter()
        .map(|(evidence, kind)| Fact::EvidenceAdded { evidence: *evidence, evidence_kind: *kind })
        .collect();
    for escalation in escalations.iter().filter(|escalation| escalation.state.is_open()) {
        let missing = &escalation.missing_context;
        let left: Vec<_> =
            missing.iter().copied().filter(|kind| !items.iter().any(|(_, came)| came == kind)).collect();
        if left.len() == missing.len() {
            continue;
        }
        let complete = left.is_empty();
        facts.push(Fact::EscalationContextAdded { escalation: escalation.id, missing_context: left });
        if complete && escalation.state == EscalationState::Returned {
            let mut fact = Advance::of(escalation, EscalationState::Requested, StepCause::ContextArrived);
            fact.acknowledge_by = Some(escalation.acknowledge_by_from(now));
            facts.push(fact.into());
        }
    }
    Ok(facts)
}
