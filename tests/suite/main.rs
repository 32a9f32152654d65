//! The one test binary.

mod api;
mod contract;
mod domain;
mod embedded;
mod faults;
mod fuzz;
mod harness;
mod store;
mod worker;
