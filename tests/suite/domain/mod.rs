//! The rules of the desk, without a database: laws and cases.

mod calendar;
mod checklist;
mod escalation;
mod fields;
mod json;
mod calendar_laws;
mod sla;
mod template;
