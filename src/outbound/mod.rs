//! The way out: the only clients of other machines.

pub mod mail;
