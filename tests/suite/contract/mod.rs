//! What other programs and operators rely on.

mod clock;
mod config;
