//! What somebody typed into the form: it is shown to them again where it is
//! refused, so that nobody writes it twice.

use crate::http::problem::Problem;

/// What a form was filled in with, as far as it can be shown again.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The number that was chosen, from 1 to 5.
    pub(super) score: Option<u8>,
    /// The comment, as long as it is.
    pub(super) comment: String,
}

impl Typed {
    /// What a form sends.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, text) in form_urlencoded::parse(bytes) {
            match &*name {
                "score" => typed.score = text.parse().ok().filter(|score| (1..=5).contains(score)),
                // No page can hold a NUL.
                "comment" => typed.comment = text.replace("\r\n", "\n").replace('\0', ""),
                _ => {}
            }
        }
        typed
    }
}

/// An answer that is refused, with what was typed.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    pub(super) typed: Typed,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, typed: Typed::default() }
    }
}
