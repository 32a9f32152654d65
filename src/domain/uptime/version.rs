//! Which state is known of services.

use jiff::Timestamp;

/// Names the state of what is known of services before an instant. Equal ones
/// mean that nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// How often outages, maintenance and the choice of monitors have changed.
    pub changes: i64,
    /// Names how far each monitor has looked.
    pub seen: i64,
    /// When something was seen or said last.
    pub as_of: Option<Timestamp>,
}
