//! The hand-overs of a twin: what the pure functions make of each step.

use support_engineer::domain::escalation::{
    EscalationState, FIRST_LEVEL, Matrix, Origin, Question, addressees, missing,
};
use support_engineer::domain::id::{EscalationId, MessageId};
use support_engineer::domain::ticket::hand_over::Making;
use support_engineer::domain::ticket::life::{self, Step};
use support_engineer::domain::ticket::record::Escalation;
use support_engineer::domain::ticket::{Assignment, Fact, Refusal};
use support_engineer::domain::violation::Violation;
use support_engineer::domain::vocabulary::{Author, EvidenceKind, Persona, Visibility};
use uuid::Uuid;

use super::command::{Act, until};
use super::twin::Twin;
use crate::harness::Answer;

impl Twin {
    /// The escalation at this place, counted round and round, if there are any.
    pub(super) fn escalation(&self, place: usize) -> Option<EscalationId> {
        Some(self.escalations.get(place.checked_rem(self.escalations.len())?)?.id)
    }

    /// What ends with the ticket.
    pub(super) fn open(&self) -> Vec<EscalationId> {
        self.escalations.iter().filter(|e| e.state.is_open()).map(|e| e.id).collect()
    }

    pub(super) fn open_to(&self, persona: Persona) -> Option<&Escalation> {
        self.escalations.iter().find(|e| e.persona == persona && e.state.is_open())
    }

    /// A hand-over by the shipped matrix.
    pub(super) fn made(
        &self,
        id: EscalationId,
        persona: Persona,
        origin: Origin,
        follows: Option<EscalationId>,
        have: &[EvidenceKind],
    ) -> Escalation {
        let class = self.ticket.classification;
        let question = Question {
            category: class.category,
            scope: class.scope,
            out_of_scope_persona: self.ticket.persona,
            severity: class.severity,
            priority: class.priority,
            channel: self.ticket.channel,
            ticket_type: class.ticket_type,
            situation: None,
        };
        let shipped = include_str!("../../../../config/escalation.toml");
        let matrix = Matrix::parse(shipped).expect("the shipped matrix");
        let making = Making {
            id,
            ticket: self.id,
            origin,
            reason: "",
            requested_by: None,
            follows,
            matrix: "",
            have,
            at: self.now,
        };
        Escalation::made(&matrix.requirement(persona, &question), &making)
    }

    /// Who has it after whom, by the domain.
    fn fallback(escalation: &Escalation) -> Option<Persona> {
        let first = escalation.origin == Some(Origin::Person);
        match escalation.persona {
            Persona::HumanSupport => None,
            Persona::Devops if first => Some(Persona::SystemAdministrator),
            _ => Some(Persona::HumanSupport),
        }
    }

    /// Facts of acknowledgements that ended; they take effect with what is asked.
    fn expired(&self) -> (Vec<Escalation>, Vec<Fact>) {
        let facts: Vec<Fact> = life::expire(&self.ticket, &self.escalations, self.now)
            .into_iter()
            .map(|(_, fact)| fact)
            .collect();
        let mut after = self.escalations.clone();
        for escalation in &mut after {
            let ended = |fact: &Fact| matches!(fact, Fact::EscalationAdvanced { escalation: id, .. } if *id == escalation.id);
            if facts.iter().any(ended) {
                escalation.state = EscalationState::Requested;
            }
        }
        (after, facts)
    }

    pub(super) fn step(&self, place: usize, act: &Act, answer: &Answer) -> Result<Vec<Fact>, Refusal> {
        let (escalations, mut facts) = self.expired();
        let escalation = &escalations[place % escalations.len()];
        let fallback = Self::fallback(escalation).filter(|_| matches!(act, Act::Decline));
        let shown = answer.json().pointer("/followed_by").and_then(|id| id.as_str()?.parse().ok());
        let open = fallback.and_then(|persona| self.open_to(persona));
        let next =
            fallback.map(|_| open.map_or(EscalationId::new(shown.unwrap_or_default()), |open| open.id));
        let step = match act {
            Act::Acknowledge { minutes } => Step::Acknowledge { until: until(self.now, *minutes) },
            Act::Start => Step::Start,
            Act::Return { missing } => Step::Return { missing: sorted(missing) },
            Act::Decline => Step::Decline { followed_by: next },
            Act::Answer => Step::Answer,
            Act::Close => Step::Close,
        };
        facts.push(life::step(&self.ticket, escalation, &step, self.now)?);
        match (act, fallback, next) {
            (Act::Return { missing }, ..) => {
                facts.extend(asking(escalation.id, &sorted(missing)));
            }
            (Act::Decline, Some(persona), Some(id)) if open.is_none() => {
                let follows = Some(escalation.id);
                let made = self.made(id, persona, Origin::Fallback, follows, &self.evidence);
                facts.extend(life::escalate(&self.ticket, made.hand_over(false))?);
                facts.extend(asking(id, &missing(&made.missing_context, &self.asked)));
            }
            (Act::Decline, persona, _) => {
                let team = open.map_or(FIRST_LEVEL, |open| open.team.as_str()).to_owned();
                let assignment = Assignment { team, agent: self.ticket.agent, persona };
                facts.push(Fact::Assigned { assignment });
            }
            _ => {}
        }
        Ok(facts)
    }

    pub(super) fn acknowledge(&self, minutes: Option<i64>) -> Result<Vec<Fact>, Refusal> {
        let (escalations, mut facts) = self.expired();
        let step = Step::Acknowledge { until: until(self.now, minutes) };
        if minutes.is_some_and(|minutes| minutes < 1) {
            return Err(Refusal::Invalid(vec![Violation::new("/until", "past", "too late")]));
        }
        let said = until(self.now, minutes);
        let renews = |e: &Escalation| e.acknowledgement_ends().is_some_and(|ends| Some(ends) != said);
        for escalation in escalations.iter().filter(|e| e.state.awaits_acknowledgement() || renews(e)) {
            facts.push(life::step(&self.ticket, escalation, &step, self.now)?);
        }
        Ok(facts)
    }
}

fn sorted(kinds: &[EvidenceKind]) -> Vec<EvidenceKind> {
    let mut kinds = kinds.to_vec();
    kinds.sort_unstable();
    kinds
}

/// What is said when these kinds are missing.
fn asking(escalation: EscalationId, kinds: &[EvidenceKind]) -> Vec<Fact> {
    let (theirs, ours) = addressees(kinds, false);
    let mut facts = Vec::new();
    for (visibility, wanted) in [(Visibility::Public, theirs), (Visibility::Internal, ours)] {
        if wanted.is_empty() {
            continue;
        }
        let (message, author) = (MessageId::new(Uuid::nil()), Author::Automation);
        facts.push(Fact::MessageAdded { message, visibility, author });
        facts.push(Fact::EscalationContextWanted { escalation, message, wanted });
    }
    facts
}
