//! Steps that hand a ticket over: to a persona, to a fallback, to human support.

use jiff::{SignedDuration, Timestamp};

use crate::domain::escalation::ladder::Step;
use crate::domain::escalation::{EscalationKind, EscalationState, Origin, Question, missing};
use crate::domain::id::EscalationId;
use crate::domain::opening;
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::{Actor, Fact, life};
use crate::domain::vocabulary::Persona;
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;

/// Why a ladder hands a ticket over that nobody took.
const NOT_TAKEN: &str = "Nobody acknowledged the hand-over in its time.";
/// Why a ladder hands a ticket over otherwise.
const CLIMBED: &str = "A ladder of the ticket's policy came to this level.";

impl Case {
    /// Hands the ticket over to a persona. A hand-over that nobody acknowledged
    /// ends where the ladder was waiting for it.
    pub(super) async fn hand_over(
        &mut self,
        work: &mut Work<'_>,
        step: &Step,
        persona: Persona,
    ) -> Result<(), Error> {
        let waited = step.id.pending();
        if let Some(id) = waited {
            self.give_up(work, id).await?;
        }
        let reason = if waited.is_some() { NOT_TAKEN } else { CLIMBED };
        self.escalate(work, persona, Origin::Ladder, reason).await
    }

    /// Makes a handoff to human support.
    pub(super) async fn hand_off(&mut self, work: &mut Work<'_>) -> Result<(), Error> {
        self.escalate(work, Persona::HumanSupport, Origin::Handoff, CLIMBED).await
    }

    async fn give_up(&mut self, work: &mut Work<'_>, id: EscalationId) -> Result<(), Error> {
        let now = self.now(work);
        store::escalation::close(&mut work.tx, &[id], now).await?;
        let waiting = self.record.escalations.iter_mut().filter(|escalation| escalation.id == id);
        waiting.for_each(|escalation| escalation.state = EscalationState::Closed);
        let fact = Fact::EscalationClosed { escalation: id };
        self.record(work, Actor::Automation, Some(NOT_TAKEN), vec![fact]);
        Ok(())
    }

    /// A hand-over in the service's own name, complete or not; one that is open
    /// to the persona already stands for it.
    async fn escalate(
        &mut self,
        work: &mut Work<'_>,
        persona: Persona,
        origin: Origin,
        reason: &str,
    ) -> Result<(), Error> {
        let open = |escalation: &Escalation| escalation.persona == persona && escalation.state.is_open();
        if self.record.escalations.iter().any(open) {
            return Ok(());
        }
        let (ticket, now) = (self.ticket(), self.now(work));
        let class = ticket.classification;
        let question = Question {
            category: class.category,
            scope: class.scope,
            out_of_scope_persona: ticket.persona,
            severity: class.severity,
            priority: ticket.priority(),
            channel: ticket.channel,
            ticket_type: class.ticket_type,
            situation: None,
        };
        let wanted = work.desk.rules().matrix.requirement(persona, &question);
        let have = store::evidence::kinds(work.tx.read(), self.record.id).await?;
        let patience = SignedDuration::from_secs(wanted.acknowledge_within_seconds);
        let escalation = Escalation {
            id: EscalationId::new(work.desk.clock().new_id()),
            ticket: self.record.id,
            kind: EscalationKind::of(persona, origin),
            persona,
            team: wanted.team,
            state: EscalationState::Requested,
            rule: wanted.rule,
            automatic: true,
            reason: reason.to_owned(),
            missing_context: missing(&wanted.required_context, &have),
            required_context: wanted.required_context,
            fallback: wanted.fallback,
            requested_by: None,
            requested_at: now,
            acknowledge_by: now.checked_add(patience).unwrap_or(Timestamp::MAX),
            updated_at: now,
        };
        let facts = life::escalate(self.ticket(), opening::hand_over(&escalation, wanted.restricted))?;
        store::escalation::insert(&mut work.tx, std::slice::from_ref(&escalation)).await?;
        self.record(work, Actor::Automation, Some(reason), facts);
        self.record.required_context.clone_from(&escalation.required_context);
        self.record.escalations.push(escalation);
        Ok(())
    }
}
