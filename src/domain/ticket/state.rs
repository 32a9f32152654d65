//! The state of a ticket as a fold over its history.

use jiff::Timestamp;

use super::event::{Assignment, Classification, Event, Fact, PolicyRef};
use crate::domain::escalation::{EscalationKind, Origin};
use crate::domain::id::{AgentId, TicketId};
use crate::domain::vocabulary::{Channel, DecidedBy, Persona, Priority, Resolution, Status};

/// A priority that a step of a ladder gave a ticket, whatever its classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The priority.
    pub to: Priority,
    /// Since when.
    pub at: Timestamp,
    /// The step, as it is named.
    pub step: String,
}

/// What a ticket is now; nothing here that its history does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Where it stands in its life.
    pub status: Status,
    /// The way it came in.
    pub channel: Channel,
    /// Its classification.
    pub classification: Classification,
    /// The priority that a ladder gave it, if one did.
    pub raised: Option<Raised>,
    /// The team whose queue it is in.
    pub team: String,
    /// Who works it.
    pub agent: Option<AgentId>,
    /// Whom it is, or would be, escalated to.
    pub persona: Option<Persona>,
    /// Whether only those named may see it.
    pub restricted: bool,
    /// The SLA policy it was promised by.
    pub policy: Option<PolicyRef>,
    /// Which text of policies and calendars it was promised by.
    pub sla_version: String,
    /// An agent opened it, not its requester.
    pub opened_by_agent: bool,
    /// How often it was reported.
    pub occurrences: i32,
    /// Functional escalations made.
    pub escalations: i32,
    /// How often it came back.
    pub reopen_count: i32,
    /// How it was resolved last; none while it is unresolved.
    pub resolution: Option<Resolution>,
    /// The first time it was resolved.
    pub first_resolved_at: Option<Timestamp>,
    /// The last time it was resolved; kept when it is reopened only as
    /// `first_resolved_at`.
    pub resolved_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// It is no request at all: it carries that tag.
    pub spam: bool,
    /// The ticket that it was merged into.
    pub merged_into: Option<TicketId>,
    /// The closed ticket that it goes on from.
    pub follow_up_of: Option<TicketId>,
    /// When it came in.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// Number of facts; grows with each of them.
    pub version: i64,
}

impl Ticket {
    /// The state that `events`, in order, lead to. `None` where they do not
    /// begin with the opening.
    #[must_use]
    pub fn replay(events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut ticket = Self::open(first)?;
        for event in rest {
            ticket.apply(event);
        }
        Some(ticket)
    }

    fn open(event: &Event) -> Option<Self> {
        let Fact::Opened {
            channel,
            classification,
            assignment,
            restricted,
            policy,
            sla_version,
            by_agent,
            follow_up_of,
            spam,
            ..
        } = &event.fact
        else {
            return None;
        };
        let Assignment { team, agent, persona } = assignment.clone();
        Some(Self {
            status: Status::New,
            channel: *channel,
            classification: *classification,
            raised: None,
            team,
            agent,
            persona,
            restricted: *restricted,
            policy: policy.clone(),
            sla_version: sla_version.clone(),
            opened_by_agent: *by_agent,
            occurrences: 1,
            escalations: 0,
            reopen_count: 0,
            resolution: None,
            first_resolved_at: None,
            resolved_at: None,
            closed_at: None,
            spam: *spam,
            merged_into: None,
            follow_up_of: *follow_up_of,
            created_at: event.at,
            updated_at: event.at,
            version: event.seq,
        })
    }

    /// Takes one more fact into account.
    pub fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::Opened { .. }
            | Fact::MessageAdded { .. }
            | Fact::MessagePublished { .. }
            | Fact::EvidenceAdded { .. }
            | Fact::EscalationAdvanced { .. }
            | Fact::EscalationContextWanted { .. }
            | Fact::EscalationContextAdded { .. }
            | Fact::EscalationClosed { .. }
            | Fact::ClockBreached { .. }
            | Fact::SurveyRequested { .. }
            | Fact::Rated { .. }
            | Fact::HandoffMade { .. }
            | Fact::LadderStarted { .. }
            | Fact::LadderStep { .. }
            | Fact::LadderPressed { .. }
            | Fact::VipChanged { .. } => {}
            Fact::PriorityRaised { to, step, .. } => {
                self.raised = Some(Raised { to: *to, at: event.at, step: step.clone() });
            }
            Fact::MergedFrom { restricted, .. } => self.restricted |= restricted,
            Fact::Repeated { times } => self.occurrences = self.occurrences.saturating_add(*times),
            Fact::Edited { spam, .. } => self.spam = spam.unwrap_or(self.spam),
            Fact::StatusChanged { to, .. } => self.status = *to,
            Fact::Triaged { classification, decided_by, persona, restricted } => {
                if overrules(*decided_by, self.classification, *classification) {
                    self.raised = None;
                }
                // Once restricted, a ticket stays so: what it holds was confidential.
                self.restricted |= restricted;
                self.classification = *classification;
                self.persona = *persona;
            }
            Fact::Assigned { assignment } => {
                let Assignment { team, agent, persona } = assignment.clone();
                (self.team, self.agent, self.persona) = (team, agent, persona);
            }
            Fact::Escalated { persona, team, restricted, origin, .. } => {
                self.restricted |= restricted;
                self.hand_over(*persona, team, origin.unwrap_or(Origin::Person));
            }
            Fact::Resolved { resolution, .. } => {
                self.status = Status::Resolved;
                self.resolution = Some(*resolution);
                self.first_resolved_at.get_or_insert(event.at);
                self.resolved_at = Some(event.at);
            }
            Fact::Reopened => self.reopen(),
            Fact::PolicyChanged { policy, sla_version, .. } => {
                self.policy.clone_from(policy);
                self.sla_version.clone_from(sla_version);
            }
            Fact::Closed => self.close(event.at),
            Fact::Merged { into } => self.end_in(*into, event.at),
        }
        self.updated_at = event.at;
        self.version = event.seq;
    }

    fn hand_over(&mut self, persona: Persona, team: &str, origin: Origin) {
        // Human support comes beside whoever has the ticket, and takes it from nobody.
        if origin != Origin::Handoff {
            self.persona = Some(persona);
            team.clone_into(&mut self.team);
        }
        // What goes upwards is no functional escalation.
        let functional = EscalationKind::of(persona, origin) == EscalationKind::Functional;
        self.escalations = self.escalations.saturating_add(functional.into());
    }

    const fn reopen(&mut self) {
        self.status = Status::Open;
        self.resolution = None;
        self.resolved_at = None;
        self.reopen_count = self.reopen_count.saturating_add(1);
    }

    fn end_in(&mut self, into: TicketId, at: Timestamp) {
        self.merged_into = Some(into);
        self.resolution = Some(Resolution::Duplicate);
        self.first_resolved_at.get_or_insert(at);
        self.resolved_at.get_or_insert(at);
        self.close(at);
    }

    const fn close(&mut self, at: Timestamp) {
        self.status = Status::Closed;
        self.closed_at = Some(at);
    }

    /// The priority that counts: the more urgent of what its classification
    /// says and what a ladder raised it to.
    #[must_use]
    pub fn priority(&self) -> Priority {
        let derived = self.classification.priority;
        self.raised.as_ref().map_or(derived, |raised| derived.min(raised.to))
    }

    /// Whether it still waits for its resolution.
    #[must_use]
    pub const fn is_unresolved(&self) -> bool {
        !self.status.is_over()
    }
}

/// Whether a person's triage takes the place of the priority that a ladder
/// gave: where they weigh the ticket anew, their word counts.
pub(super) fn overrules(decided_by: DecidedBy, before: Classification, now: Classification) -> bool {
    decided_by == DecidedBy::Human && (before.severity, before.impact) != (now.severity, now.impact)
}
