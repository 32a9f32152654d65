//! A made-up past of a desk: what people wrote, and what became of it, for
//! demonstrations and measurements.
//!
//! Only what people and machines do is made up, drawn by [`Dice`]. What follows from it is what would have followed: tickets are
//! opened, answered, handed over, resolved and merged by the rules that hold for
//! all others, and what time brings comes from the same agenda.

mod calendar;
mod cast;
mod dice;
mod handing;
mod matter;
mod plot;
mod stage;
mod ticket;

pub use calendar::Season;
pub use cast::{Cast, Colleague, colleagues, requesters};
pub use dice::Dice;
pub use plot::Story;
pub use stage::{Ids, World};
pub use ticket::Told;
