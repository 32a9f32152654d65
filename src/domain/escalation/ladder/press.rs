//! The button that starts the manual ladder.

use jiff::Timestamp;

/// What a press of the button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It starts the ladder.
    Starts,
    /// Somebody had pressed it since the caller looked; that press stands for
    /// this one too.
    Already(Timestamp),
}

/// What a press means for somebody who saw the ticket as of `as_of`, after the
/// presses in order. Two people who looked at the same ticket escalate once;
/// one who has seen the first press and presses again escalates again.
#[must_use]
pub fn press(presses: &[Timestamp], as_of: Timestamp) -> Pressed {
    presses.iter().find(|at| **at > as_of).map_or(Pressed::Starts, |at| Pressed::Already(*at))
}
