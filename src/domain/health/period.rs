//! When reports are made by themselves, and which stretch of time each is about.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan as _};

use crate::domain::closed_list::closed_list;
use crate::domain::kpi::{Window, Zone};

closed_list! {
    /// How often a report is made.
    Cadence {
        /// Each day, on the date before.
        Daily = "daily",
        /// Once a week, on the seven dates before.
        Weekly = "weekly",
        /// On the first of each month, on the month before.
        Monthly = "monthly",
    }
}

/// When reports are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub cadence: Cadence,
    /// At which time of day.
    pub at: Time,
    /// On which day of the week, where it is once a week.
    pub weekday: Weekday,
    /// Where that is.
    pub zone: Zone,
}

impl Schedule {
    fn is_day(&self, date: Date) -> bool {
        match self.cadence {
            Cadence::Daily => true,
            Cadence::Weekly => date.weekday() == self.weekday,
            Cadence::Monthly => date.day() == 1,
        }
    }

    /// The first instant after `after` at which a report is due. A local time
    /// that is skipped moves forward by the gap; one that comes twice means the
    /// first. None: no instant can say it.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let mut date = self.zone.date(after);
        // Within two months there is a day of any cadence.
        for _ in 0..64 {
            let due = self.zone.instant(date.to_datetime(self.at)).filter(|due| *due > after);
            if let Some(due) = due.filter(|_| self.is_day(date)) {
                return Some(due);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The last instant up to `now` at which a report was due.
    #[must_use]
    pub fn last(&self, now: Timestamp) -> Option<Timestamp> {
        let mut date = self.zone.date(now);
        for _ in 0..64 {
            let due = self.zone.instant(date.to_datetime(self.at)).filter(|due| *due <= now);
            if let Some(due) = due.filter(|_| self.is_day(date)) {
                return Some(due);
            }
            date = date.yesterday().ok()?;
        }
        None
    }

    /// The stretch of time that a report is about which is due at an instant:
    /// whole dates up to the midnight before it.
    #[must_use]
    pub fn period(&self, due: Timestamp) -> Option<Window> {
        let end = self.zone.date(due);
        let begin = match self.cadence {
            Cadence::Daily => end.yesterday().ok()?,
            Cadence::Weekly => end.checked_sub(7.days()).ok()?,
            Cadence::Monthly => end.first_of_month().yesterday().ok()?.first_of_month(),
        };
        let end = if self.cadence == Cadence::Monthly { end.first_of_month() } else { end };
        let (from, to) = (self.zone.midnight(begin)?, self.zone.midnight(end)?);
        (from < to).then(|| Window { from, to, zone: self.zone.clone() })
    }
}
