//! The one test binary.

mod contract;
mod domain;
mod embedded;
mod api;
mod domain;
