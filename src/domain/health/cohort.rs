//! What had become of the tickets of a window when it was as old as another one
//! is now. Time goes on working at such numbers: later resolutions raise them,
//! later reopenings lower them, so two windows compare only at the same age.

use jiff::Timestamp;

use crate::domain::kpi::{Answer, Detail, Name, Value, Window};

/// How the trend of such a number is found, in words.
pub(super) const AT_THE_SAME_AGE: &str = "The window before is taken as it stood when it was as old as this one is now: what \
    became of its tickets later is not counted, so both have had the same time.";
/// How that of every other number is found.
const AS_IT_IS: &str = "Both windows as they are now: time does not work at what is counted in them, though requesters may change their \
    scores for a while.";

/// How none is found, in words.
pub(super) const NOT_KNOWN: &str = "How the window before stood when it was as old as this one is now is not known: reading \
    that took too long.";

/// How the trend of a number is found, in words. `stood`: whether it is known how
/// the window before stood.
#[must_use]
pub const fn basis(name: Name, stood: bool) -> &'static str {
    match (ripens(name), stood) {
        (true, true) => AT_THE_SAME_AGE,
        (true, false) => NOT_KNOWN,
        (false, _) => AS_IT_IS,
    }
}

/// Tickets of a window, as they stood at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cohort {
    /// That had come in.
    pub came: u64,
    /// Of those: that were resolved or closed.
    pub ended: u64,
    /// Of those that came in: steps of their work that no person had taken.
    pub steps: u64,
    /// Of those that came in: with a first resolution that is measured.
    pub measured: u64,
    /// The median of that, in seconds; none of nothing.
    pub typical: Option<i64>,
    /// That had been resolved, as first level is judged by.
    pub resolved: u64,
    /// Of those: by first level, for good.
    pub first_level: u64,
    /// That had been resolved, as reopenings and hand-overs are judged by.
    pub settled: u64,
    /// Of those: reopened.
    pub reopened: u64,
    /// Of those: handed over.
    pub escalated: u64,
}

/// Whether what becomes of its tickets later changes a number.
#[must_use]
pub const fn ripens(name: Name) -> bool {
    match name {
        Name::FirstLevelResolutionRate
        | Name::ResolutionRate
        | Name::TimeToResolution
        | Name::ReopenRate
        | Name::EscalationRate
        | Name::Automation => true,
        Name::FirstResponseTime | Name::Satisfaction | Name::SlaAttainment | Name::Backlog | Name::Uptime => {
            false
        }
    }
}

/// When the window right before one was as old as that one is now.
#[must_use]
pub fn same_age(window: &Window, now: Timestamp) -> Timestamp {
    now.checked_sub(window.to.duration_since(window.from)).unwrap_or(Timestamp::MIN)
}

impl Cohort {
    /// A number of the window as it stood; `answer` itself where time does not
    /// work at it.
    #[must_use]
    pub fn as_it_stood(&self, answer: Answer) -> Answer {
        let Some((value, n)) = self.number(answer.name) else { return answer };
        Answer { value, n, statistics: None, detail: Detail::None, ..answer }
    }

    /// What is said of a number where nothing is known of how its window stood:
    /// nothing, where time works at it.
    #[must_use]
    pub fn unknown(answer: Answer) -> Answer {
        if !ripens(answer.name) {
            return answer;
        }
        Answer { value: None, n: 0, statistics: None, detail: Detail::None, ..answer }
    }

    fn number(&self, name: Name) -> Option<(Option<Value>, u64)> {
        let share = |part: u64, n: u64| {
            let share = super::trend::count(part) / super::trend::count(n);
            (n > 0).then_some(Value::Fraction(share))
        };
        Some(match name {
            Name::ResolutionRate => (share(self.ended, self.came), self.came),
            Name::TimeToResolution => (self.typical.map(Value::Seconds), self.measured),
            Name::Automation => (share(self.steps, self.came.saturating_mul(4)), self.came),
            Name::FirstLevelResolutionRate => (share(self.first_level, self.resolved), self.resolved),
            Name::ReopenRate => (share(self.reopened, self.settled), self.settled),
            Name::EscalationRate => (share(self.escalated, self.settled), self.settled),
            _ => return None,
        })
    }
}
