//! What the repository promises about itself.

mod architecture;
mod repository;
