//! A ticket beside the one on the desk, which lives by the pure functions alone.

use jiff::Timestamp;
use support_engineer::domain::change::Change;
use support_engineer::domain::escalation::Origin;
use support_engineer::domain::id::{AgentId, EscalationId, EventId, EvidenceId, MessageId, TicketId};
use support_engineer::domain::ticket::event::EditedField;
use support_engineer::domain::ticket::life::{self, Merging};
use support_engineer::domain::ticket::record::{Escalation, Message, Purpose};
use support_engineer::domain::ticket::{Actor, Classification, Event, Fact, Refusal, Ticket, hand_over};
use support_engineer::domain::violation::Violation;
use support_engineer::domain::vocabulary::{
    Author, DecidedBy, EvidenceKind, Impact, Persona, Priority, Severity, Status, Visibility,
};
use uuid::Uuid;

use super::command::Command;
use crate::harness::Answer;

/// The ticket, and what is known around it.
pub(super) struct Twin {
    pub(super) id: TicketId,
    pub(super) ticket: Ticket,
    messages: Vec<Message>,
    subject: String,
    pub(super) evidence: Vec<EvidenceKind>,
    pub(super) escalations: Vec<Escalation>,
    /// For what somebody was asked already.
    pub(super) asked: Vec<EvidenceKind>,
    pub(super) now: Timestamp,
}

/// the domain.
fn priority(severity: Severity, impact: Impact) -> Priority {
    use Priority::{P1, P2, P3, P4};
    let row = match severity {
        Severity::Critical => [P1, P1, P2, P2],
        Severity::High => [P1, P2, P2, P3],
        Severity::Medium => [P2, P3, P3, P4],
        Severity::Low => [P3, P4, P4, P4],
    };
    row[match impact {
        Impact::Organization => 0,
        Impact::Department => 1,
        Impact::Team => 2,
        Impact::Individual => 3,
    }]
}

/// What a persona needs, by the domain.
fn needed(persona: Persona) -> &'static [EvidenceKind] {
    match persona {
        Persona::Developer => &[EvidenceKind::ReproductionSteps, EvidenceKind::ErrorLog],
        Persona::Devops => &[EvidenceKind::SystemMetrics, EvidenceKind::ErrorLog],
        Persona::HumanSupport => &[],
        other => panic!("the commands do not name {other}"),
    }
}

impl Twin {
    /// A twin of a ticket that was just made.
    pub(super) fn born(id: TicketId, events: &[Event]) -> Self {
        let ticket = Ticket::replay(events).expect("a history begins with its opening");
        let now = ticket.updated_at;
        let subject = "Export fails".to_owned();
        Self {
            id,
            ticket,
            messages: Vec::new(),
            subject,
            evidence: Vec::new(),
            escalations: Vec::new(),
            asked: Vec::new(),
            now,
        }
    }

    /// The message at this place, counted round and round, if there are any.
    pub(super) fn message(&self, place: usize) -> Option<Uuid> {
        Some(self.messages.get(place.checked_rem(self.messages.len())?)?.id.uuid())
    }

    /// Ends as the duplicate of `target`, if both may, and panics unless the
    /// desk did the same.
    pub(super) fn end_in(&mut self, target: &mut Self, answer: &Answer) -> bool {
        let open = self.open();
        let merging = life::merge((self.id, &self.ticket), (target.id, &target.ticket), &open);
        let status = if merging.is_ok() { 200 } else { 409 };
        assert_eq!(answer.status, status, "{merging:?}\n{}", answer.shown());
        let Ok(Merging { source, target: facts }) = merging else { return false };
        self.apply(source);
        target.apply(facts);
        true
    }

    /// Does what was asked of the ticket, and panics unless the desk did the
    /// same, or refused it for the same kind of reason.
    pub(super) fn follow(&mut self, command: &Command, answer: &Answer) {
        if self.goes_on(command) {
            assert_eq!(answer.status, 201, "{command:?}\n{}", answer.shown());
            assert_ne!(answer.at("/ticket"), serde_json::json!(self.id), "another one goes on from it");
            return;
        }
        let expected = self.facts(command, answer);
        let status = match &expected {
            Ok(_) => match command {
                Command::Message { .. } | Command::Evidence { .. } | Command::Escalate { .. } => 201,
                _ => 200,
            },
            Err(Refusal::IllegalTransition { .. } | Refusal::IllegalStep(_) | Refusal::Conflict(_)) => 409,
            Err(Refusal::Invalid(_)) => 422,
        };
        assert_eq!(answer.status, status, "{command:?} while {}\n{}", self.ticket.status, answer.shown());
        match expected {
            Ok(facts) => {
                if let Command::Patch { subject: Some(subject), .. } = command {
                    (*subject).clone_into(&mut self.subject);
                }
                self.remember(command, answer);
                self.apply(facts);
            }
            Err(Refusal::IllegalTransition { allowed, .. }) => {
                assert_eq!(answer.at("/allowed"), serde_json::json!(allowed), "{command:?}");
            }
            Err(Refusal::IllegalStep(illegal)) => {
                assert_eq!(answer.at("/allowed"), serde_json::json!(illegal.allowed), "{command:?}");
            }
            Err(Refusal::Invalid(violations)) => {
                let found: Vec<_> = answer.faults().into_iter().map(|(place, _)| place).collect();
                let expected: Vec<_> = violations.into_iter().map(|violation| violation.pointer).collect();
                assert_eq!(found, expected, "{command:?}");
            }
            Err(Refusal::Conflict(_)) => {}
        }
    }

    fn goes_on(&self, command: &Command) -> bool {
        match command {
            Command::Message { author, visibility, status } => {
                life::goes_on(&self.ticket, *author, *visibility, *status, self.now)
            }
            _ => false,
        }
    }

    /// Keeps what was said, and whom it was shown.
    fn remember(&mut self, command: &Command, answer: &Answer) {
        match command {
            Command::Message { author, visibility, .. } => self.messages.push(Message {
                id: MessageId::new(answer.id()),
                ticket: self.id,
                visibility: *visibility,
                author: *author,
                purpose: Purpose::Reply,
                agent: None,
                agent_name: None,
                body: "Hm.".to_owned(),
                created_at: self.now,
                published_at: None,
            }),
            Command::Publish { .. } => {
                let shown = answer.id();
                for message in self.messages.iter_mut().filter(|message| message.id.uuid() == shown) {
                    message.visibility = Visibility::Public;
                }
            }
            _ => {}
        }
    }

    fn facts(&self, command: &Command, answer: &Answer) -> Result<Vec<Fact>, Refusal> {
        let (ticket, now) = (&self.ticket, self.now);
        let message = MessageId::new(Uuid::nil());
        match command {
            Command::Message { author, visibility, status } => {
                life::message(ticket, message, *author, *visibility, *status, now)
            }
            Command::Evidence { kind } => {
                let item = (EvidenceId::new(Uuid::nil()), *kind);
                life::add_evidence(ticket, &[item], &self.escalations, now)
            }
            Command::Transition { to } => life::transition(ticket, *to, now),
            Command::Assign { team, agent } => {
                let agent = match agent {
                    Change::Keep => Change::Keep,
                    Change::Clear => Change::Clear,
                    // Which identifier a name has, only the desk knows.
                    Change::Set(_) => Change::Set(AgentId::new(shown_agent(answer))),
                };
                life::assign(ticket, team.map(ToOwned::to_owned), agent)
            }
            Command::Triage { severity, impact, reason } => {
                self.retriage(*severity, *impact, *reason, answer)
            }
            Command::Patch { subject, severity, status } => self.patch(*subject, *severity, *status, answer),
            Command::Resolve { resolution } => {
                let open = self.open();
                life::resolve(ticket, *resolution, message, Author::Agent, &open, now)
            }
            Command::Reopen => life::reopen(ticket, now),
            Command::Close => life::close(ticket, now),
            Command::Escalate { persona, context } => self.escalate(*persona, context, answer),
            Command::Publish { place } => {
                let message = &self.messages[*place % self.messages.len()];
                life::publish(ticket, message, Visibility::Public)
            }
            Command::Step { place, act } => self.step(*place, act, answer),
            Command::Acknowledge { minutes } => self.acknowledge(*minutes),
            Command::Merge { .. } | Command::Wait { .. } => Ok(Vec::new()),
        }
    }

    /// What people did not say is up to the rules; the desk's word is taken for it.
    fn retriage(
        &self,
        severity: Severity,
        impact: Impact,
        reason: bool,
        answer: &Answer,
    ) -> Result<Vec<Fact>, Refusal> {
        let before = self.ticket.classification;
        let priority = priority(severity, impact);
        let word = |pointer: &str| answer.json().pointer(pointer).cloned().unwrap_or_default();
        let classification = Classification {
            category: serde_json::from_value(word("/category")).unwrap_or(before.category),
            severity,
            impact,
            priority,
            ticket_type: serde_json::from_value(word("/type")).unwrap_or(before.ticket_type),
            scope: serde_json::from_value(word("/triage/scope")).unwrap_or(before.scope),
            needs_review: word("/triage/needs_review").as_bool().unwrap_or(before.needs_review),
        };
        let proposed = serde_json::from_value(word("/assigned/persona")).unwrap_or_default();
        let persona = if self.escalations.is_empty() { proposed } else { self.ticket.persona };
        let facts = life::retriage(&self.ticket, classification, DecidedBy::Human, persona, false)?;
        if priority > before.priority && !reason {
            return Err(Refusal::Invalid(vec![Violation::new("/reason", "required", "say why")]));
        }
        Ok(facts)
    }

    fn patch(
        &self,
        subject: Option<&str>,
        severity: Option<Severity>,
        status: Option<Status>,
        answer: &Answer,
    ) -> Result<Vec<Fact>, Refusal> {
        let before = &self.ticket;
        let another = subject.is_some_and(|subject| subject != self.subject);
        let edited = another.then_some(EditedField::Subject).into_iter().collect();
        let mut facts = life::edit(before, edited, before.spam)?;
        if let Some(severity) = severity.filter(|severity| *severity != before.classification.severity) {
            let shown = answer.json().pointer("/impact").cloned().unwrap_or_default();
            let impact = serde_json::from_value(shown).unwrap_or(before.classification.impact);
            facts.extend(self.retriage(severity, impact, true, answer)?);
        }
        if let Some(to) = status.filter(|to| *to != before.status) {
            facts.extend(life::transition(before, to, self.now)?);
        }
        Ok(facts)
    }

    fn escalate(
        &self,
        persona: Persona,
        context: &[EvidenceKind],
        answer: &Answer,
    ) -> Result<Vec<Fact>, Refusal> {
        if self.open_to(persona).is_some() {
            return Err(Refusal::Conflict("open already".to_owned()));
        }
        let have: Vec<_> = self.evidence.iter().chain(context).copied().collect();
        let id = EscalationId::new(answer.json().pointer("/id").and_then(uuid).unwrap_or_default());
        let escalation = self.made(id, persona, Origin::Person, None, &have);
        assert_eq!(escalation.required_context, needed(persona));
        let escalated = life::escalate(&self.ticket, escalation.hand_over(false))?;
        let brought: Vec<_> = context.iter().map(|kind| (EvidenceId::new(Uuid::nil()), *kind)).collect();
        let mut facts = life::add_evidence(&self.ticket, &brought, &self.escalations, self.now)?;
        facts.extend(escalated);
        Ok(facts)
    }

    fn apply(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            match &fact {
                Fact::EvidenceAdded { evidence_kind, .. } => self.evidence.push(*evidence_kind),
                Fact::EscalationContextWanted { wanted, .. } => self.asked.extend(wanted),
                _ => {}
            }
            let (seq, id) = (self.ticket.version + 1, EventId::new(Uuid::nil()));
            let event = Event { seq, id, at: self.now, actor: Actor::Automation, fact, reason: None };
            self.happen(&event);
        }
    }

    fn happen(&mut self, event: &Event) {
        self.ticket.apply(event);
        for escalation in &mut self.escalations {
            escalation.apply(event);
        }
        self.escalations.extend(Escalation::begun(self.id, event));
    }

    /// Takes from the desk what time brought, which is no command's doing.
    pub(super) fn learn(&mut self, events: &[Event]) {
        let known = usize::try_from(self.ticket.version).expect("a place");
        for event in events.iter().skip(known) {
            let in_time = match event.fact {
                Fact::ClockBreached { due, .. } => due <= self.now,
                Fact::SurveyRequested { .. } => !self.ticket.is_unresolved(),
                Fact::Closed => !life::may_reopen(&self.ticket, self.now),
                _ => true,
            };
            assert!(in_time && event.actor == Actor::Automation, "time does not bring {event:?}");
            self.happen(event);
        }
    }

    /// Panics unless the desk's history leads to the same ticket and the same
    /// escalations.
    pub(super) fn expect_equal(&self, events: &[Event]) {
        assert_eq!(Ticket::replay(events).as_ref(), Some(&self.ticket));
        let told = |all: &[Escalation]| -> Vec<_> {
            let one = |e: &Escalation| {
                (e.id, e.persona, e.state, e.missing_context.clone(), e.follows, e.followed_by, e.version)
            };
            all.iter().map(one).collect()
        };
        assert_eq!(told(&hand_over::replay(self.id, events)), told(&self.escalations));
    }
}

fn uuid(value: &serde_json::Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}

/// The agent that the answer names; a refusal names none, and none is needed.
fn shown_agent(answer: &Answer) -> Uuid {
    let agent = answer.json().pointer("/assigned/agent").and_then(|id| id.as_str()?.parse().ok());
    agent.unwrap_or_default()
}
