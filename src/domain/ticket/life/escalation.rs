//! Hand-overs, and the material that they need.

use super::{begun, unless_final, unless_resolved};
use crate::domain::id::{EscalationId, EvidenceId};
use crate::domain::ticket::event::Fact;
use crate::domain::ticket::refusal::Refusal;
use crate::domain::ticket::state::Ticket;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{EvidenceKind, Persona};

/// A hand-over as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Its identifier.
    pub escalation: EscalationId,
    /// To whom.
    pub persona: Persona,
    /// Into which queue.
    pub team: String,
    /// By which row of the matrix.
    pub rule: String,
    /// The service does it by itself.
    pub automatic: bool,
    /// What it needs that the ticket does not have.
    pub missing_context: Vec<EvidenceKind>,
    /// Whether only those named may see the ticket from then on.
    pub restricted: bool,
}

/// A hand-over out of first level. A person who leaves out context is refused;
/// an automatic one is made all the same and marked incomplete.
pub fn escalate(ticket: &Ticket, hand_over: HandOver) -> Result<Vec<Fact>, Refusal> {
    unless_resolved(ticket)?;
    let HandOver { escalation, persona, team, rule, automatic, missing_context, restricted } = hand_over;
    if !automatic && !missing_context.is_empty() {
        return Err(Refusal::Invalid(missing_context.iter().map(|kind| missing(*kind, persona)).collect()));
    }
    let mut facts =
        vec![Fact::Escalated { escalation, persona, team, rule, automatic, missing_context, restricted }];
    facts.extend(begun(ticket));
    Ok(facts)
}

fn missing(kind: EvidenceKind, persona: Persona) -> Violation {
    Violation::new(
        format!("/context/{kind}"),
        "required",
        format!("{persona} needs `{kind}`: give it here, or attach it to the ticket as evidence"),
    )
}

/// Material, and the hand-overs that it completes.
pub fn add_evidence(
    ticket: &Ticket,
    items: &[(EvidenceId, EvidenceKind)],
    waiting: &[(EscalationId, Vec<EvidenceKind>)],
) -> Result<Vec<Fact>, Refusal> {
    unless_final(ticket)?;
    let added = items
        .iter()
        .map(|(evidence, kind)| Fact::EvidenceAdded { evidence: *evidence, evidence_kind: *kind });
    let completed = waiting.iter().filter_map(|(escalation, missing)| {
        let left: Vec<_> =
            missing.iter().copied().filter(|kind| !items.iter().any(|(_, came)| came == kind)).collect();
        (left.len() < missing.len())
            .then_some(Fact::EscalationContextAdded { escalation: *escalation, missing_context: left })
    });
    Ok(added.chain(completed).collect())
}
