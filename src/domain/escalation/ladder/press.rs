//! The button that starts the manual ladder.

/// What a press of the button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It starts the ladder.
    Starts,
    /// Somebody had pressed it since the caller looked; that press, at this
    /// place of the history, stands for this one too.
    Already(i64),
}

/// What a press means for somebody who saw the ticket's history up to the place
/// `as_of`, after the presses at these places, in order. Two people who looked
/// at the same ticket escalate once; one who has seen the first press and
/// presses again escalates again.
#[must_use]
pub fn press(presses: &[i64], as_of: i64) -> Pressed {
    presses.iter().find(|place| **place > as_of).map_or(Pressed::Starts, |place| Pressed::Already(*place))
}
