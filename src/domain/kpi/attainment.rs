//! How many promises were kept.

use std::collections::BTreeMap;

use serde::Serialize;

use super::definition::Exclusion;
use super::statistics::share;
use crate::domain::closed_list::closed_list;
use crate::domain::sla::Metric;
use crate::domain::vocabulary::Priority;

/// The definition in words.
pub const ATTAINMENT: &str = "Of the n clocks decided in the window, the share that was met: met / (met + breached), \
    per metric and priority. Met: stopped in the window, in time. Breached: a breach stamped in the window, \
    whether or not the clock has stopped since; a deadline that passed is a breach stamped with the deadline, \
    whether or not anything ran. A clock that is reopened within its target counts again when it stops again. No \
    target. Left out and counted in excluded: merged (clocks of tickets that were merged into another, decided \
    in the window or cancelled by the merge in it, breaches among them), spam (clocks of tickets with the tag \
    spam), cancelled (clocks of tickets that were \
    closed in the window, neither met nor breached, or whose promise had been withdrawn before either). \
    Priorities and filters look at tickets as they are now.";

closed_list! {
    /// What became of a clock.
    Outcome {
        /// Stopped in time.
        Kept = "kept",
        /// Late.
        Breached = "breached",
        /// Left out: its ticket was merged into another.
        Merged = "merged",
        /// Left out: neither kept nor missed.
        Cancelled = "cancelled",
        /// Left out: its ticket is no request at all.
        Spam = "spam",
    }
}

/// Clocks that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// What was promised.
    pub metric: Metric,
    /// On tickets of which priority.
    pub priority: Priority,
    /// What became of it.
    pub outcome: Outcome,
    /// How many they are.
    pub n: u64,
}

/// Promises kept and broken. Two of them add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Kept {
    /// In time.
    pub kept: u64,
    /// Late.
    pub breached: u64,
    /// Left out as of merged tickets.
    pub merged: u64,
    /// Left out as undecided.
    pub cancelled: u64,
    /// Left out as of no request at all.
    pub spam: u64,
}

impl Outcome {
    /// Why clocks of it are left out, if they are.
    #[must_use]
    pub const fn exclusion(self) -> Option<Exclusion> {
        match self {
            Self::Kept | Self::Breached => None,
            Self::Merged => Some(Exclusion::Merged),
            Self::Cancelled => Some(Exclusion::Cancelled),
            Self::Spam => Some(Exclusion::Spam),
        }
    }
}

impl Kept {
    /// Counts clocks in.
    pub fn add(&mut self, outcome: Outcome, n: u64) {
        let count = match outcome {
            Outcome::Kept => &mut self.kept,
            Outcome::Breached => &mut self.breached,
            Outcome::Merged => &mut self.merged,
            Outcome::Cancelled => &mut self.cancelled,
            Outcome::Spam => &mut self.spam,
        };
        *count += n;
    }

    /// How many clocks count.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.kept + self.breached
    }

    /// The share that was kept, 0 to 1; none of nothing.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        share(self.kept, self.n())
    }
}

/// Attainment, per metric and priority with their sums.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Attainment {
    /// Over everything.
    pub overall: Kept,
    /// Over each metric, and within it each priority; all of them are there.
    pub metrics: BTreeMap<Metric, (Kept, BTreeMap<Priority, Kept>)>,
}

impl Attainment {
    /// Sums up.
    #[must_use]
    pub fn of(groups: &[Decided]) -> Self {
        let cells = || Priority::ALL.iter().map(|priority| (*priority, Kept::default())).collect();
        let metrics = Metric::ALL.iter().map(|metric| (*metric, (Kept::default(), cells())));
        let mut attainment = Self { overall: Kept::default(), metrics: metrics.collect() };
        for Decided { metric, priority, outcome, n } in groups {
            attainment.overall.add(*outcome, *n);
            let (sum, cells) = attainment.metrics.entry(*metric).or_default();
            sum.add(*outcome, *n);
            cells.entry(*priority).or_default().add(*outcome, *n);
        }
        attainment
    }
}
