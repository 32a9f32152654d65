//! API keys: who a caller is and what they may do.

use jiff::Timestamp;

use super::id::{AgentId, KeyId, TenantId};
use super::vocabulary::Role;

/// A key as it is listed; its secret is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its identifier.
    pub id: KeyId,
    /// What it may do.
    pub role: Role,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to recognise it by.
    pub hint: String,
    /// The agent it acts as; agent, lead and admin keys only.
    pub agent: Option<AgentId>,
    /// Browser origins it may be used from; empty: none is checked.
    pub origins: Vec<String>,
    /// It belongs to whoever runs the install and may create tenants.
    pub creates_tenants: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it was ended, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A key that was found by its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// Its tenant; none for operators.
    pub tenant: Option<TenantId>,
    /// Its identifier.
    pub id: KeyId,
    /// What it may do.
    pub role: Role,
    /// Its name for people.
    pub name: String,
    /// The agent it acts as.
    pub agent: Option<AgentId>,
    /// Browser origins it may be used from.
    pub origins: Vec<String>,
    /// It may create tenants.
    pub creates_tenants: bool,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it was ended, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Key {
    /// Whether it may still be used.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.expires_at.is_none_or(|at| now < at)
    }
}

impl FoundKey {
    /// Whether it may still be used.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.expires_at.is_none_or(|at| now < at)
    }
}
