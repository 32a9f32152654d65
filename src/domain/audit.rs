//! Acts that are recorded for later questions.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::id::KeyId;
use super::vocabulary::Role;

/// An administrative or privileged act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its identifier.
    pub id: Uuid,
    /// When it was done.
    pub at: Timestamp,
    /// In which role.
    pub actor: Role,
    /// With which key; none on the command line.
    pub key: Option<KeyId>,
    /// What was done, `thing.verb`.
    pub action: &'static str,
    /// To what.
    pub target: Option<Uuid>,
    /// Facts about it; no personal text, no secret.
    pub detail: Value,
}
