//! What tickets contribute to numbers, and the sums of it.

pub mod cube;
pub mod delta;
pub mod drill;
pub mod entry;
pub mod target;
