//! The interface as its clients see it, over TCP.

mod clock;
mod commands;
mod external;
mod framework;
mod health;
mod kpi;
mod sla;
mod start;
mod tenancy;
