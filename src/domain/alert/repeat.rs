//! Repeats of an alert: each counts, few are told.

/// How many repeats are told each on its own.
const FEW: i32 = 10;

/// Whether the history tells that a ticket has reached this number of
/// occurrences: each of the first, then 20, 50, 100, 200, 500 and so on, so that
/// a sender that never rests costs a bounded history.
#[must_use]
pub const fn is_told(occurrences: i32) -> bool {
    let mut left = occurrences;
    while left > FEW && left % 10 == 0 {
        left /= 10;
    }
    occurrences <= FEW || matches!(left, 1 | 2 | 5 | 10)
}
