//! An alert that gets worse while its ticket is worked on.

use crate::domain::ticket::record::{Explained, TriageRecord};
use crate::domain::ticket::{Classification, Event, Fact};
use crate::domain::vocabulary::{DecidedBy, Severity};

/// Whether a person made the severity something else than it was; what alerts
/// say is then no longer asked.
#[must_use]
pub fn is_graded_by_person(history: &[Event]) -> bool {
    let mut severity: Option<Severity> = None;
    for event in history {
        match &event.fact {
            Fact::Opened { classification, .. } => severity = Some(classification.severity),
            Fact::Triaged { classification, decided_by, .. } => {
                let changed = severity != Some(classification.severity);
                if changed && *decided_by == DecidedBy::Human {
                    return true;
                }
                severity = Some(classification.severity);
            }
            _ => {}
        }
    }
    false
}

/// Writes to what triage decided that an alert got worse. What a sender says
/// explicitly survives another run of the rules, as what it said at first.
pub fn explain(triage: &mut TriageRecord, class: &Classification, reason: &str) {
    let Classification { severity, impact, priority, .. } = class;
    let said = Explained {
        value: severity.to_string(),
        confidence: 1.0,
        decided_by: DecidedBy::Human,
        reasons: vec![reason.to_owned()],
    };
    triage.fields.insert("severity".to_owned(), said);
    if let Some(derived) = triage.fields.get_mut("priority") {
        derived.value = priority.to_string();
        derived.reasons = vec![format!(
            "The priority matrix gives {priority} for severity {severity} and impact {impact}."
        )];
    }
}
