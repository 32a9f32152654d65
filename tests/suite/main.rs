//! The one test binary.

mod api;
mod domain;
