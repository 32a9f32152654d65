//! What triage and matrix say of a submission.

use super::Surroundings;
use crate::domain::escalation::{Proposal, Question};
use crate::domain::intake::NewTicket;
use crate::domain::ticket::Classification;
use crate::domain::triage::{Decision, Submission};
use crate::domain::vocabulary::{Channel, Scope};

/// What triage and matrix say of a submission.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What triage decided.
    pub decision: Decision,
    /// Where the matrix would send it.
    pub proposal: Proposal,
    /// The question that the matrix was asked.
    pub question: Question,
}

impl Verdict {
    /// Asks the rules.
    #[must_use]
    pub fn of(ticket: &NewTicket, s: &Surroundings<'_>) -> Self {
        let channel = ticket.channel.unwrap_or(s.channel);
        let mut decision = s.triage.decide(&Submission {
            subject: &ticket.subject,
            body: &ticket.body,
            channel,
            ticket_type: ticket.ticket_type,
            service: ticket.service.as_deref(),
            tags: &ticket.tags,
            evidence: ticket.evidence.iter().map(|item| (item.kind, item.text.as_str())).collect(),
            category: ticket.category,
            severity: ticket.severity,
            impact: ticket.impact,
        });
        if let Some(scope) = ticket.scope {
            decision.overrule_scope(scope);
        }
        let question = question(&decision, channel);
        Self { proposal: s.matrix.matrix.propose(&question), decision, question }
    }

    /// The classification that follows.
    #[must_use]
    pub const fn classification(&self) -> Classification {
        classification(&self.decision)
    }
}

/// The classification that a decision amounts to.
#[must_use]
pub const fn classification(decision: &Decision) -> Classification {
    Classification {
        category: decision.category.value,
        severity: decision.severity.value,
        impact: decision.impact.value,
        priority: decision.priority,
        ticket_type: decision.ticket_type.value,
        scope: decision.scope.value,
        needs_review: decision.needs_review,
    }
}

/// The scope that is acted on: a ticket is turned away only where triage is
/// sure; a doubtful one stays with the desk, for review.
#[must_use]
pub const fn acted_on(decision: &Decision) -> Scope {
    if decision.refusal { decision.scope.value } else { Scope::InScope }
}

/// What the matrix is asked about a decision.
#[must_use]
pub const fn question(decision: &Decision, channel: Channel) -> Question {
    Question {
        category: decision.category.value,
        scope: acted_on(decision),
        out_of_scope_persona: decision.scope.persona,
        severity: decision.severity.value,
        priority: decision.priority,
        channel,
        ticket_type: decision.ticket_type.value,
        situation: None,
    }
}
