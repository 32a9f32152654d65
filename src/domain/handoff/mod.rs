//! Handoffs: summaries of tickets that need people above first level at once.

mod text;

use jiff::{SignedDuration, Timestamp};

pub use text::{Brief, summary, text};

use super::closed_list::closed_list;
use super::id::{HandoffId, TicketId};
use super::ticket::{Event, Fact, Ticket};
use super::vocabulary::{Impact, Priority, Severity};

closed_list! {
    /// Why a handoff was made.
    HandoffCause {
        /// The ticket's priority.
        Priority = "priority",
        /// How bad it is for how many.
        UserImpact = "user_impact",
        /// A step of a ladder.
        Ladder = "ladder",
        /// More handoffs than a window takes: it stands for the others.
        Storm = "storm",
    }
}

/// When handoffs are made by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Priorities of tickets that get one.
    pub priorities: Vec<Priority>,
    /// With `severities`: the impact of tickets that get one whatever their priority.
    pub impacts: Vec<Impact>,
    /// With `impacts`: their severity.
    pub severities: Vec<Severity>,
    /// How many files a tenant gets in a window; one more lists the others.
    pub most: i64,
    /// How long a window is; more than no time.
    pub window: SignedDuration,
}

impl Terms {
    /// Why a ticket is to have a handoff; none: it is not, or has one already,
    /// whatever that was made for.
    #[must_use]
    pub fn call_for(&self, ticket: &Ticket, history: &[Event]) -> Option<HandoffCause> {
        // A step of a ladder would have nothing to add either.
        if ticket.spam || !ticket.is_unresolved() || is_made(history, HandoffCause::Ladder) {
            return None;
        }
        let class = ticket.classification;
        if self.priorities.contains(&ticket.priority()) {
            Some(HandoffCause::Priority)
        } else {
            let complex = self.impacts.contains(&class.impact) && self.severities.contains(&class.severity);
            complex.then_some(HandoffCause::UserImpact)
        }
    }

    /// When the window of an instant began. Windows follow each other from
    /// 1970-01-01T00:00:00Z on.
    #[must_use]
    pub fn window_of(&self, at: Timestamp) -> Timestamp {
        let length = self.window.as_secs().max(1);
        let second = at.as_second();
        Timestamp::from_second(second - second.rem_euclid(length)).unwrap_or(at)
    }
}

/// Whether a handoff of this cause was made; a step of a ladder has nothing to
/// add to one of any cause.
#[must_use]
pub fn is_made(history: &[Event], cause: HandoffCause) -> bool {
    let same = |made: HandoffCause| made == cause || cause == HandoffCause::Ladder;
    history.iter().any(|event| matches!(&event.fact, Fact::HandoffMade { cause: made, .. } if same(*made)))
}

/// A handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// Its identifier.
    pub id: HandoffId,
    /// Its ticket; none: it stands for several.
    pub ticket: Option<TicketId>,
    /// Why it was made.
    pub cause: HandoffCause,
    /// When.
    pub created_at: Timestamp,
    /// When the window began that it stands for; only of one for several.
    pub window: Option<Timestamp>,
    /// The one for several that stands for it; it has no file of its own then.
    pub summarised_in: Option<HandoffId>,
    /// What it says, Markdown; none: one for several whose window is not over.
    pub document: Option<String>,
    /// The name of its file; none: not chosen yet.
    pub file_name: Option<String>,
    /// When its file was written.
    pub written_at: Option<Timestamp>,
    /// Why its file could not be written the last time.
    pub failure: Option<String>,
}

/// The name of a handoff's file: the instant it was made at to the second, and
/// from the second file of that second on which one it is. All of them end with
/// `_handoff.md`.
#[must_use]
pub fn file_name(made: Timestamp, place: u32) -> String {
    let stamp = made.strftime("%Y%m%dT%H%M%SZ");
    if place <= 1 { format!("{stamp}_handoff.md") } else { format!("{stamp}-{place}_handoff.md") }
}
