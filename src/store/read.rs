//! What those who only look at the database may name.

pub use super::error::Error;
