//! Escalation: to whom a ticket goes when first level hands it over, what that
//! persona needs to start work, and the life of the hand-over itself.

mod context;
mod edition;
pub mod ladder;
mod life;
mod matrix;
mod question;
mod reading;
mod route;
mod rule;

pub use context::{addressees, missing, note, requester_may_know};
pub use edition::{MatrixEdition, MatrixOrigin, MatrixVersion};
pub use life::{EscalationKind, EscalationState, IllegalTransition, Origin, advance};
pub use matrix::Matrix;
pub use question::{Question, Situation};
pub use route::{Proposal, Requirement, Route, RunnerUp};
pub use rule::{AcknowledgementTarget, AtCreation, Conditions, Destination, Direct, Rule};

use super::vocabulary::Persona;

/// The slug of the team that every ticket starts with.
pub const FIRST_LEVEL: &str = "first_level";

/// The slug of a persona's team: each persona has one team of its own name.
#[must_use]
pub const fn team_of(persona: Persona) -> &'static str {
    persona.as_str()
}
