//! What is asked for.

use jiff::Timestamp;
use serde::Serialize;

use super::definition::{Measure, Name};
use super::window::Window;
use crate::domain::vocabulary::{Category, Channel, Priority, TicketType};

/// Which tickets are looked at, by what they are now. An empty list asks
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Filter {
    /// Of one of these priorities.
    pub priority: Vec<Priority>,
    /// Of one of these categories.
    pub category: Vec<Category>,
    /// In the queue of one of these teams.
    pub team: Vec<String>,
    /// That came in one of these ways.
    pub channel: Vec<Channel>,
    /// Of one of these types.
    pub ticket_type: Vec<TicketType>,
}

/// A question about how well the desk does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which numbers are wanted.
    pub names: Vec<Name>,
    /// When.
    pub window: Window,
    /// Of which tickets.
    pub filter: Filter,
    /// By which duration.
    pub measure: Measure,
    /// The instant at which it is asked.
    pub now: Timestamp,
}
