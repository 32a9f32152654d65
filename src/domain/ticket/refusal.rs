//! Why a ticket does not do what was asked of it.

use crate::domain::escalation;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Status;

/// A request that a ticket refuses as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    IllegalTransition {
        /// The state it is in.
        from: Status,
        /// The state that was wanted.
        to: Status,
        /// The states it could go to now.
        allowed: Vec<Status>,
    },
    /// The state of a hand-over does not allow it.
    IllegalStep(escalation::IllegalTransition),
    /// It may not happen now, for this reason.
    Conflict(String),
    /// Something is missing or wrong in the request.
    Invalid(Vec<Violation>),
}

impl From<escalation::IllegalTransition> for Refusal {
    fn from(illegal: escalation::IllegalTransition) -> Self {
        Self::IllegalStep(illegal)
    }
}
