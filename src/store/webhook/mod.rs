//! Endpoints that are told what happened, what they are told, and how that went.

pub mod attempt;
pub mod delivery;
pub mod endpoint;
pub mod queue;
