//! The rules of the desk, without a database: laws and cases.

mod calendar;
mod checklist;
mod escalation;
mod sla;
mod template;
