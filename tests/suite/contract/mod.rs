//! What other programs and operators rely on.

mod child;
mod clock;
mod config;
mod listener;
mod shutdown;
mod telemetry;
//! What the repository promises about itself.

mod architecture;
mod repository;
