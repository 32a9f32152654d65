//! Which facts are told by mail, and to whom.

use jiff::Timestamp;
use uuid::Uuid;

use super::{MailKind, may_hear};
use crate::domain::escalation::ladder::{Action, Reached, StepState};
use crate::domain::escalation::{EscalationState, team_of};
use crate::domain::id::{AgentId, EscalationId};
use crate::domain::ticket::event::StepCause;
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Event, Fact};
use crate::domain::vocabulary::{Author, Channel, Persona, TicketType, Visibility};

/// Whom something is told, before it is known whether and where they can be
/// reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whoever is helped.
    Requester,
    /// A person of the desk.
    Agent(AgentId),
    /// A team's queue, by its slug.
    Team(String),
}

/// Something that is to be told by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: MailKind,
    /// To whom.
    pub target: Target,
    /// Which message or hand-over it tells of.
    pub about: Option<Uuid>,
    /// The teams, by slug, one of which is told too where a person can't be
    /// reached; the first that can.
    pub otherwise: Vec<String>,
}

impl Wanted {
    const fn new(kind: MailKind, target: Target, about: Option<Uuid>) -> Self {
        Self { kind, target, about, otherwise: Vec::new() }
    }
}

/// What one fact of a ticket gives to tell. What is said to a requester is a
/// message, so what the desk writes by itself (an acknowledgement, what is
/// missing, a resolution) is told once, with the message that says it.
#[must_use]
pub fn wanted(record: &Record, event: &Event) -> Vec<Wanted> {
    match &event.fact {
        Fact::MessageAdded { message, visibility: Visibility::Public, author }
        | Fact::MessagePublished { message, author }
            if *author != Author::Requester =>
        {
            to_requester(record, MailKind::Message, Some(message.uuid()))
        }
        Fact::Reopened => to_requester(record, MailKind::Reopened, None),
        Fact::SurveyRequested { .. } => to_requester(record, MailKind::Survey, None),
        Fact::Escalated { escalation, team, .. } => {
            let (kind, target) = (MailKind::EscalationRequested, Target::Team(team.clone()));
            vec![Wanted::new(kind, target, Some(escalation.uuid()))]
        }
        // Where the ladder that starts again tells the same team at once, that is enough.
        Fact::EscalationAdvanced { escalation, cause: StepCause::Expired, .. }
            if has_reminded(record, *escalation, event.at) =>
        {
            Vec::new()
        }
        Fact::EscalationAdvanced { escalation, to, .. } => of_step(record, *escalation, *to),
        Fact::LadderStep { step, state: StepState::Fired, to: Some(to), .. } if step.action.reminds() => {
            let at_once = step.action == Action::Page;
            let about = step.pending().map(EscalationId::uuid);
            vec![Wanted { otherwise: around(to, record), ..notice(of_reached(to), at_once, about) }]
        }
        Fact::Opened { .. }
        | Fact::Repeated { .. }
        | Fact::MessageAdded { .. }
        | Fact::MessagePublished { .. }
        | Fact::Edited { .. }
        | Fact::PolicyChanged { .. }
        | Fact::EvidenceAdded { .. }
        | Fact::StatusChanged { .. }
        | Fact::Triaged { .. }
        | Fact::Assigned { .. }
        | Fact::EscalationClosed { .. }
        | Fact::EscalationContextAdded { .. }
        | Fact::Resolved { .. }
        | Fact::Closed
        | Fact::ClockBreached { .. }
        | Fact::Rated { .. }
        | Fact::EscalationContextWanted { .. }
        | Fact::HandoffMade { .. }
        | Fact::LadderStarted { .. }
        | Fact::LadderStep { .. }
        | Fact::LadderPressed { .. }
        | Fact::VipChanged { .. }
        | Fact::PriorityRaised { .. }
        | Fact::Merged { .. }
        | Fact::MergedFrom { .. } => Vec::new(),
    }
}

/// Whether the ladder of a hand-over that nobody has acknowledged told the team
/// that has it at an instant.
fn has_reminded(record: &Record, escalation: EscalationId, at: Timestamp) -> bool {
    let handed = record.escalations.iter().find(|known| known.id == escalation);
    let Some(team) = handed.map(|known| &known.team) else { return false };
    record.plan.iter().any(|item| {
        let told = match &item.to {
            Some(Reached::Team { team: told } | Reached::Persona { team: told, .. }) => told == team,
            Some(Reached::Agent { .. }) | None => false,
        };
        told && item.state == StepState::Fired
            && item.id.action.reminds()
            && item.id.pending() == Some(escalation)
            && item.due == Some(at)
    })
}

/// What a step of a hand-over's life gives to tell: asked for again, to its
/// team; sent back, refused or answered, to whoever asked for it, or who works
/// the ticket if nobody did.
#[must_use]
pub fn of_step(record: &Record, escalation: EscalationId, to: EscalationState) -> Vec<Wanted> {
    let found = record.escalations.iter().find(|known| known.id == escalation);
    let Some(found) = found else { return Vec::new() };
    let asker = found.requested_by.or(record.state.agent).map(Target::Agent);
    let (kind, target) = match to {
        EscalationState::Requested => (MailKind::EscalationRequested, Some(Target::Team(found.team.clone()))),
        EscalationState::Returned => (MailKind::EscalationReturned, asker),
        EscalationState::Declined => (MailKind::EscalationDeclined, asker),
        EscalationState::Answered => (MailKind::EscalationAnswered, asker),
        EscalationState::Acknowledged | EscalationState::InProgress | EscalationState::Closed => {
            return Vec::new();
        }
    };
    target.map(|target| Wanted::new(kind, target, Some(escalation.uuid()))).into_iter().collect()
}

/// A notice of a ladder; `at_once` pages. `about`: the ladder, for whoever
/// checks again before it is sent.
#[must_use]
pub const fn notice(target: Target, at_once: bool, about: Option<Uuid>) -> Wanted {
    let kind = if at_once { MailKind::Page } else { MailKind::Notice };
    Wanted::new(kind, target, about)
}

/// What a fact gives to tell a team, and the slugs of the teams of which the
/// first that can be reached is told; for a person these are the teams around
/// them.
#[must_use]
pub fn of_team(record: &Record, event: &Event) -> Option<(Vec<String>, Wanted)> {
    wanted(record, event).into_iter().find_map(|wanted| {
        let mut teams = match &wanted.target {
            Target::Team(team) => vec![team.clone()],
            Target::Agent(_) => Vec::new(),
            Target::Requester => return None,
        };
        teams.extend_from_slice(&wanted.otherwise);
        (!teams.is_empty()).then_some((teams, wanted))
    })
}

/// The teams around a person whom a step reaches: theirs, and the ticket's. In
/// the place of a team that may not hear of the ticket, security.
fn around(to: &Reached, record: &Record) -> Vec<String> {
    match to {
        Reached::Agent { team, .. } => team.iter().cloned().chain([record.state.team.clone()]).collect(),
        Reached::Team { team } | Reached::Persona { team, .. } if !may_hear(team, record) => {
            vec![team_of(Persona::SecurityEngineer).to_owned()]
        }
        Reached::Team { .. } | Reached::Persona { .. } => Vec::new(),
    }
}

fn of_reached(to: &Reached) -> Target {
    match to {
        Reached::Team { team } | Reached::Persona { team, .. } => Target::Team(team.clone()),
        Reached::Agent { agent, .. } => Target::Agent(*agent),
    }
}

fn to_requester(record: &Record, kind: MailKind, about: Option<Uuid>) -> Vec<Wanted> {
    if reported_by_machine(record) {
        return Vec::new();
    }
    vec![Wanted::new(kind, Target::Requester, about)]
}

/// Machines don't read mail.
fn reported_by_machine(record: &Record) -> bool {
    record.opened_by == Author::Automation
        || record.state.channel == Channel::Alert
        || record.state.classification.ticket_type == TicketType::Alert
}
