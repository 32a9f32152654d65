//! Composition: what is made of the other parts.

pub mod listener;
