//! What the desk has beside its rules: how long things last, and later ways out.

use super::webhook;
use crate::domain::agenda::Terms;

/// Settings of the desk, checked.
#[derive(Debug, Clone)]
pub struct Means {
    /// How long tickets wait for what nobody does.
    pub terms: Terms,
    /// How other systems are told what happened.
    pub webhooks: webhook::Settings,
}
