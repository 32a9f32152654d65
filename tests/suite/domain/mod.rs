//! The rules, as pure functions.

mod fields;
mod json;
