//! The stretches of time, up to now, that monitoring looks at.

use jiff::{SignedDuration, Timestamp};

use super::definition::{Measure, Name};
use super::question::{Filter, Question};
use super::window::{Bound, Bounds, WindowFault, Zone};
use crate::domain::closed_list::closed_list;

closed_list! {
    /// How far back from now.
    Period {
        /// The last 24 hours.
        Day = "1d",
        /// The last 30 days, 720 hours.
        Month = "30d",
    }
}

impl Period {
    /// How long it is.
    #[must_use]
    pub const fn extent(self) -> SignedDuration {
        match self {
            Self::Day => SignedDuration::from_hours(24),
            Self::Month => SignedDuration::from_hours(30 * 24),
        }
    }

    /// What is asked about all tickets in it at `now`, with what happened at
    /// this very instant.
    ///
    /// # Errors
    /// It begins before the first instant there is.
    pub fn question(self, names: Vec<Name>, now: Timestamp) -> Result<Question, WindowFault> {
        let from = now.checked_sub(self.extent()).map_err(|_| WindowFault::OutOfRange)?;
        let bounds = Bounds { from: Some(Bound::Instant(from)), to: None, zone: Zone::utc() };
        Ok(Question {
            names,
            window: bounds.window(now)?,
            filter: Filter::default(),
            group_by: Vec::new(),
            measure: Measure::Business,
            now,
            open: true,
            slides: false,
        })
    }
}
