//! A ticket's life: its state as a fold over its history, and what may happen
//! next.

mod cause;
mod difference;
pub mod event;
pub mod hand_over;
pub mod life;
pub mod movement;
pub mod promise;
pub mod record;
pub mod refusal;
pub mod state;
pub mod tag;
pub mod watch;

pub use event::{Actor, Assignment, Classification, Event, Fact};
pub use refusal::Refusal;
pub use state::{Raised, Ticket};
pub use tag::is_spam;
