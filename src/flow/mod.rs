//! The use cases: one function, one transaction. No SQL, no HTTP.

pub mod batch;
mod book;
mod caller;
mod case;
mod desk;
pub mod edit;
mod error;
pub mod escalate;
mod execution;
pub mod key;
pub mod kpi;
pub mod ladder;
pub mod life;
pub mod merge;
pub mod open;
mod promise;
pub mod publish;
pub mod read;
mod registry;
mod repeat;
pub mod retriage;
pub mod sla_edit;
pub mod sla_move;
mod succession;
pub mod tenant;
pub mod watch;
pub mod write;

pub use caller::Caller;
pub use desk::{Desk, Rulebook};
pub use error::Error;
pub use execution::{Outcome, Retry, UseCase, Work};
