//! A decision of triage as it is kept and shown.

use std::collections::BTreeMap;

use crate::domain::ticket::record::{Explained, TriageRecord};
use crate::domain::triage::{Decision, Field};
use crate::domain::vocabulary::DecidedBy;

/// The record of a decision, field by field.
#[must_use]
pub fn triage_record(decision: &Decision) -> TriageRecord {
    let priority = Explained {
        value: decision.priority.to_string(),
        confidence: rounded(decision.severity.confidence.min(decision.impact.confidence)),
        decided_by: DecidedBy::Rule,
        reasons: vec![format!(
            "The priority matrix gives {} for severity {} and impact {}.",
            decision.priority, decision.severity.value, decision.impact.value
        )],
    };
    let scope = Explained {
        value: decision.scope.value.to_string(),
        confidence: rounded(decision.scope.confidence),
        decided_by: decision.scope.decided_by,
        reasons: decision.scope.reasons.clone(),
    };
    let fields = BTreeMap::from([
        ("category".to_owned(), explained(&decision.category)),
        ("severity".to_owned(), explained(&decision.severity)),
        ("impact".to_owned(), explained(&decision.impact)),
        ("type".to_owned(), explained(&decision.ticket_type)),
        ("language".to_owned(), explained(&decision.language)),
        ("priority".to_owned(), priority),
        ("scope".to_owned(), scope),
    ]);
    TriageRecord {
        fields,
        scope: decision.scope.value,
        needs_review: decision.needs_review,
        version: decision.rules_version.clone(),
    }
}

fn explained<T: ToString>(field: &Field<T>) -> Explained {
    Explained {
        value: field.value.to_string(),
        confidence: rounded(field.confidence),
        decided_by: field.decided_by,
        reasons: field.reasons.clone(),
    }
}

/// Three digits: more would only look exact, and short decimals come back from
/// the database as they went in.
fn rounded(confidence: f64) -> f64 {
    (confidence * 1000.0).round() / 1000.0
}
