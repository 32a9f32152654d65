//! Hierarchical escalation: ladders that climb by themselves while a ticket
//! waits.
//!
//! A [`Policy`] is a snapshot. [`Plan::of`] tells every step it will take if
//! nothing else happens, [`decide`] whether a step that is due may be taken
//! now. Both look at the ticket as it is, so that a plan never outlives what it
//! was made from. A step's [`StepId`] follows from the policy and the ticket
//! alone: whoever computes it gets the same one, and a unique key on it makes
//! its effect happen once.

mod base;
mod book;
mod decision;
mod edition;
mod facts;
mod item;
mod outlook;
mod plan;
mod policy;
mod press;
mod reached;
mod reading;
mod standing;
mod step;
mod written;

pub use book::Book;
pub use decision::{Decision, Moot, decide, silenced};
pub use edition::{Edition, OWN, Policies};
pub use facts::{Acknowledgement, Change, Pending, Press, Situation};
pub use item::Item;
pub use outlook::{Outlook, Taken};
pub use plan::Plan;
pub use policy::{Action, Applies, Ladder, Level, Policy, Target, Trigger};
pub use press::{Pressed, Seen, press};
pub use reached::{Directory, Reached};
pub use standing::{Snapshot, Standing};
pub use step::{Done, Overtaken, Step, StepId, StepState};
