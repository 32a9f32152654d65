//! What waits to be resolved, by how long it has waited.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::cube::{Board, Part};
use super::entry::WAITS;
use super::span::Range;
use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::Status;

closed_list! {
    /// How old an unresolved ticket is.
    Age {
        /// Less than a day.
        Today = "under_1_day",
        /// From one day to less than three.
        Days = "1_to_3_days",
        /// From three days to less than seven.
        Week = "3_to_7_days",
        /// From seven days to less than thirty.
        Month = "7_to_30_days",
        /// Thirty days and more.
        Older = "over_30_days",
    }
}

/// The ages at which a ticket goes on to the next of [`Age`], in hours.
pub const STEPS: [i64; 4] = [24, 72, 168, 720];

/// No ticket came in before: the beginning of the year 1.
const BEGINNING: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// Unresolved tickets that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Of which kind, as far as groups are told apart.
    pub part: Part,
    /// In which state.
    pub status: Status,
    /// How old.
    pub age: Age,
    /// How many they are.
    pub n: u64,
}

impl Age {
    /// When tickets came in that are of each age at `now`, from the oldest.
    #[must_use]
    pub fn windows(now: Timestamp) -> Vec<(Self, Range)> {
        let after = |at: Timestamp| at.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        let steps = STEPS.iter().rev().map(|hours| {
            let step = now.checked_sub(SignedDuration::from_hours(*hours)).unwrap_or(BEGINNING);
            after(step.max(BEGINNING))
        });
        let ends: Vec<Timestamp> = steps.chain([after(now)]).collect();
        let begins = std::iter::once(BEGINNING).chain(ends.iter().copied());
        let windows = begins.zip(ends.iter().copied());
        Self::ALL.iter().rev().copied().zip(windows).collect()
    }
}

impl Waiting {
    /// What waits by the boards of [`Age::windows`].
    #[must_use]
    pub fn of(boards: Vec<(Age, Board<'_>)>) -> Vec<Self> {
        let groups = boards
            .into_iter()
            .flat_map(|(age, board)| board.groups().into_iter().map(move |(part, cube)| (age, part, cube)));
        let waiting = groups.flat_map(|(age, part, cube)| {
            let cells: Vec<Self> = cube
                .cells()
                .filter_map(|(key, cell)| {
                    let (status, n) = (key.marks.waits()?, u64::try_from(cell.n).ok()?);
                    Some(Self { part: part.clone(), status, age, n })
                })
                .collect();
            cells
        });
        waiting.collect()
    }
}

/// How many tickets wait; all states and ages are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// By their state.
    pub by_state: BTreeMap<Status, u64>,
    /// By their age.
    pub by_age: BTreeMap<Age, u64>,
}

impl Backlog {
    /// Sums up those of one part.
    #[must_use]
    pub fn of<'w>(waiting: impl Iterator<Item = &'w Waiting>) -> (u64, Self) {
        let mut backlog = Self {
            by_state: WAITS.into_iter().map(|status| (status, 0)).collect(),
            by_age: Age::ALL.iter().map(|age| (*age, 0)).collect(),
        };
        let mut n = 0;
        for one in waiting {
            n += one.n;
            *backlog.by_state.entry(one.status).or_default() += one.n;
            *backlog.by_age.entry(one.age).or_default() += one.n;
        }
        (n, backlog)
    }
}
