//! What is to become of a value that need not be there.

/// A change that was asked for, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<T> {
    /// Leave it as it is.
    Keep,
    /// Take it away.
    Clear,
    /// Put this in its place.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
