//! The button that starts the manual ladder.

use jiff::Timestamp;

use super::facts::Press;

/// What somebody had seen of a ticket when they asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Its state at this version, everything up to this place of its history.
    Version(i64),
    /// What was there before this instant.
    At(Timestamp),
}

impl Seen {
    fn holds(self, press: &Press) -> bool {
        match self {
            Self::Version(version) => press.place <= version,
            // At one instant two people have not seen each other.
            Self::At(at) => press.at < at,
        }
    }
}

/// What a press of the button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It starts the ladder.
    Starts,
    /// Somebody had pressed it since the caller looked, or what came of the last
    /// press is still to come; that press, at this place of the history, stands
    /// for this one too.
    Already(i64),
}

/// What a press means after these presses, in order. Two people who looked at
/// the same ticket escalate once; one who has seen the first press and presses
/// again escalates again. Who does not say what they have `seen` escalates once
/// more only when the ladder of the last press has no step to come (`climbs`).
#[must_use]
pub fn press(presses: &[Press], seen: Option<Seen>, climbs: bool) -> Pressed {
    let before = match seen {
        Some(seen) => presses.iter().find(|press| !seen.holds(press)),
        None => presses.last().filter(|_| climbs),
    };
    before.map_or(Pressed::Starts, |press| Pressed::Already(press.place))
}
