//! What time alone brings to a ticket: each thing with its instant, decided
//! anew whenever it is looked at, so that nothing planned can become wrong.
//!
//! A ticket has one timer, for the first instant on its agenda. Whoever works
//! on it does what is due in the order of the instants, looks again after each,
//! and sets the timer to what comes next.

mod ending;
mod hand_over;
mod promise;
mod survey;

use jiff::{SignedDuration, Timestamp};

use super::sla::{Clocks, Metric};
use super::ticket::record::Escalation;
use super::ticket::{Event, Ticket};

/// How long things last when nobody does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// A ticket that waits for its requester for so long is resolved without
    /// an answer; none: never.
    pub unanswered: Option<SignedDuration>,
    /// A resolved ticket is closed when it can't come back any more.
    pub closes: bool,
    /// So long after the resolution the requester is asked how it was; none:
    /// never.
    pub survey: Option<SignedDuration>,
}

/// A ticket and what its agenda follows from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// How it stands.
    pub ticket: &'a Ticket,
    /// Its whole history.
    pub history: &'a [Event],
    /// Its hand-overs.
    pub escalations: &'a [Escalation],
    /// Its promises.
    pub clocks: &'a Clocks,
    /// How long things last.
    pub terms: &'a Terms,
    /// When the next step of its ladders may be taken.
    pub step_at: Option<Timestamp>,
}

/// One thing that time brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A promise is broken, which is to be recorded.
    Breach {
        /// Which promise.
        metric: Metric,
        /// Which one of its kind, from 1.
        cycle: u32,
        /// What the breach is stamped with.
        stamp: Timestamp,
    },
    /// An acknowledgement ends: what it was given for waits again.
    AcknowledgementEnded,
    /// The requester has not answered for too long: it is resolved.
    Unanswered,
    /// It cannot come back any more: it ends.
    Close,
    /// The requester is asked how it was.
    Survey,
    /// A step of a ladder is taken.
    Step,
}

/// The first thing on the agenda, with the instant from which it is due. Of
/// several at one instant the order is that of [`Item`].
#[must_use]
pub fn next(view: &View<'_>) -> Option<(Timestamp, Item)> {
    let step = view.step_at.map(|at| (at, Item::Step));
    let sources = [
        promise::breach(view),
        hand_over::acknowledgement(view),
        ending::unanswered(view),
        ending::close(view),
        survey::survey(view),
        step,
    ];
    // Of equals, `min_by_key` gives the first.
    sources.into_iter().flatten().min_by_key(|(at, _)| *at)
}

/// The first instant after `at` that Postgres can tell from it.
fn right_after(at: Timestamp) -> Timestamp {
    later(at, SignedDuration::from_micros(1))
}

/// Saturates at the end of time.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
