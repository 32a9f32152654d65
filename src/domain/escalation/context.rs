//! The context an escalation needs, what of it is there, and who can be asked.

use crate::domain::vocabulary::{EvidenceKind, Persona};

/// The required kinds that are not among the evidence, in the order they are
/// required, each once. Empty when the context is complete.
#[must_use]
pub fn missing(required: &[EvidenceKind], have: &[EvidenceKind]) -> Vec<EvidenceKind> {
    let mut missing = Vec::new();
    for kind in required {
        if !have.contains(kind) && !missing.contains(kind) {
            missing.push(*kind);
        }
    }
    missing
}

/// Whether whoever reported something can be expected to know it. What the
/// monitors say, and what nobody has a name for, only the desk can find out.
#[must_use]
pub const fn requester_may_know(kind: EvidenceKind) -> bool {
    !matches!(kind, EvidenceKind::SystemMetrics | EvidenceKind::Other)
}

/// What is missing, split into what the requester is asked for and what the
/// desk has to find itself. A machine that reported something answers nobody.
#[must_use]
pub fn addressees(missing: &[EvidenceKind], by_machine: bool) -> (Vec<EvidenceKind>, Vec<EvidenceKind>) {
    missing.iter().partition(|kind| !by_machine && requester_may_know(**kind))
}

/// The internal note that tells the desk what a persona needs.
#[must_use]
pub fn note(persona: Persona, missing: &[EvidenceKind]) -> String {
    let kinds: Vec<&str> = missing.iter().map(|kind| kind.as_str()).collect();
    format!(
        "The escalation to {persona} still needs {}. Attach it to the ticket as evidence of that kind; \
         the escalation goes on by itself when it is there.",
        kinds.join(", ")
    )
}
