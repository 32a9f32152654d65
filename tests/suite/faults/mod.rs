//! Faults of what the service stands on.

mod pooler;
