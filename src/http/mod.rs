//! The HTTP interface.

pub mod etag;
pub mod extract;
pub mod problem;
pub mod problem_kind;
