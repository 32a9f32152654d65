//! The rules of the desk, without a database.

mod checklist;
mod escalation;
mod template;
//! Laws and cases of the pure core.

mod calendar;
mod sla;
