//! Ladders that climb by themselves: their policies, and what their steps do to
//! tickets.

mod book;
mod climb;
mod edit;
mod effect;
mod hand_over;
mod look;
mod press;

pub(super) use book::Rungs;
pub use edit::EditLadders;
pub use press::EscalateUp;
