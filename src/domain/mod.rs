//! The rules of the desk: pure functions and types, without I/O, clock or
//! framework. Time and identifiers always come in as parameters.

pub mod closed_list;
pub mod triage;
pub mod violation;
pub mod vocabulary;
