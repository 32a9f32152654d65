//! What of a ticket's history moves its clocks.

use jiff::Timestamp;

use super::rules::Rank;
use crate::domain::vocabulary::Status;

/// How a ticket began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// When it was created.
    pub at: Timestamp,
    /// Opened by an agent: the first response clock waits for the requester's
    /// first message.
    pub opened_by_agent: bool,
    /// Its priority at creation.
    pub priority: Rank,
    /// Its state at creation.
    pub status: Status,
}

/// One fact of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When it happened; before the opening means at the opening.
    pub at: Timestamp,
    /// Puts entries of one instant in order; equal ones keep the given order.
    pub order: i64,
    /// What happened.
    pub what: Happening,
}

/// The facts that clocks look at. Automatic messages and internal notes are
/// none of them; a note made public later is an agent's message at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// A person of the desk wrote to the requester.
    AgentMessage,
    /// The requester wrote.
    RequesterMessage,
    /// The ticket went into a state.
    Status(Status),
    /// The priority changed.
    Priority(Rank),
    /// Another policy applies from here on. Clocks keep their start and what
    /// they used; a policy without targets takes the promises away.
    Policy {
        /// Its place among the later policies that the history is read with.
        place: usize,
        /// The priority that changed with it, judged as one change.
        priority: Option<Rank>,
    },
    /// The ticket was merged into another: clocks that still count are
    /// cancelled, what comes later is ignored.
    Cancelled,
}
