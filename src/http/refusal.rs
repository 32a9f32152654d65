//! Why a use case said no, as a problem: the one match that gives statuses.

use crate::flow::Error;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::store::read::Error as StoreError;

/// Seconds after which what was away, or busy, is worth another try.
const AWAY: u64 = 2;

/// The problem that an error of a use case stands for. Defects are logged here,
/// once; nothing of them is sent.
#[must_use]
pub fn problem(error: Error) -> Problem {
    match error {
        Error::NotFound(what) => Problem::not_found(what),
        Error::Invalid(violations) => Problem::validation(violations),
        Error::IllegalTransition { from, to, allowed } => {
            let detail = format!("A ticket that is {from} cannot become {to}.");
            Problem::illegal_transition(detail, allowed)
        }
        Error::IllegalStep(illegal) => {
            let detail = format!("An escalation that is {} cannot become {}.", illegal.from, illegal.to);
            Problem::illegal_transition(detail, illegal.allowed)
        }
        Error::Conflict(why) => Problem::new(Kind::Conflict, sentence(&why)),
        Error::Forbidden(why) => Problem::forbidden(sentence(why)),
        Error::VersionMismatch => Problem::precondition_failed(),
        Error::KeyReused => Problem::idempotency_mismatch(),
        Error::StillRunning => Problem::idempotency_in_progress(),
        Error::Busy(why) => Problem::unavailable(sentence(why), AWAY),
        Error::Store(error) => of_store(&error),
        Error::Defect(detail) => {
            tracing::error!(%detail, "flow.defect");
            Problem::internal()
        }
    }
}

fn of_store(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(_) | StoreError::TimedOut(_) | StoreError::Conflicted(_) => {
            tracing::warn!(%error, "store.unavailable");
            Problem::unavailable("The database cannot answer at the moment.", AWAY)
        }
        StoreError::Crowded => Problem::unavailable("Too many requests of this tenant are waiting.", AWAY),
        StoreError::Constraint { name } => constraint(name),
        StoreError::BadRow { .. } | StoreError::Statement(_) | StoreError::LeaseLost => {
            tracing::error!(%error, "store.defect");
            Problem::internal()
        }
    }
}

/// The database decides uniqueness; the constraint's name says what it means.
fn constraint(name: &str) -> Problem {
    match name {
        "tickets_open_dedup_key" => {
            Problem::new(Kind::Conflict, "Another ticket is open under the same dedup_key.")
        }
        "escalations_open_persona" => {
            Problem::new(Kind::Conflict, "An escalation to this persona is open already.")
        }
        "agents_name_unique" => Problem::new(Kind::Conflict, "There is an agent of this name already."),
        "teams_pkey" => Problem::new(Kind::Conflict, "There is a team of this slug already."),
        "tenants_slug_unique" => Problem::new(Kind::Conflict, "There is a tenant of this slug already."),
        _ => {
            tracing::error!(constraint = name, "store.constraint.unexpected");
            Problem::internal()
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
