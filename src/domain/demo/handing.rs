//! The longer acts: a ticket is weighed anew, or handed over.

use super::stage::Stage;
use crate::domain::escalation::{Origin, Question};
use crate::domain::id::EscalationId;
use crate::domain::intake::NewTicket;
use crate::domain::opening::{Verdict, classification, triage_record};
use crate::domain::sla::Facts;
use crate::domain::ticket::event::{PolicyCause, PolicyRef};
use crate::domain::ticket::hand_over::Making;
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::{Actor, Fact, life};
use crate::domain::vocabulary::{DecidedBy, EvidenceKind, Persona};

impl Stage<'_, '_> {
    /// A person says what it is. The policy that fits is looked up right after,
    /// because clocks take the two for one change.
    pub(super) fn classify(&mut self, ticket: &NewTicket, actor: Actor) -> Option<()> {
        let Verdict { decision, proposal, .. } = Verdict::of(ticket, &self.world.surroundings);
        let record = &mut self.told.record;
        let escalated = !record.escalations.is_empty();
        let persona = if escalated { record.state.persona } else { proposal.persona };
        let class = classification(&decision);
        let facts =
            life::retriage(&record.state, class, DecidedBy::Human, persona, proposal.restricted).ok()?;
        record.triage = triage_record(&decision);
        if !escalated {
            record.required_context = proposal.required_context;
        }
        self.record(actor, facts);
        self.match_policy();
        Some(())
    }

    fn match_policy(&mut self) {
        let surroundings = &self.world.surroundings;
        let record = &self.told.record;
        let class = &record.state.classification;
        let fitting = surroundings.sla.policy_for(&Facts {
            category: class.category,
            priority: record.state.priority(),
            channel: record.state.channel,
            ticket_type: class.ticket_type,
            service: record.service.as_deref(),
            tags: &record.tags,
        });
        if fitting.map(|policy| &policy.key) == record.state.policy.as_ref().map(|held| &held.key) {
            return;
        }
        let shipped = surroundings.sla_version;
        let sla_version = fitting.map_or(shipped, |policy| policy.text(shipped)).to_owned();
        let policy = fitting.map(|policy| PolicyRef {
            key: policy.key.clone(),
            version: i32::try_from(policy.version).unwrap_or(i32::MAX),
        });
        let fact = Fact::PolicyChanged { policy, sla_version, cause: PolicyCause::Conditions };
        self.record(Actor::Automation, vec![fact]);
    }

    /// A person hands it over to whom the matrix proposes, and brings what that
    /// persona needs.
    pub(super) fn hand_over(&mut self, actor: Actor, reason: &str) -> Option<()> {
        let edition = self.world.surroundings.matrix;
        let state = &self.told.record.state;
        let class = state.classification;
        let persona = state.persona.unwrap_or(Persona::Developer);
        let question = Question {
            category: class.category,
            scope: class.scope,
            out_of_scope_persona: state.persona,
            severity: class.severity,
            priority: state.priority(),
            channel: state.channel,
            ticket_type: class.ticket_type,
            situation: None,
        };
        let requirement = edition.matrix.requirement(persona, &question);
        let mut have: Vec<EvidenceKind> = self.told.evidence.iter().map(|item| item.kind).collect();
        let wanted = requirement.required_context.iter().filter(|kind| !have.contains(kind));
        let brought: Vec<_> = wanted.map(|kind| (*kind, "As described by the requester.")).collect();
        have.extend(brought.iter().map(|(kind, _)| *kind));
        let making = Making {
            id: EscalationId::new(self.id()),
            ticket: self.told.record.id,
            origin: Origin::Person,
            reason,
            requested_by: actor.agent(),
            follows: None,
            matrix: &edition.version,
            have: &have,
            at: self.now.max(state.updated_at),
        };
        let escalation = Escalation::made(&requirement, &making);
        if !brought.is_empty() {
            self.attach(actor, &brought)?;
        }
        let facts =
            life::escalate(&self.told.record.state, escalation.hand_over(requirement.restricted)).ok()?;
        self.record(actor, facts);
        self.told.record.required_context.clone_from(&escalation.required_context);
        self.told.record.escalations.push(escalation);
        Some(())
    }
}
