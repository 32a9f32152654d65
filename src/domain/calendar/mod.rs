//! Business time: when a desk is open, as half-open stretches of instants.
//!
//! A calendar is a weekly pattern in the local time of an IANA zone, with
//! holidays, shifts (hours that replace those of a date) and breaks. All of
//! them act on local dates; an overnight interval means the same as its two
//! parts written on their two dates, so a holiday, a shift or a break on the
//! second date also changes the part after midnight.
//!
//! Time is counted in real microseconds between instants. Nothing walks over
//! days: sums are kept for stretches of about 22 years, each made when it is
//! first asked for, so a deadline decades ahead costs what one of tomorrow does.

mod era;
mod feed;
mod hours;
mod span;
mod spec;
mod zone;

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};

use self::era::{END_DAY, Era, FIRST_DAY};
use self::hours::Hours;
use self::span::Span;

pub use self::spec::{CalendarSpec, Interval};
pub(crate) use self::zone::{DAY, SECOND, Zone, instant as micros, timestamp};

/// The deadline lies beyond what timestamps can say, or the calendar does not
/// open often enough before that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is not that much business time before the end of the year 9999")]
pub struct BeyondHorizon;

/// When business time runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    spec: CalendarSpec,
    hours: Hours,
    zone: Zone,
    always: bool,
    eras: Box<[OnceLock<Box<Era>>]>,
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.spec == other.inner.spec
    }
}

impl Eq for Calendar {}

impl Calendar {
    fn new(spec: CalendarSpec, hours: Hours, zone: Zone) -> Self {
        let always = hours.is_always();
        let eras = (0..if always { 0 } else { era::count() }).map(|_| OnceLock::new()).collect();
        Self { inner: Arc::new(Inner { spec, hours, zone, always, eras }) }
    }

    /// Open every hour of every day.
    #[must_use]
    pub fn always() -> Self {
        Self::new(CalendarSpec::always(), Hours::always(), Zone::utc())
    }

    /// Whether it never closes.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.inner.always
    }

    /// The form it was built from.
    #[must_use]
    pub fn spec(&self) -> &CalendarSpec {
        &self.inner.spec
    }

    /// The first instant by which `business` of open time has passed since
    /// `start`; a span that ends exactly at closing ends at the closing
    /// instant. Zero or less: `start` if it is open, else the next opening.
    /// Exact to the microsecond.
    pub fn due(&self, start: Timestamp, business: SignedDuration) -> Result<Timestamp, BeyondHorizon> {
        let business = i64::try_from(business.as_micros()).map_err(|_| BeyondHorizon)?;
        self.due_micros(micros(start), business).map(timestamp).ok_or(BeyondHorizon)
    }

    /// The open time from `start` to `end`, exact to the microsecond; zero if
    /// `end` is not later.
    #[must_use]
    pub fn elapsed(&self, start: Timestamp, end: Timestamp) -> SignedDuration {
        SignedDuration::from_micros(self.elapsed_micros(micros(start), micros(end)))
    }

    /// Whether the instant lies in an interval: open at its beginning, closed
    /// at its end.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.closing(micros(at)).is_some()
    }

    /// The open stretches between two instants, `(opening, closing)` in order,
    /// cut at the bounds; what touches at midnight is one stretch.
    pub fn intervals(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<'_> {
        self.spans(micros(from), micros(to)).map(|span| (timestamp(span.0), timestamp(span.1)))
    }

    pub(crate) fn spans(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> + use<'_> {
        let mut at = from;
        std::iter::from_fn(move || {
            let opening = self.due_micros(at, 0).filter(|opening| *opening < to)?;
            at = self.closed_by(opening, to);
            Some((opening, at))
        })
    }

    pub(crate) fn due_micros(&self, start: i64, business: i64) -> Option<i64> {
        if self.inner.always {
            return start.checked_add(business.max(0)).filter(|due| *due < END_DAY * DAY);
        }
        let start = start.max((FIRST_DAY + 2) * DAY);
        if start >= (END_DAY - 2) * DAY {
            return None;
        }
        let (mut index, place) = era::place(self.day_of(start));
        let beyond = business <= 0;
        let last = self.inner.hours.last_day().map(|day| era::place(day.max(FIRST_DAY)).0);
        let era = self.era(index)?;
        let mut wanted =
            era.before(place, start, &self.inner.hours, &self.inner.zone).checked_add(business.max(0))?;
        loop {
            let era = self.era(index)?;
            let total = era.total();
            if total > wanted || (total == wanted && !beyond) {
                return self.reach(era, wanted, beyond);
            }
            if last.is_some_and(|last| index >= last) {
                return None;
            }
            wanted -= total;
            index += 1;
        }
    }

    fn reach(&self, era: &Era, wanted: i64, beyond: bool) -> Option<i64> {
        let (place, mut left) = era.seek(wanted, beyond);
        for span in era.open(place, &self.inner.hours, &self.inner.zone) {
            if left < span.len() || (left == span.len() && !beyond) {
                return Some(span.from + left);
            }
            left -= span.len();
        }
        None
    }

    pub(crate) fn elapsed_micros(&self, start: i64, end: i64) -> i64 {
        if end <= start {
            return 0;
        }
        if self.inner.always {
            return end - start;
        }
        let (first, started) = self.passed(start);
        let (last, ended) = self.passed(end);
        let between: i64 = (first..last).filter_map(|index| self.era(index)).map(Era::total).sum();
        between + ended - started
    }

    /// The era of an instant, and the business time of it that has passed.
    fn passed(&self, at: i64) -> (usize, i64) {
        let at = at.clamp((FIRST_DAY + 2) * DAY, (END_DAY - 2) * DAY);
        let (index, place) = era::place(self.day_of(at));
        let passed = self.era(index).map(|era| era.before(place, at, &self.inner.hours, &self.inner.zone));
        (index, passed.unwrap_or(0))
    }

    fn era(&self, index: usize) -> Option<&Era> {
        let cell = self.inner.eras.get(index)?;
        Some(cell.get_or_init(|| Box::new(Era::new(index, &self.inner.hours, &self.inner.zone))))
    }

    /// The local date of an instant between the first and the last day.
    fn day_of(&self, at: i64) -> i64 {
        let day = (at + self.inner.zone.offset(at)).div_euclid(DAY);
        let extent = self.era(era::place(day).0).and_then(|era| era.extent(day));
        // A clock that is set back over midnight shows the ended date once more.
        if extent.is_some_and(|extent| at >= extent.to) { day + 1 } else { day }
    }

    /// The end of the interval of its local date in which an instant lies.
    fn closing(&self, at: i64) -> Option<i64> {
        let range = (FIRST_DAY + 2) * DAY..(END_DAY - 2) * DAY;
        if self.inner.always {
            return Some(range.end);
        }
        if !range.contains(&at) {
            return None;
        }
        let (index, place) = era::place(self.day_of(at));
        let mut open = self.era(index)?.open(place, &self.inner.hours, &self.inner.zone);
        open.find(|span: &Span| span.contains(at)).map(|span| span.to)
    }

    /// The end of the open stretch that `opening` lies in, `bound` at the latest.
    fn closed_by(&self, opening: i64, bound: i64) -> i64 {
        match self.closing(opening) {
            Some(closing) if closing < bound && self.closing(closing).is_some() => {
                self.gallop(closing, bound)
            }
            Some(closing) => closing.min(bound),
            None => bound,
        }
    }

    /// The same for a stretch of several dates, without visiting each of them.
    fn gallop(&self, opening: i64, bound: i64) -> i64 {
        let mut step = DAY;
        while step < bound - opening && self.elapsed_micros(opening, opening + step) == step {
            step = step.saturating_mul(2);
        }
        let (mut low, mut high) = (opening, bound.min(opening.saturating_add(step)));
        while low < high {
            let middle = low + (high - low + 1) / 2;
            if self.elapsed_micros(opening, middle) == middle - opening {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    /// Whether any local date ever opens.
    fn ever_opens(&self) -> bool {
        match self.inner.hours.last_day() {
            None => true,
            Some(_) => self.due_micros((FIRST_DAY + 2) * DAY, 1).is_some(),
        }
    }
}
