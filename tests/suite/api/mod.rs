//! The interface as its clients see it, over TCP.

mod clock;
mod escalation;
mod framework;
mod hangup;
mod health;
mod intake;
mod life;
mod list;
mod model;
mod repeat;
mod start;
mod tenancy;
mod triage;
