//! The only SQL. Every function takes a transaction that belongs to a tenant;
//! a pool never leaves this module.

pub mod audit;
pub mod clock;
mod connect;
mod error;
pub mod escalation;
pub mod evidence;
pub mod history;
pub mod idempotency;
pub mod key;
pub mod kpi;
pub mod ladder;
pub mod message;
pub mod migrate;
pub mod operator;
mod owner;
pub mod read;
pub mod record;
pub mod requester;
pub mod resolution;
mod row;
pub mod search;
pub mod sla_book;
pub mod sla_move;
pub mod sla_version;
pub mod succession;
pub mod tenancy;
pub mod tenant;
mod test_clock;
pub mod ticket;
pub mod watch;

pub use connect::{Settings, Store};
pub use error::Error;
pub use owner::Owner;
pub use tenancy::{TenantRead, TenantTx};
