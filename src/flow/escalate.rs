//! Handing a ticket over to a persona: because a person asks for it, or because
//! nobody took what was handed over before.

use jiff::Timestamp;

use super::case::{Case, actor};
use super::context;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::write::attach;
use crate::domain::escalation::{MatrixEdition, Origin, Question, Requirement, Situation};
use crate::domain::id::{EscalationId, TenantId, TicketId};
use crate::domain::intake::NewEvidence;
use crate::domain::search::EscalationSearch;
use crate::domain::ticket::hand_over::Making;
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::{Actor, Assignment, Fact, life};
use crate::domain::vocabulary::Persona;
use crate::store;

/// A functional escalation that a person asks for.
#[derive(Debug, Clone)]
pub struct Escalate {
    /// Of which ticket.
    pub ticket: TicketId,
    /// To whom.
    pub persona: Persona,
    /// Why.
    pub reason: String,
    /// What they say about it, beyond its classification.
    pub situation: Option<Situation>,
    /// Context that comes with it; attached to the ticket as evidence.
    pub context: Vec<NewEvidence>,
    /// The versions that the change is meant for.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for Escalate {
    type Output = Escalation;

    async fn run(&self, work: &mut Work<'_>) -> Result<Escalation, Error> {
        let mut case = Case::load(work, self.ticket, self.expected.as_deref()).await?;
        if let Some(open) = open_to(&case, self.persona) {
            let (persona, id) = (self.persona, open.id);
            return Err(Error::Conflict(format!("escalation {id} to {persona} is open already")));
        }
        let mut have = store::evidence::kinds(work.tx.read(), self.ticket).await?;
        have.extend(self.context.iter().map(|item| item.kind));
        let edition = work.desk.matrix(work.tx.read()).await?;
        let requirement = requirement(&case, &edition, self.persona, self.situation);
        let escalation = Escalation::made(
            &requirement,
            &Making {
                id: EscalationId::new(work.desk.clock().new_id()),
                ticket: self.ticket,
                origin: Origin::Person,
                reason: &self.reason,
                requested_by: work.caller.agent,
                follows: None,
                matrix: &edition.version,
                have: &have,
                at: case.now(work),
            },
        );
        let facts = life::escalate(case.ticket(), escalation.hand_over(requirement.restricted))?;
        let acting = actor(work);
        attach(work, &mut case, acting, &self.context).await?;
        case.record(work, acting, Some(&self.reason), facts);
        case.record.required_context.clone_from(&escalation.required_context);
        case.record.escalations.push(escalation.clone());
        case.save(work).await?;
        Ok(escalation)
    }
}

/// What a persona needs to take this ticket.
fn requirement(
    case: &Case,
    edition: &MatrixEdition,
    persona: Persona,
    situation: Option<Situation>,
) -> Requirement {
    let state = case.ticket();
    let class = state.classification;
    let question = Question {
        category: class.category,
        scope: class.scope,
        out_of_scope_persona: state.persona,
        severity: class.severity,
        priority: state.priority(),
        channel: state.channel,
        ticket_type: class.ticket_type,
        situation,
    };
    edition.matrix.requirement(persona, &question)
}

/// The hand-over that occupies a persona already.
pub(super) fn open_to(case: &Case, persona: Persona) -> Option<&Escalation> {
    case.record.escalations.iter().find(|e| e.persona == persona && e.state.is_open())
}

/// A hand-over that the desk makes by itself.
pub(super) struct Automatic<'a> {
    /// Its identifier.
    pub(super) id: EscalationId,
    /// To whom.
    pub(super) persona: Persona,
    /// What makes it.
    pub(super) origin: Origin,
    /// Why.
    pub(super) reason: &'a str,
    /// The hand-over whose place it takes.
    pub(super) follows: Option<EscalationId>,
    /// The instant it is stamped with.
    pub(super) at: Timestamp,
}

impl Automatic<'_> {
    /// Makes it, complete or not, and asks for what is missing. The case is left
    /// to be saved by the caller.
    pub(super) async fn make(&self, work: &mut Work<'_>, case: &mut Case) -> Result<(), Error> {
        let edition = work.desk.matrix(work.tx.read()).await?;
        let requirement = requirement(case, &edition, self.persona, None);
        let have = store::evidence::kinds(work.tx.read(), case.record.id).await?;
        let making = Making {
            id: self.id,
            ticket: case.record.id,
            origin: self.origin,
            reason: self.reason,
            requested_by: None,
            follows: self.follows,
            matrix: &edition.version,
            have: &have,
            at: self.at.max(case.ticket().updated_at),
        };
        let escalation = Escalation::made(&requirement, &making);
        make(work, case, escalation, requirement.restricted).await
    }
}

/// Hands the ticket over by the desk itself, and asks for what is missing. The
/// case is left to be saved by the caller.
pub(super) async fn make(
    work: &mut Work<'_>,
    case: &mut Case,
    escalation: Escalation,
    restricted: bool,
) -> Result<(), Error> {
    hand(work, case, &escalation, restricted)?;
    context::ask_once(work, case, &escalation).await
}

/// Hands the ticket over by the desk itself. The case is left to be saved by the
/// caller, and so is what is missing to be asked for.
pub(super) fn hand(
    work: &Work<'_>,
    case: &mut Case,
    escalation: &Escalation,
    restricted: bool,
) -> Result<(), Error> {
    let facts = life::escalate(case.ticket(), escalation.hand_over(restricted))?;
    case.record_at(work, escalation.requested_at, Actor::Automation, None, facts);
    // Beside a handoff the ticket stays with whoever has it, and so does what they need.
    if case.ticket().persona == Some(escalation.persona) {
        case.record.required_context.clone_from(&escalation.required_context);
    }
    case.record.escalations.push(escalation.clone());
    Ok(())
}

/// Hands over what somebody else no longer has: a hand-over that is open to the
/// persona takes it, so the ticket goes where that one is, or a new one is made.
pub(super) async fn succeed(work: &mut Work<'_>, case: &mut Case, next: &Automatic<'_>) -> Result<(), Error> {
    let Some(open) = open_to(case, next.persona).map(|open| open.team.clone()) else {
        return next.make(work, case).await;
    };
    let assignment = Assignment { team: open, agent: case.ticket().agent, persona: Some(next.persona) };
    case.record_at(work, next.at, Actor::Automation, None, vec![Fact::Assigned { assignment }]);
    Ok(())
}

/// The hand-over that takes the place of another one: one that is open to the
/// persona, or a new one that is still to be made.
pub(super) fn successor(work: &Work<'_>, case: &Case, persona: Persona) -> EscalationId {
    open_to(case, persona).map_or_else(|| EscalationId::new(work.desk.clock().new_id()), |open| open.id)
}

/// Passes a hand-over that nobody acknowledged in time on to `to`, or to its
/// fallback: the old one is closed by a fact that says why, and the new one is
/// a ladder's. The answer is the one that took its place; none where that is
/// moot (it was taken meanwhile, the ticket is resolved) or nobody is left. The
/// facts are stamped with `at`; the case is left to be saved by the caller.
///
/// # Errors
/// The database's.
pub(super) async fn fall_back(
    work: &mut Work<'_>,
    case: &mut Case,
    escalation: EscalationId,
    to: Option<Persona>,
    at: Timestamp,
) -> Result<Option<EscalationId>, Error> {
    let Some(old) = case.escalation(escalation).cloned() else { return Ok(None) };
    let Some(persona) = to.or(old.fallback).filter(|persona| *persona != old.persona) else {
        return Ok(None);
    };
    let id = successor(work, case, persona);
    let Some(fact) = life::pass_on(case.ticket(), &old, id) else { return Ok(None) };
    case.record_at(work, at, Actor::Automation, None, vec![fact]);
    let reason = format!("{}\n\n{} did not acknowledge it in time.", old.reason, old.persona);
    let (origin, follows) = (Origin::Ladder, Some(escalation));
    succeed(work, case, &Automatic { id, persona, origin, reason: &reason, follows, at }).await?;
    Ok(Some(id))
}

/// Hands a ticket up to human support, by a ladder or a handoff. The answer is
/// the hand-over, which may be one that is open already; none for a ticket that
/// is resolved. The facts are stamped with `at`; the case is left to be saved
/// by the caller.
///
/// # Errors
/// The database's.
pub(super) async fn hand_up(
    work: &mut Work<'_>,
    case: &mut Case,
    origin: Origin,
    reason: &str,
    at: Timestamp,
) -> Result<Option<EscalationId>, Error> {
    if !case.ticket().is_unresolved() {
        return Ok(None);
    }
    let persona = Persona::HumanSupport;
    if let Some(open) = open_to(case, persona) {
        return Ok(Some(open.id));
    }
    let id = EscalationId::new(work.desk.clock().new_id());
    Automatic { id, persona, origin, reason, follows: None, at }.make(work, case).await?;
    Ok(Some(id))
}

impl Desk {
    /// One escalation.
    pub async fn escalation(&self, tenant: TenantId, id: EscalationId) -> Result<Escalation, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::escalation::lookup(&mut read, id).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("escalation"))
    }

    /// Escalations that fit after `after`, oldest first.
    pub async fn escalations(
        &self,
        tenant: TenantId,
        search: &EscalationSearch,
        after: Option<EscalationId>,
        limit: i64,
    ) -> Result<Vec<Escalation>, Error> {
        let mut read = match search.ticket {
            Some(ticket) => self.begin_about(tenant, ticket).await?,
            None => self.store().begin_read(tenant).await?,
        };
        let found = store::escalation::list(&mut read, search, after, limit).await?;
        read.finish().await?;
        Ok(found)
    }
}
