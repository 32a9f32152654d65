//! The ways out of the service.

pub mod folder;
