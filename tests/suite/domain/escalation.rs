//! The escalation matrix, the context it asks for and the life of a hand-over.

mod choice;
mod life;
mod matrix;
mod reading;
mod step;
