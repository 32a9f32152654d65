//! The rules of the desk, without a database.

mod checklist;
mod escalation;
mod template;
