//! The rules of the desk, without a database: laws and cases.

mod calendar;
mod checklist;
mod escalation;
mod sla;
mod template;
//! The rules, as pure functions.

mod fields;
mod json;
