//! The one test binary.

mod api;
mod contract;
mod domain;
mod domain;
mod embedded;
mod domain;
