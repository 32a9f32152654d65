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
