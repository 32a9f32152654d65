//! What a ticket contributes to the numbers: entries, each at the instant that
//! decides into which windows it falls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attainment::Outcome;
use super::definition::Exclusion;
use crate::domain::closed_list::closed_list;
use crate::domain::sla::Metric;
use crate::domain::vocabulary::{Category, Channel, Priority, Status, TicketType};

closed_list! {
    /// What an entry tells of.
    EntryKind {
        /// The first answer of a person came.
        Answered = "answered",
        /// Nobody has answered, and the business seconds of the target are gone.
        OverdueBusiness = "overdue_business",
        /// The same by seconds of day and night.
        OverdueElapsed = "overdue_elapsed",
        /// A ticket came in that is left out without having been answered.
        Unanswered = "unanswered",
        /// A ticket came in.
        Created = "created",
        /// How long its first resolution took, at the instant it came in.
        FirstResolution = "first_resolution",
        /// How long its last resolution took, at the instant it came in.
        LastResolution = "last_resolution",
        /// It was resolved: for the first time by a person, or else at all.
        Resolved = "resolved",
        /// A promise was kept or broken.
        Decided = "decided",
        /// The requester was asked how satisfied they are.
        Surveyed = "surveyed",
        /// The requester said how satisfied they are.
        Rated = "rated",
    }
}

impl EntryKind {
    /// Time alone may bring it, so it may lie ahead; all others tell of what has
    /// happened.
    #[must_use]
    pub const fn lies_ahead(self) -> bool {
        matches!(self, Self::OverdueBusiness | Self::OverdueElapsed | Self::Decided)
    }
}

/// The states in which tickets wait to be resolved.
pub const WAITS: [Status; 4] = [Status::New, Status::Open, Status::Pending, Status::OnHold];

/// Marks of an entry: what they mean depends on its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Marks(pub i16);

impl Marks {
    /// Of an answer: within the target by business seconds.
    pub const IN_TIME_BUSINESS: Self = Self(1);
    /// Of an answer: within the target by seconds of day and night.
    pub const IN_TIME_ELAPSED: Self = Self(2);
    /// Of a ticket that came in: it is resolved or closed now.
    pub const RESOLVED_NOW: Self = Self(1);
    /// Of a ticket that came in: no person had to say what it is.
    pub const TRIAGED: Self = Self(2);
    /// Of a ticket that came in: no person put it where it is.
    pub const ROUTED: Self = Self(4);
    /// Of a ticket that came in: it ended without an answer of a person.
    pub const ANSWERED: Self = Self(8);
    /// Of a ticket that came in: no person resolved it.
    pub const SOLVED: Self = Self(16);
    /// Of a ticket that came in: a person corrected what automation had decided.
    pub const CORRECTED: Self = Self(32);
    /// Of a ticket that came in: where in [`WAITS`] its state is found, from 1.
    const WAITS: i16 = 64;
    /// Of a resolution: it was handed over out of first level.
    pub const ESCALATED: Self = Self(1);
    /// Of a resolution: it came back within the reopen window.
    pub const REOPENED_SOON: Self = Self(2);
    /// Of a resolution: it came back at any time.
    pub const REOPENED: Self = Self(4);
    /// Of a resolution: what keeps it from being one by first level, for good.
    pub const NOT_FIRST_LEVEL: Self = Self(Self::ESCALATED.0 | Self::REOPENED_SOON.0);
    /// Of a ticket that came in: the steps that no person took.
    pub const STEPS: [Self; 4] = [Self::TRIAGED, Self::ROUTED, Self::ANSWERED, Self::SOLVED];

    /// Of a survey: it was answered.
    pub const RATED: Self = Self(1);

    /// Of all decisions about promises with one of these outcomes.
    #[must_use]
    pub fn of_outcomes(which: impl Fn(Outcome) -> bool) -> Vec<Self> {
        let outcomes: Vec<Outcome> = Outcome::ALL.iter().copied().filter(|outcome| which(*outcome)).collect();
        let mut marks = Vec::new();
        for metric in Metric::ALL {
            for priority in Priority::ALL {
                marks.extend(outcomes.iter().map(|outcome| Self::decided(*metric, *priority, *outcome)));
            }
        }
        marks
    }

    /// Whether all of `other` are there.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is there.
    #[must_use]
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// With `other` where `so`.
    #[must_use]
    pub const fn with(self, other: Self, so: bool) -> Self {
        if so { Self(self.0 | other.0) } else { self }
    }

    /// Of a ticket that came in: it waits in this state, unless that is an end.
    #[must_use]
    pub fn waiting(self, status: Status) -> Self {
        let place = WAITS.iter().position(|known| *known == status).map_or(0, |place| place + 1);
        Self(self.0 | (i16::try_from(place).unwrap_or_default() * Self::WAITS))
    }

    /// Of a ticket that came in: the state in which it waits; none: it ended.
    #[must_use]
    pub fn waits(self) -> Option<Status> {
        let place = usize::try_from(self.0 / Self::WAITS).ok()?.checked_sub(1)?;
        WAITS.get(place).copied()
    }

    /// Of a decision about a promise.
    #[must_use]
    pub fn decided(metric: Metric, priority: Priority, outcome: Outcome) -> Self {
        fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
            all.iter().position(|known| known == one).unwrap_or_default()
        }
        let (metric, priority) = (place(Metric::ALL, &metric), place(Priority::ALL, &priority));
        let number = (metric * 8 + priority) * 8 + place(Outcome::ALL, &outcome);
        Self(i16::try_from(number).unwrap_or_default())
    }

    /// Which promise on tickets of which priority, and what became of it; none
    /// of other kinds.
    #[must_use]
    pub fn decision(self) -> Option<(Metric, Priority, Outcome)> {
        let number = usize::try_from(self.0).ok()?;
        let (metric, priority) = (Metric::ALL.get(number / 64)?, Priority::ALL.get(number / 8 % 8)?);
        Some((*metric, *priority, *Outcome::ALL.get(number % 8)?))
    }
}

/// What tickets are told apart by, as they are now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Traits {
    /// Its priority.
    pub priority: Priority,
    /// Its category.
    pub category: Category,
    /// The team whose queue it is in.
    pub team: String,
    /// The way it came in.
    pub channel: Channel,
    /// Its type.
    pub ticket_type: TicketType,
}

/// One contribution of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What it tells of.
    pub kind: EntryKind,
    /// Tells several of a kind on one ticket apart.
    pub place: i32,
    /// The instant that puts it into a window. Of what time alone brings it may
    /// lie ahead: it counts from then on, if nothing else happens before.
    pub at: Timestamp,
    /// Of what kind of ticket.
    pub traits: Traits,
    /// Why it is left out; none: it counts.
    pub excluded: Option<Exclusion>,
    /// See [`Marks`].
    pub marks: Marks,
    /// Business seconds, or touches of a ticket that came in.
    pub business: Option<i64>,
    /// Seconds of day and night.
    pub elapsed: Option<i64>,
    /// The target of first responses that it was judged by, in seconds; none: it
    /// does not hang on one, or was written before entries said so.
    pub target: Option<i64>,
}

impl Entry {
    /// The same, taken for one that was judged by `target` if it hangs on one and
    /// does not say by which: what it says otherwise shows whether it was.
    #[must_use]
    pub fn taken_for(mut self, target: i64) -> Self {
        let hangs =
            matches!(self.kind, EntryKind::Answered | EntryKind::OverdueBusiness | EntryKind::OverdueElapsed);
        if hangs && self.target.is_none() {
            self.target = Some(target);
        }
        self
    }
}
