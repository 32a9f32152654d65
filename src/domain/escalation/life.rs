//! The life of an escalation, from the request to its end.

use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::Persona;

closed_list! {
    /// Where an escalation stands.
    EscalationState {
        /// Made; nobody has taken it yet. The unacknowledged ladder runs.
        Requested = "requested",
        /// The persona has seen it and takes it.
        Acknowledged = "acknowledged",
        /// The persona works on it.
        InProgress = "in_progress",
        /// The persona has given its answer; first level acts on it.
        Answered = "answered",
        /// Done with.
        Closed = "closed",
        /// Given back, with what is missing named.
        Returned = "returned",
        /// Refused, with a reason; the fallback gets an escalation of its own.
        Declined = "declined",
    }
}

closed_list! {
    /// Which way an escalation goes.
    EscalationKind {
        /// Out of first level, to a persona.
        Functional = "functional",
        /// Upwards: agent, lead, human support.
        Hierarchical = "hierarchical",
    }
}

closed_list! {
    /// What made an escalation.
    Origin {
        /// Somebody asked for it.
        Person = "person",
        /// The matrix, when the ticket was created.
        Matrix = "matrix",
        /// A declined escalation went on to its fallback.
        Fallback = "fallback",
        /// A step of a ladder.
        Ladder = "ladder",
        /// A handoff to people.
        Handoff = "handoff",
    }
}

impl EscalationKind {
    /// The kind of an escalation: human support is above first level only when
    /// a ladder or a handoff leads there; asked for by name it is a persona
    /// like the others.
    #[must_use]
    pub const fn of(persona: Persona, origin: Origin) -> Self {
        match (persona, origin) {
            (Persona::HumanSupport, Origin::Ladder | Origin::Handoff) => Self::Hierarchical,
            _ => Self::Functional,
        }
    }
}

impl EscalationState {
    /// The states that may follow, in the order of the list above.
    ///
    /// * Work and answers may begin without a word of acknowledgement: they
    ///   prove that somebody has seen it.
    /// * An acknowledgement that expires goes back to `requested`, where the
    ///   ladder starts again. Work that has begun does not expire.
    /// * An answered escalation is taken up again when its answer raises a
    ///   question; a returned one when what was missing has arrived.
    /// * A declined one is never taken up again: its fallback has a new one.
    /// * Anything may be closed before its answer, when the ticket no longer
    ///   needs it. `closed` is final.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Requested => &[
                Self::Acknowledged,
                Self::InProgress,
                Self::Answered,
                Self::Closed,
                Self::Returned,
                Self::Declined,
            ],
            Self::Acknowledged => &[
                Self::Requested,
                Self::InProgress,
                Self::Answered,
                Self::Closed,
                Self::Returned,
                Self::Declined,
            ],
            Self::InProgress => &[Self::Answered, Self::Closed, Self::Returned, Self::Declined],
            Self::Answered => &[Self::InProgress, Self::Closed],
            Self::Returned => &[Self::Requested, Self::Closed],
            Self::Declined => &[Self::Closed],
            Self::Closed => &[],
        }
    }

    /// Whether nobody has taken it, so that the unacknowledged ladder runs.
    #[must_use]
    pub const fn awaits_acknowledgement(self) -> bool {
        matches!(self, Self::Requested)
    }

    /// Whether it still occupies its persona, so that there is no second one.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Acknowledged | Self::InProgress | Self::Returned)
    }

    /// Whether the persona still owes something.
    #[must_use]
    pub const fn is_with_persona(self) -> bool {
        matches!(self, Self::Requested | Self::Acknowledged | Self::InProgress)
    }
}

/// A step that the life of an escalation does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an escalation that is {from} cannot become {to}")]
pub struct IllegalTransition {
    /// Where it stands.
    pub from: EscalationState,
    /// Where it was to go.
    pub to: EscalationState,
    /// Where it may go; empty for a closed one.
    pub allowed: &'static [EscalationState],
}

/// Takes one step. The error, for a step that is not legal (to stay is none),
/// lists the legal ones.
pub fn advance(from: EscalationState, to: EscalationState) -> Result<EscalationState, IllegalTransition> {
    let allowed = from.next();
    if allowed.contains(&to) { Ok(to) } else { Err(IllegalTransition { from, to, allowed }) }
}
