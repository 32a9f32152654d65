//! Why a use case did not do what was asked.

use crate::domain::escalation;
use crate::domain::ticket::Refusal;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Status;
use crate::store;

/// A use case that ended without effect.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tenant has no such thing.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The input is wrong in these places.
    #[error("invalid input in {} places", .0.len())]
    Invalid(Vec<Violation>),
    /// The ticket's state does not allow it.
    #[error("a ticket that is {from} cannot become {to}")]
    IllegalTransition {
        /// The state it is in.
        from: Status,
        /// The state that was wanted.
        to: Status,
        /// The states it could go to now.
        allowed: Vec<Status>,
    },
    /// The state of the escalation does not allow it.
    #[error(transparent)]
    IllegalStep(#[from] escalation::IllegalTransition),
    /// Something stands against it as things are.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The ticket has changed since the caller read it.
    #[error("the ticket is at another version")]
    VersionMismatch,
    /// The Idempotency-Key came with another request before.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with the same Idempotency-Key is still running, or was until a
    /// moment ago.
    #[error("a request with the same idempotency key is still running")]
    StillRunning,
    /// Too much of the same is being done; worth another try.
    #[error("{0}")]
    Busy(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A defect; the text is for the log alone.
    #[error("defect: {0}")]
    Defect(String),
}

impl Error {
    /// Whether it says something about the request, and not about the moment.
    pub(super) const fn is_refusal(&self) -> bool {
        match self {
            Self::StillRunning | Self::Busy(_) | Self::Defect(_) => false,
            Self::Store(error) => matches!(error, store::Error::Constraint { .. }),
            _ => true,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::IllegalTransition { from, to, allowed } => Self::IllegalTransition { from, to, allowed },
            Refusal::IllegalStep(illegal) => Self::IllegalStep(illegal),
            Refusal::Conflict(why) => Self::Conflict(why),
            Refusal::Invalid(violations) => Self::Invalid(violations),
        }
    }
}

impl Error {
    /// One fault of the input.
    pub(super) fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(pointer, code, detail)])
    }
}
