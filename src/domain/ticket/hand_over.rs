//! A hand-over as it is made, and as a fold over the facts about it.

use jiff::{SignedDuration, Timestamp};

use super::event::{Actor, Event, Fact};
use super::life::HandOver;
use super::record::{Acknowledged, Escalation};
use crate::domain::escalation::{EscalationKind, EscalationState, Origin, Requirement, missing};
use crate::domain::id::{AgentId, EscalationId, TicketId};
use crate::domain::vocabulary::{EvidenceKind, Persona};

/// How a hand-over comes about.
#[derive(Debug, Clone, Copy)]
pub struct Making<'a> {
    /// Its identifier.
    pub id: EscalationId,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// What makes it; everything but a person is automatic.
    pub origin: Origin,
    /// Why.
    pub reason: &'a str,
    /// The agent who asks for it.
    pub requested_by: Option<AgentId>,
    /// The hand-over whose place it takes.
    pub follows: Option<EscalationId>,
    /// The version of the matrix that says what it needs.
    pub matrix: &'a str,
    /// The kinds of material that the ticket has.
    pub have: &'a [EvidenceKind],
    /// When.
    pub at: Timestamp,
}

impl Escalation {
    /// A hand-over that is made now. One that takes the place of another, or
    /// that a ladder or handoff makes, has human support behind it: a chain of
    /// refusals ends there.
    #[must_use]
    pub fn made(requirement: &Requirement, making: &Making<'_>) -> Self {
        let Making { origin, at, .. } = *making;
        let persona = requirement.persona;
        let fallback = match origin {
            Origin::Person | Origin::Matrix => requirement.fallback,
            Origin::Fallback | Origin::Ladder | Origin::Handoff => Some(Persona::HumanSupport),
        };
        let required = &requirement.required_context;
        Self {
            id: making.id,
            ticket: making.ticket,
            kind: EscalationKind::of(persona, origin),
            persona,
            team: requirement.team.clone(),
            state: EscalationState::Requested,
            rule: requirement.rule.clone(),
            matrix: Some(making.matrix.to_owned()),
            origin: Some(origin),
            automatic: origin != Origin::Person,
            reason: making.reason.to_owned(),
            required_context: required.clone(),
            missing_context: missing(required, making.have),
            fallback: fallback.filter(|fallback| *fallback != persona),
            requested_by: making.requested_by,
            requested_at: at,
            acknowledge_by: later(at, requirement.acknowledge_within_seconds),
            acknowledge_within_seconds: requirement.acknowledge_within_seconds,
            acknowledged: None,
            answer: None,
            answered_at: None,
            declined_reason: None,
            note: None,
            follows: making.follows,
            followed_by: None,
            updated_at: at,
            version: 1,
        }
    }

    /// What it asks of its ticket.
    #[must_use]
    pub fn hand_over(&self, restricted: bool) -> HandOver {
        HandOver {
            escalation: self.id,
            persona: self.persona,
            team: self.team.clone(),
            rule: self.rule.clone(),
            automatic: self.automatic,
            missing_context: self.missing_context.clone(),
            restricted,
            origin: self.origin,
            matrix: self.matrix.clone(),
            follows: self.follows,
            acknowledge_by: Some(self.acknowledge_by),
        }
    }

    /// The hand-over that a fact begins, as far as a history tells: without
    /// the words of people, and what is required no more than what is missing.
    #[must_use]
    pub fn begun(ticket: TicketId, event: &Event) -> Option<Self> {
        let Fact::Escalated {
            escalation,
            persona,
            team,
            rule,
            automatic,
            missing_context,
            origin,
            matrix,
            follows,
            acknowledge_by,
            ..
        } = &event.fact
        else {
            return None;
        };
        let acknowledge_by = acknowledge_by.unwrap_or(event.at);
        Some(Self {
            id: *escalation,
            ticket,
            kind: EscalationKind::of(*persona, origin.unwrap_or(Origin::Person)),
            persona: *persona,
            team: team.clone(),
            state: EscalationState::Requested,
            rule: rule.clone(),
            matrix: matrix.clone(),
            origin: *origin,
            automatic: *automatic,
            reason: String::new(),
            required_context: missing_context.clone(),
            missing_context: missing_context.clone(),
            fallback: None,
            requested_by: event.actor.agent(),
            requested_at: event.at,
            acknowledge_by,
            acknowledge_within_seconds: acknowledge_by.duration_since(event.at).as_secs(),
            acknowledged: None,
            answer: None,
            answered_at: None,
            declined_reason: None,
            note: None,
            follows: *follows,
            followed_by: None,
            updated_at: event.at,
            version: 1,
        })
    }

    /// Takes one more fact into account; one about something else changes
    /// nothing.
    pub fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::EscalationContextAdded { escalation, missing_context } if *escalation == self.id => {
                self.missing_context.clone_from(missing_context);
            }
            Fact::EscalationClosed { escalation } if *escalation == self.id => {
                self.state = EscalationState::Closed;
            }
            Fact::EscalationAdvanced {
                escalation,
                to,
                until,
                acknowledge_by,
                missing_context,
                followed_by,
                ..
            } if *escalation == self.id => {
                self.enter(*to, event.at, event.actor, *until);
                self.acknowledge_by = acknowledge_by.unwrap_or(self.acknowledge_by);
                self.followed_by = followed_by.or(self.followed_by);
                if *to == EscalationState::Returned {
                    self.want(missing_context);
                }
            }
            _ => return,
        }
        self.updated_at = event.at;
        self.version += 1;
    }

    fn enter(&mut self, to: EscalationState, at: Timestamp, actor: Actor, until: Option<Timestamp>) {
        let seen = Acknowledged { at, by: actor.agent(), until };
        match to {
            EscalationState::Acknowledged => self.acknowledged = Some(seen),
            // Work and answers show that somebody has seen it, and do not expire.
            EscalationState::InProgress | EscalationState::Answered => {
                let before = self.acknowledged.unwrap_or(seen);
                self.acknowledged = Some(Acknowledged { until: None, ..before });
            }
            EscalationState::Requested => self.acknowledged = None,
            EscalationState::Closed | EscalationState::Returned | EscalationState::Declined => {}
        }
        if to == EscalationState::Answered {
            self.answered_at = Some(at);
        }
        self.state = to;
    }

    /// What has to arrive, also where something of that kind is there already:
    /// whoever returns it has seen that it does not do.
    fn want(&mut self, kinds: &[EvidenceKind]) {
        self.missing_context = kinds.to_vec();
        let more = missing(kinds, &self.required_context);
        self.required_context.extend(more);
    }

    /// When its acknowledgement ends, if it does.
    #[must_use]
    pub fn acknowledgement_ends(&self) -> Option<Timestamp> {
        self.acknowledged
            .filter(|_| self.state == EscalationState::Acknowledged)
            .and_then(|acknowledged| acknowledged.until)
    }

    /// Whether an acknowledgement until then, or for good, says something new:
    /// nobody has acknowledged it, or until another instant.
    #[must_use]
    pub fn waits_for(&self, until: Option<Timestamp>) -> bool {
        let ends = self.acknowledgement_ends();
        self.state.awaits_acknowledgement() || (ends.is_some() && ends != until)
    }

    /// When it should be acknowledged if it waits for that from `at` on.
    #[must_use]
    pub fn acknowledge_by_from(&self, at: Timestamp) -> Timestamp {
        later(at, self.acknowledge_within_seconds)
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The hand-overs of a ticket, oldest first, by nothing but its history.
#[must_use]
pub fn replay(ticket: TicketId, history: &[Event]) -> Vec<Escalation> {
    let mut escalations: Vec<Escalation> = Vec::new();
    for event in history {
        for escalation in &mut escalations {
            escalation.apply(event);
        }
        escalations.extend(Escalation::begun(ticket, event));
    }
    escalations
}

/// The next instant at which time alone brings something to a hand-over of an
/// unresolved ticket: an acknowledgement that ends.
#[must_use]
pub fn next_expiry(escalations: &[Escalation]) -> Option<Timestamp> {
    escalations.iter().filter_map(Escalation::acknowledgement_ends).min()
}
