//! The use cases: one function, one transaction. No SQL, no HTTP.

mod caller;
mod case;
mod desk;
mod error;
pub mod escalate;
mod execution;
pub mod key;
pub mod kpi;
pub mod life;
pub mod open;
mod promise;
pub mod read;
mod registry;
pub mod retriage;
pub mod tenant;
pub mod watch;
pub mod write;

pub use caller::Caller;
pub use desk::{Desk, Rulebook};
pub use error::Error;
pub use execution::{Outcome, Retry, UseCase, Work};
