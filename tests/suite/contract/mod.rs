//! What the repository promises about itself, and what other programs and
//! operators rely on.

mod architecture;
mod child;
mod clock;
mod config;
mod listener;
mod operations;
mod repository;
mod shutdown;
mod statements;
mod telemetry;
