//! The rules of the desk.

mod triage;
mod triage_laws;
