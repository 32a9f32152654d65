//! What is wrong with a set of triage rules.

/// One fault of a rule file. All faults are collected, so that an author sees
/// them at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {detail}")]
pub struct RuleFault {
    /// Where: `rule slow-page`, `matrix.high.team`, `thresholds`, or `file`.
    pub place: String,
    /// A sentence for the author.
    pub detail: String,
}

impl RuleFault {
    /// A fault at `place`.
    pub(super) fn new(place: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { place: place.into(), detail: detail.into() }
    }

    /// A fault of the rule `id`.
    pub(super) fn of_rule(id: &str, detail: impl Into<String>) -> Self {
        Self::new(format!("rule {id}"), detail)
    }
}
