//! Handing a ticket over to a persona.

use jiff::{SignedDuration, Timestamp};

use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::write::attach;
use crate::domain::escalation::{EscalationKind, EscalationState, Origin, Question, Situation, missing};
use crate::domain::id::{EscalationId, TenantId, TicketId};
use crate::domain::intake::NewEvidence;
use crate::domain::opening::hand_over;
use crate::domain::ticket::life;
use crate::domain::ticket::record::Escalation;
use crate::domain::vocabulary::Persona;
use crate::store;

use super::desk::Desk;

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
        let waiting = |e: &&Escalation| e.persona == self.persona && e.state.is_open();
        if let Some(open) = case.record.escalations.iter().find(waiting) {
            let (persona, id) = (self.persona, open.id);
            return Err(Error::Conflict(format!("escalation {id} to {persona} is open already")));
        }
        let mut have = store::evidence::kinds(work.tx.read(), self.ticket).await?;
        have.extend(self.context.iter().map(|item| item.kind));
        let (escalation, restricted) = self.plan(work, &case, &have);
        let facts = life::escalate(case.ticket(), hand_over(&escalation, restricted))?;
        let acting = actor(work);
        attach(work, &mut case, acting, &self.context).await?;
        store::escalation::insert(&mut work.tx, std::slice::from_ref(&escalation)).await?;
        case.record(work, acting, Some(&self.reason), facts);
        case.record.required_context.clone_from(&escalation.required_context);
        case.record.escalations.push(escalation.clone());
        case.save(work).await?;
        Ok(escalation)
    }
}

impl Escalate {
    fn plan(
        &self,
        work: &Work<'_>,
        case: &Case,
        have: &[crate::domain::vocabulary::EvidenceKind],
    ) -> (Escalation, bool) {
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
            situation: self.situation,
        };
        let requirement = work.desk.rules().matrix.requirement(self.persona, &question);
        let now = case.now(work);
        let restricted = requirement.restricted;
        let escalation = Escalation {
            id: EscalationId::new(work.desk.clock().new_id()),
            ticket: self.ticket,
            kind: EscalationKind::of(self.persona, Origin::Person),
            persona: self.persona,
            team: requirement.team,
            state: EscalationState::Requested,
            rule: requirement.rule,
            automatic: false,
            reason: self.reason.clone(),
            missing_context: missing(&requirement.required_context, have),
            required_context: requirement.required_context,
            fallback: requirement.fallback,
            requested_by: work.caller.agent,
            requested_at: now,
            acknowledge_by: now
                .checked_add(SignedDuration::from_secs(requirement.acknowledge_within_seconds))
                .unwrap_or(Timestamp::MAX),
            updated_at: now,
        };
        (escalation, restricted)
    }
}

impl Desk {
    /// One escalation.
    pub async fn escalation(&self, tenant: TenantId, id: EscalationId) -> Result<Escalation, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::escalation::lookup(&mut read, id).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("escalation"))
    }

    /// Escalations after `after`, oldest first, of one ticket or of all.
    pub async fn escalations(
        &self,
        tenant: TenantId,
        ticket: Option<TicketId>,
        after: Option<EscalationId>,
        limit: i64,
    ) -> Result<Vec<Escalation>, Error> {
        let mut read = match ticket {
            Some(ticket) => self.begin_about(tenant, ticket).await?,
            None => self.store().begin_read(tenant).await?,
        };
        let found = store::escalation::list(&mut read, ticket, after, limit).await?;
        read.finish().await?;
        Ok(found)
    }
}
