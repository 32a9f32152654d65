//! How much of the time a service was there, in numbers.

use serde::Serialize;

/// The share of a window that must have been observed before anybody says
/// whether the target is met.
pub const LEAST_COVERAGE: f64 = 0.95;
/// What the number is.
pub const DEFINITION: &str = "(T - M - D) / (T - M), over the time T in which the service was observed: by its \
    monitors, or by whoever reported an outage of it. M is the maintenance in that time that had been announced \
    when it began, D the union of the outages outside maintenance. Of several services: the sums over all of \
    them, so that each counts for as long as it was observed. Coverage is T as a share of the window, as far as \
    it has passed, of several services that of those which monitors watch, if there are any; below 0.95 met is null. \
    Null where nothing was observed outside maintenance.";

/// What became of a stretch of time, for one service or several together.
/// Lengths are microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// The time that was asked about, once for each service, as far as it has
    /// passed.
    pub window: i64,
    /// How much of it was observed: T.
    pub observed: i64,
    /// How much of that was beside the window: of services that no monitor
    /// watches, which are observed while somebody says that they are away and
    /// never else.
    pub beside: i64,
    /// How much of that was maintenance announced beforehand: M.
    pub maintenance: i64,
    /// How much of the rest was an outage: D.
    pub downtime: i64,
    /// Outages that are part of D; those that overlap or touch are one.
    pub outages: u64,
    /// Services that were observed.
    pub services: u64,
}

impl Figures {
    /// The figures of both together: of two services, or of one service in two
    /// stretches of time. The latter counts outages that reach over both twice,
    /// and the service too.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            window: self.window + other.window,
            observed: self.observed + other.observed,
            beside: self.beside + other.beside,
            maintenance: self.maintenance + other.maintenance,
            downtime: self.downtime + other.downtime,
            outages: self.outages + other.outages,
            services: self.services + other.services,
        }
    }

    /// The share of the observed time outside maintenance without an outage, 0
    /// to 1; none of nothing.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let counted = self.observed - self.maintenance;
        share(counted - self.downtime, counted)
    }

    /// The share without an outage if there was none in the time that was not
    /// observed, 0 to 1; none of nothing.
    #[must_use]
    pub fn at_best(&self) -> Option<f64> {
        let counted = self.window + self.beside - self.maintenance;
        share(counted - self.downtime, counted)
    }

    /// The share of the time that was observed, 0 to 1; none of nothing.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        share(self.observed - self.beside, self.window)
    }

    /// The same beside the windows of other services: it adds to the time that
    /// was observed, and says nothing about how much of it should have been.
    #[must_use]
    pub const fn put_beside(self) -> Self {
        Self { window: 0, beside: self.observed, ..self }
    }

    /// Whether it is more than a target; none where too little was observed.
    #[must_use]
    pub fn met(&self, target: f64) -> Option<bool> {
        let known = self.coverage().is_some_and(|coverage| coverage >= LEAST_COVERAGE);
        self.value().filter(|_| known).map(|value| value > target)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a quotient cannot show more digits than a double has")]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
