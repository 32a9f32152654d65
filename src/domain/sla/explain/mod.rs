//! The clocks of a made-up case, told step by step: one calendar, free
//! priority names, targets in business minutes.

mod answer;
mod case;
mod question;

pub use self::answer::{Answer, Step, ToldSegment};
pub use self::question::{Event, EventId, Promise, Question, RuleWords, Ticket};

use crate::domain::violation::Violation;

/// Replays a made-up case. Violations point into the question; their codes are
/// `invalid_instant`, `unknown_word`, `required`, `invalid_target`,
/// `too_many`, `before_creation`, or those of a calendar under `/calendar`.
pub fn explain(question: Question) -> Result<Answer, Vec<Violation>> {
    Ok(answer::tell(&case::read(question)?))
}
