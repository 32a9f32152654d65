//! `support-engineer`: the production-support desk of the BIS solution as one
//! HTTP service. The binary is thin; everything is here so that tests can
//! reach it.
//!
//! Data flows one way: `app` composes, `http` speaks to the world, `flow` runs
//! one use case in one transaction, `store` owns the SQL, `domain` owns the
//! rules and knows nothing of the others.

pub mod app;
pub mod clock;
pub mod config;
pub mod domain;
pub mod embedded;
pub mod flow;
pub mod http;
pub mod outbound;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod worker;
