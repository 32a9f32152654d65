//! The interface as its clients see it, over TCP.

mod agenda;
mod batch;
mod calendar;
mod clock;
mod commands;
mod escalation;
mod external;
mod faults;
mod framework;
mod hangup;
mod health;
mod intake;
mod keys;
mod kpi;
mod life;
mod list;
mod model;
mod patch;
mod rates;
mod repeat;
mod sla;
mod sla_book;
mod sla_lists;
mod start;
mod tenancy;
mod triage;
