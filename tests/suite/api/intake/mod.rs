//! Taking tickets in.

mod complete;
mod examples;
mod faults;
mod form;
mod syntax;
