//! Who asks.

use crate::domain::id::{AgentId, KeyId, TenantId};
use crate::domain::vocabulary::Role;

/// Somebody whose key is known and live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant all of it happens in.
    pub tenant: TenantId,
    /// Their key.
    pub key: KeyId,
    /// What they may do.
    pub role: Role,
    /// The agent they act as; agent, lead and admin only.
    pub agent: Option<AgentId>,
}

impl Caller {
    /// The service itself, by no key; it acts as nobody of the desk.
    #[must_use]
    pub const fn automation(tenant: TenantId) -> Self {
        Self { tenant, key: KeyId::new(uuid::Uuid::nil()), role: Role::Service, agent: None }
    }
}
