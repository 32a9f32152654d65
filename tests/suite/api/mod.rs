//! The interface as its clients see it, over TCP.

mod clock;
mod escalation;
mod commands;
mod external;
mod framework;
mod hangup;
mod health;
mod intake;
mod life;
mod list;
mod model;
mod repeat;
mod kpi;
mod sla;
mod start;
mod tenancy;
mod triage;
