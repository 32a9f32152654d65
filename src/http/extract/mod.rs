//! What a handler takes from a request. Every refusal is a
//! [`Problem`](crate::http::problem::Problem).

pub mod body;
pub mod caller;
pub mod command;
pub mod cursor;
pub mod event;
pub mod idempotency;
pub mod items;
pub mod path;
pub mod preconditions;
pub mod query;

pub use body::{Body, MergePatch};
pub use caller::{Operator, Permit};
pub use command::Command;
pub use cursor::{Page, Paging};
pub use idempotency::IdempotencyKey;
pub use items::Items;
pub use path::Path;
pub use preconditions::{IfMatch, IfNoneMatch};
pub use query::{FromQuery, Parameters, Query};
