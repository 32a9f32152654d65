//! The one test binary.

mod embedded;
