//! The rules of the desk, without a database.

mod escalation;
