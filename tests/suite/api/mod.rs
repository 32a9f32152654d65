//! The interface as its clients see it, over TCP.

mod clock;
mod commands;
mod external;
mod framework;
mod health;
mod kpi;
mod sla;
mod faults;
mod framework;
mod health;
mod keys;
mod rates;
mod start;
mod tenancy;
