//! The interface as its clients see it, over TCP.

mod clock;
mod commands;
mod external;
mod faults;
mod framework;
mod health;
mod keys;
mod kpi;
mod rates;
mod sla;
mod start;
mod tenancy;
