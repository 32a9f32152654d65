//! What waits to be resolved, by how long it has waited.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cube::Part;
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

/// Unresolved tickets that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Of which kind.
    pub part: Part,
    /// In which state.
    pub status: Status,
    /// How old.
    pub age: Age,
    /// How many they are.
    pub n: u64,
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
        let open = [Status::New, Status::Open, Status::Pending, Status::OnHold];
        let mut backlog = Self {
            by_state: open.into_iter().map(|status| (status, 0)).collect(),
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
