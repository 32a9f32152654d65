//! The rules of the desk.

mod triage;
