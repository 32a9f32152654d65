//! What is wrong with an input, place by place.

/// One fault of an input. Faults are collected, so that a caller sees all of
/// them at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901) to the place, `""` for the whole body.
    pub pointer: String,
    /// A stable word for programs, such as `required` or `too_long`.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl Violation {
    /// A fault at `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}
