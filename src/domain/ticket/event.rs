//! The facts a ticket's history is made of: identifiers and closed words, never personal text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::cause::{EditedField, PolicyCause, ResolutionCause, SaidField, StepCause};
use crate::domain::escalation::ladder::{Moot, Overtaken, Reached, Snapshot, StepId, StepState};
use crate::domain::escalation::{EscalationState, Origin};
use crate::domain::handoff::HandoffCause;
use crate::domain::id::{
    AgentId, EscalationId, EventId, EvidenceId, HandoffId, MessageId, RequesterId, TicketId,
};
use crate::domain::sla::Metric;
use crate::domain::vocabulary::{
    Author, Category, Channel, DecidedBy, EvidenceKind, Impact, Persona, Priority, Resolution, Scope,
    Severity, Status, TicketType, Visibility,
};

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person of the desk.
    Agent(AgentId),
    /// The person who is helped, where known.
    Requester(Option<RequesterId>),
    /// The service itself or another program.
    Automation,
}

impl Actor {
    /// The kind of actor as it is written.
    #[must_use]
    pub const fn author(self) -> Author {
        match self {
            Self::Agent(_) => Author::Agent,
            Self::Requester(_) => Author::Requester,
            Self::Automation => Author::Automation,
        }
    }

    /// The agent, if a person of the desk acted.
    #[must_use]
    pub const fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Requester(_) | Self::Automation => None,
        }
    }
}

/// How triage, or a person, classified a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    /// Kind of issue.
    pub category: Category,
    /// Technical weight.
    pub severity: Severity,
    /// Reach.
    pub impact: Impact,
    /// Derived urgency.
    pub priority: Priority,
    /// What kind of case it is.
    #[serde(rename = "type")]
    pub ticket_type: TicketType,
    /// Whether it is the desk's work.
    pub scope: Scope,
    /// Whether a person should look at the triage.
    pub needs_review: bool,
}

/// Where a ticket was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The team whose queue it is in.
    pub team: String,
    /// Who works it.
    pub agent: Option<AgentId>,
    /// Whom it is, or would be, escalated to.
    pub persona: Option<Persona>,
}

/// One version of an SLA policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRef {
    /// Its name for programs.
    pub key: String,
    /// From 1.
    pub version: i32,
}

/// Facts say how often only where it is not once, as all older ones were.
const fn once() -> i32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_once(times: &i32) -> bool {
    *times == 1
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The ticket came in.
    Opened {
        /// The way it came.
        channel: Channel,
        /// Its classification.
        #[serde(flatten)]
        classification: Classification,
        /// Where it was put.
        #[serde(flatten)]
        assignment: Assignment,
        /// Whether only those named may see it.
        restricted: bool,
        /// What the requester wrote.
        message: MessageId,
        /// The SLA policy that matched.
        policy: Option<PolicyRef>,
        /// Which text of policies and calendars it was promised by.
        sla_version: String,
        /// An agent opened it, not its requester.
        by_agent: bool,
        /// The closed ticket that it goes on from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up_of: Option<TicketId>,
        /// What of its classification somebody said themselves.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        said: Vec<SaidField>,
        /// It carries the tag of what is no request at all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        spam: bool,
    },
    /// The same thing was reported again.
    Repeated {
        /// How often since the history last told of it.
        #[serde(default = "once", skip_serializing_if = "is_once")]
        times: i32,
    },
    /// Somebody wrote.
    MessageAdded {
        /// Which message.
        message: MessageId,
        /// Who may see it.
        visibility: Visibility,
        /// Who wrote it.
        author: Author,
    },
    /// An internal message was shown to the requester; it counts from here on.
    MessagePublished {
        /// Which message.
        message: MessageId,
        /// Who wrote it.
        author: Author,
    },
    /// What is not part of the history was changed.
    Edited {
        /// What it was.
        fields: Vec<EditedField>,
        /// Whether it is no request at all from here on; none: as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spam: Option<bool>,
    },
    /// Another policy, or another version of it, applies from here on.
    PolicyChanged {
        /// Which one; none fits: nothing is promised any more.
        policy: Option<PolicyRef>,
        /// Which text of policies and calendars it is from.
        sla_version: String,
        /// Why.
        cause: PolicyCause,
    },
    /// Material came in.
    EvidenceAdded {
        /// Which piece.
        evidence: EvidenceId,
        /// Of which kind.
        evidence_kind: EvidenceKind,
    },
    /// The state changed.
    StatusChanged {
        /// From this.
        from: Status,
        /// To this.
        to: Status,
    },
    /// A person or a new run of the rules classified it anew.
    Triaged {
        /// The classification now.
        #[serde(flatten)]
        classification: Classification,
        /// Who decided.
        decided_by: DecidedBy,
        /// The matrix's new proposal.
        persona: Option<Persona>,
        /// From now on only those named may see it.
        restricted: bool,
    },
    /// It was put elsewhere.
    Assigned {
        /// Where it is now.
        #[serde(flatten)]
        assignment: Assignment,
    },
    /// It was handed over.
    Escalated {
        /// Which hand-over.
        escalation: EscalationId,
        /// To whom.
        persona: Persona,
        /// Into which queue.
        team: String,
        /// By which row of the matrix.
        rule: String,
        /// The service did it by itself.
        automatic: bool,
        /// What whoever gets it still needs.
        missing_context: Vec<EvidenceKind>,
        /// From now on only those named may see it.
        restricted: bool,
        /// What made it; older histories do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
        /// The version of the matrix that the row is from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matrix: Option<String>,
        /// The hand-over whose place it takes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<EscalationId>,
        /// When it should be acknowledged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledge_by: Option<Timestamp>,
    },
    /// A hand-over took a step of its life.
    EscalationAdvanced {
        /// Which hand-over.
        escalation: EscalationId,
        /// From this state.
        from: EscalationState,
        /// To this.
        to: EscalationState,
        /// Why.
        cause: StepCause,
        /// Until when an acknowledgement holds; none: for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// When it should be acknowledged, where it waits for that again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledge_by: Option<Timestamp>,
        /// What has to arrive before a returned one goes on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing_context: Vec<EvidenceKind>,
        /// The hand-over that takes its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        followed_by: Option<EscalationId>,
    },
    /// Somebody was asked for what a hand-over needs.
    EscalationContextWanted {
        /// Which hand-over.
        escalation: EscalationId,
        /// The message that asks.
        message: MessageId,
        /// For what.
        wanted: Vec<EvidenceKind>,
    },
    /// A hand-over ended because the ticket no longer needs it.
    EscalationClosed {
        /// Which hand-over.
        escalation: EscalationId,
    },
    /// What a hand-over still needed has arrived.
    EscalationContextAdded {
        /// Which hand-over.
        escalation: EscalationId,
        /// What it still needs; empty: complete.
        missing_context: Vec<EvidenceKind>,
    },
    /// It was resolved.
    Resolved {
        /// From this state.
        from: Status,
        /// How.
        resolution: Resolution,
        /// Why without a person; none: a person did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<ResolutionCause>,
    },
    /// It came back.
    Reopened,
    /// It ended.
    Closed,
    /// A promise was broken.
    ClockBreached {
        /// Which promise.
        metric: Metric,
        /// Which one of its kind, from 1.
        cycle: u32,
        /// The deadline that passed, or the change that put it into the past.
        due: Timestamp,
    },
    /// The requester was asked how it was.
    SurveyRequested {
        /// When that was due.
        due: Timestamp,
    },
    /// The requester said how it was.
    Rated {
        /// From 1 to 5.
        score: u8,
        /// The place in the history of the resolution that it is about.
        resolution: i64,
    },
    /// Human support was told of it.
    HandoffMade {
        /// In which handoff.
        handoff: HandoffId,
        /// Why.
        cause: HandoffCause,
    },
    /// It turned out to be the same as another one, and ended as its duplicate.
    Merged {
        /// The one that goes on.
        into: TicketId,
    },
    /// Another ticket turned out to be the same as this one.
    MergedFrom {
        /// The one that ended.
        ticket: TicketId,
        /// It was for those named alone; so is this one from now on.
        #[serde(default)]
        restricted: bool,
    },
    /// Its plan of ladders is made from this policy from here on.
    LadderStarted {
        /// Which version of which policy; none: none is for it any more.
        ladder: Option<Snapshot>,
    },
    /// A step of a ladder was taken, or had nobody to tell.
    LadderStep {
        /// Which step.
        #[serde(flatten)]
        step: StepId,
        /// Fired or skipped.
        state: StepState,
        /// When it was due, whenever it was taken.
        due: Timestamp,
        /// Who got it; none: nobody.
        to: Option<Reached>,
        /// Why nobody got it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Moot>,
        /// Reminders of its level before it that were due together with it: they
        /// told nobody.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        overtaken: Vec<Overtaken>,
        /// How many of the facts right before this one it brought about.
        effects: u32,
    },
    /// Somebody asked for help from above.
    LadderPressed {
        /// The place in the history up to which they had seen it.
        as_of: i64,
    },
    /// It became, or ceased to be, a ticket of somebody important.
    VipChanged {
        /// It is one now.
        vip: bool,
    },
    /// A step of a ladder made it more urgent than its classification does.
    PriorityRaised {
        /// What counted before.
        from: Priority,
        /// What counts now, unless its classification is more urgent.
        to: Priority,
        /// The step, as it is named.
        step: String,
    },
}

/// A fact with its place in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Place in the ticket's history, from 1 without gaps.
    pub seq: i64,
    /// Its own identifier.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub fact: Fact,
    /// Why, in somebody's words; kept apart from the history.
    pub reason: Option<String>,
}
