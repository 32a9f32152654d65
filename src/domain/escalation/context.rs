//! The context an escalation needs and what of it is there.

use crate::domain::vocabulary::EvidenceKind;

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
