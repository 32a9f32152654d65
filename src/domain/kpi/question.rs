//! What is asked for.

use jiff::Timestamp;
use serde::Serialize;

use super::definition::{Measure, Name};
use super::window::Window;
use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Category, Channel, Priority, TicketType};

closed_list! {
    /// What tickets are told apart by.
    Dimension {
        /// Their priority.
        Priority = "priority",
        /// Their category.
        Category = "category",
        /// The team whose queue they are in.
        Team = "team",
        /// The way they came in.
        Channel = "channel",
        /// Their type.
        Type = "type",
    }
}

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

impl Filter {
    /// By what it tells tickets apart.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        let asked = [
            (Dimension::Priority, self.priority.is_empty()),
            (Dimension::Category, self.category.is_empty()),
            (Dimension::Team, self.team.is_empty()),
            (Dimension::Channel, self.channel.is_empty()),
            (Dimension::Type, self.ticket_type.is_empty()),
        ];
        asked.into_iter().filter(|(_, nothing)| !nothing).map(|(dimension, _)| dimension).collect()
    }
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
    /// In which groups; none: as one.
    pub group_by: Vec<Dimension>,
    /// By which duration.
    pub measure: Measure,
    /// The instant at which it is asked.
    pub now: Timestamp,
    /// No end was given: the window reaches to `now`, whenever that is.
    pub open: bool,
    /// Nor a beginning: the window moves along.
    pub slides: bool,
}

impl Question {
    /// Whether any of the numbers rests on tickets.
    #[must_use]
    pub fn is_of_tickets(&self) -> bool {
        self.names.iter().any(|name| name.is_of_tickets())
    }
}
