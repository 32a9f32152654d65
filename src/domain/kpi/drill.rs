//! Which entries are behind a number, and how often each counts.

use super::attainment::Outcome;
use super::definition::{Exclusion, Measure, Name};
use super::entry::{EntryKind, Marks};
use crate::domain::closed_list::closed_list;
use crate::domain::search::Position;
use crate::domain::ticket::record::Record;

closed_list! {
    /// Which of the tickets behind a number are wanted.
    List {
        /// Those that are its `n`.
        Counted = "counted",
        /// Those of them that make the share: of `first_response_time` those
        /// answered in time, of `satisfaction` those of 4 and 5, of `automation`
        /// one for each step that no person took.
        Numerator = "numerator",
        /// Of `first_response_time`: those that are overdue.
        OpenOverdue = "open_overdue",
        /// Of `first_response_time`: those answered late, and those overdue.
        Late = "late",
        /// Those that are left out.
        Excluded = "excluded",
    }
}

/// Entries of a window that are behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Of one of these kinds.
    pub kinds: Vec<EntryKind>,
    /// Those that are not left out of anything are of it.
    pub unless_left_out: bool,
    /// Those that are left out for one of these reasons are of it.
    pub left_out: Vec<Exclusion>,
    /// With one of these marks; none: with any.
    pub marks: Option<Vec<Marks>>,
    /// Each counts as often as it has these marks, and not at all without one;
    /// none: once.
    pub each: Option<Vec<Marks>>,
    /// With none of these marks.
    pub without: Marks,
    /// Only those of which this is measured; none: all.
    pub measured: Option<Measure>,
    /// Those of which this is not measured, and that are not left out otherwise,
    /// are of it as left out without a promise; none: they are not.
    pub unmeasured: Option<Measure>,
}

/// A ticket behind a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Where in the list it stands.
    pub position: Position,
    /// The ticket.
    pub record: Record,
    /// How often it counts.
    pub times: u64,
    /// Why it is left out, if it is.
    pub left_out: Option<Exclusion>,
}

impl List {
    /// The entries of it behind a number; none: the number has no such list, or
    /// rests on no entries.
    #[must_use]
    pub fn behind(self, name: Name, measure: Measure) -> Option<Behind> {
        match self {
            Self::Counted => counted(name, measure),
            Self::Numerator => numerator(name, measure),
            Self::OpenOverdue => (name == Name::FirstResponseTime).then(|| match measure {
                Measure::Business => of(EntryKind::OverdueBusiness),
                Measure::Elapsed => of(EntryKind::OverdueElapsed),
            }),
            Self::Late => (name == Name::FirstResponseTime).then(|| late(measure)),
            Self::Excluded => excluded(name, measure),
        }
    }
}

fn of(kind: EntryKind) -> Behind {
    Behind {
        kinds: vec![kind],
        unless_left_out: true,
        left_out: Vec::new(),
        marks: None,
        each: None,
        without: Marks::default(),
        measured: None,
        unmeasured: None,
    }
}

fn counted(name: Name, measure: Measure) -> Option<Behind> {
    Some(match name {
        Name::FirstResponseTime => of(EntryKind::Answered),
        Name::FirstLevelResolutionRate => of(EntryKind::Resolved),
        Name::ResolutionRate | Name::Automation => of(EntryKind::Created),
        Name::TimeToResolution => Behind { measured: Some(measure), ..of(EntryKind::FirstResolution) },
        Name::Satisfaction => of(EntryKind::Rated),
        Name::SlaAttainment => with_outcomes(|outcome| outcome.exclusion().is_none()),
        // Whatever the reason for which other numbers leave them out.
        Name::ReopenRate | Name::EscalationRate => {
            let out = name.exclusions();
            let left_out = Exclusion::ALL.iter().copied().filter(|reason| !out.contains(reason)).collect();
            Behind { left_out, ..of(EntryKind::Resolved) }
        }
        Name::Backlog | Name::Uptime => return None,
    })
}

/// Late ones have an entry of one kind or the other; overdue ones have no marks.
fn late(measure: Measure) -> Behind {
    let (overdue, in_time) = match measure {
        Measure::Business => (EntryKind::OverdueBusiness, Marks::IN_TIME_BUSINESS),
        Measure::Elapsed => (EntryKind::OverdueElapsed, Marks::IN_TIME_ELAPSED),
    };
    Behind { kinds: vec![EntryKind::Answered, overdue], without: in_time, ..of(EntryKind::Answered) }
}

fn with_outcomes(which: impl Fn(Outcome) -> bool) -> Behind {
    Behind { marks: Some(Marks::of_outcomes(which)), ..of(EntryKind::Decided) }
}

fn numerator(name: Name, measure: Measure) -> Option<Behind> {
    let counted = counted(name, measure)?;
    let each = |marks: Vec<Marks>| Behind { each: Some(marks), ..counted.clone() };
    Some(match name {
        Name::FirstResponseTime => each(vec![match measure {
            Measure::Business => Marks::IN_TIME_BUSINESS,
            Measure::Elapsed => Marks::IN_TIME_ELAPSED,
        }]),
        Name::FirstLevelResolutionRate => Behind { without: Marks::NOT_FIRST_LEVEL, ..counted },
        Name::ResolutionRate => each(vec![Marks::RESOLVED_NOW]),
        Name::Satisfaction => Behind { marks: Some(vec![Marks(4), Marks(5)]), ..counted },
        Name::SlaAttainment => with_outcomes(|outcome| outcome == Outcome::Kept),
        Name::ReopenRate => each(vec![Marks::REOPENED]),
        Name::EscalationRate => each(vec![Marks::ESCALATED]),
        Name::Automation => each(Marks::STEPS.to_vec()),
        Name::TimeToResolution | Name::Backlog | Name::Uptime => return None,
    })
}

fn excluded(name: Name, measure: Measure) -> Option<Behind> {
    let kinds = match name {
        Name::FirstResponseTime => vec![EntryKind::Answered, EntryKind::Unanswered],
        Name::FirstLevelResolutionRate | Name::ReopenRate | Name::EscalationRate => vec![EntryKind::Resolved],
        Name::ResolutionRate | Name::Automation => vec![EntryKind::Created],
        Name::TimeToResolution => vec![EntryKind::FirstResolution],
        Name::Satisfaction => vec![EntryKind::Rated],
        Name::SlaAttainment => return Some(with_outcomes(|outcome| outcome.exclusion().is_some())),
        Name::Backlog | Name::Uptime => return None,
    };
    let left_out = name.exclusions().to_vec();
    let unmeasured = (name == Name::TimeToResolution).then_some(measure);
    Some(Behind { kinds, unless_left_out: false, left_out, unmeasured, ..of(EntryKind::Created) })
}
