//! The one test binary.

mod contract;
mod domain;
mod embedded;
