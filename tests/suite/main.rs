//! The one test binary.

mod domain;
