//! What endpoints can be told of: one type for each kind of fact.

use crate::domain::closed_list::closed_list;
use crate::domain::escalation::EscalationState;
use crate::domain::ticket::Fact;

closed_list! {
    /// The type of an event, as `CloudEvents` has it.
    EventType {
        /// A ticket came in.
        TicketCreated = "ticket.created",
        /// The same thing was reported again.
        TicketRepeated = "ticket.repeated",
        /// Somebody wrote.
        TicketMessageAdded = "ticket.message_added",
        /// A note was shown to the requester.
        TicketMessagePublished = "ticket.message_published",
        /// Something that is no part of the history was changed.
        TicketEdited = "ticket.edited",
        /// Material came in.
        TicketEvidenceAdded = "ticket.evidence_added",
        /// The state changed.
        TicketStatusChanged = "ticket.status_changed",
        /// It was classified anew.
        TicketTriaged = "ticket.triaged",
        /// It was put elsewhere.
        TicketAssigned = "ticket.assigned",
        /// It was resolved.
        TicketResolved = "ticket.resolved",
        /// It came back.
        TicketReopened = "ticket.reopened",
        /// It ended.
        TicketClosed = "ticket.closed",
        /// It ended as the duplicate of another one.
        TicketMerged = "ticket.merged",
        /// Another ticket ended as its duplicate.
        TicketMergedFrom = "ticket.merged_from",
        /// It was handed over.
        EscalationRequested = "escalation.requested",
        /// What a hand-over still needed has arrived.
        EscalationContextAdded = "escalation.context_added",
        /// Somebody was asked for what a hand-over needs.
        EscalationContextWanted = "escalation.context_wanted",
        /// A hand-over waits to be acknowledged again.
        EscalationRequestedAgain = "escalation.requested_again",
        /// Somebody has seen a hand-over and takes it.
        EscalationAcknowledged = "escalation.acknowledged",
        /// Somebody works on a hand-over.
        EscalationStarted = "escalation.started",
        /// A hand-over was answered.
        EscalationAnswered = "escalation.answered",
        /// A hand-over was given back, with what is missing.
        EscalationReturned = "escalation.returned",
        /// A hand-over was refused.
        EscalationDeclined = "escalation.declined",
        /// A hand-over ended.
        EscalationClosed = "escalation.closed",
        /// Human support was told of it.
        HandoffMade = "handoff.made",
        /// Another policy, or another version of one, applies.
        SlaPolicyChanged = "sla.policy_changed",
        /// A promise was broken.
        SlaBreached = "sla.breached",
        /// Its plan of ladders is made from another policy, or anew.
        LadderStarted = "ladder.started",
        /// A step of a ladder was taken, or had nobody to tell.
        LadderStep = "ladder.step",
        /// Somebody asked for help from above.
        LadderPressed = "ladder.pressed",
        /// It became, or ceased to be, a ticket of somebody important.
        TicketVipChanged = "ticket.vip_changed",
        /// A step of a ladder made it more urgent.
        TicketPriorityRaised = "ticket.priority_raised",
        /// The requester was asked how it was.
        SurveyRequested = "survey.requested",
        /// The requester said how it was.
        SurveyAnswered = "survey.answered",
        /// Somebody tries the endpoint.
        WebhookTest = "webhook.test",
    }
}

impl EventType {
    /// The type of a fact. A new kind of fact says here what it is.
    #[must_use]
    pub const fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Opened { .. } => Self::TicketCreated,
            Fact::Repeated { .. } => Self::TicketRepeated,
            Fact::MessageAdded { .. } => Self::TicketMessageAdded,
            Fact::MessagePublished { .. } => Self::TicketMessagePublished,
            Fact::Edited { .. } => Self::TicketEdited,
            Fact::PolicyChanged { .. } => Self::SlaPolicyChanged,
            Fact::EvidenceAdded { .. } => Self::TicketEvidenceAdded,
            Fact::StatusChanged { .. } => Self::TicketStatusChanged,
            Fact::Triaged { .. } => Self::TicketTriaged,
            Fact::Assigned { .. } => Self::TicketAssigned,
            Fact::Escalated { .. } => Self::EscalationRequested,
            Fact::EscalationClosed { .. } => Self::EscalationClosed,
            Fact::EscalationContextWanted { .. } => Self::EscalationContextWanted,
            Fact::EscalationAdvanced { to, .. } => match to {
                EscalationState::Requested => Self::EscalationRequestedAgain,
                EscalationState::Acknowledged => Self::EscalationAcknowledged,
                EscalationState::InProgress => Self::EscalationStarted,
                EscalationState::Answered => Self::EscalationAnswered,
                EscalationState::Closed => Self::EscalationClosed,
                EscalationState::Returned => Self::EscalationReturned,
                EscalationState::Declined => Self::EscalationDeclined,
            },
            Fact::EscalationContextAdded { .. } => Self::EscalationContextAdded,
            Fact::HandoffMade { .. } => Self::HandoffMade,
            Fact::Resolved { .. } => Self::TicketResolved,
            Fact::Reopened => Self::TicketReopened,
            Fact::Closed => Self::TicketClosed,
            Fact::ClockBreached { .. } => Self::SlaBreached,
            Fact::SurveyRequested { .. } => Self::SurveyRequested,
            Fact::Rated { .. } => Self::SurveyAnswered,
            Fact::LadderStarted { .. } => Self::LadderStarted,
            Fact::LadderStep { .. } => Self::LadderStep,
            Fact::LadderPressed { .. } => Self::LadderPressed,
            Fact::VipChanged { .. } => Self::TicketVipChanged,
            Fact::PriorityRaised { .. } => Self::TicketPriorityRaised,
            Fact::Merged { .. } => Self::TicketMerged,
            Fact::MergedFrom { .. } => Self::TicketMergedFrom,
        }
    }
}
