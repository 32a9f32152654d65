//! Faults of what the service stands on.

mod failover;
mod pooler;
