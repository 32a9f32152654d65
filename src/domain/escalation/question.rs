//! What the matrix is asked.

use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Category, Channel, Persona, Priority, Scope, Severity, TicketType};

closed_list! {
    /// What a person says about a ticket when they hand it over. Nobody but a
    /// person knows it, so it is never set at creation.
    Situation {
        /// First level has done what it can.
        BeyondFirstLevel = "beyond_first_level",
        /// Nobody could make it happen again.
        CannotReproduce = "cannot_reproduce",
        /// A fix exists and somebody has to check it.
        FixToValidate = "fix_to_validate",
        /// What the user tries to achieve, and how, is not understood.
        WorkflowUnclear = "workflow_unclear",
        /// What it costs the business is not understood.
        BusinessImpactUnclear = "business_impact_unclear",
    }
}

impl Situation {
    /// The situation as a clause that follows "it is said that".
    pub(super) const fn clause(self) -> &'static str {
        match self {
            Self::BeyondFirstLevel => "first level cannot fix it",
            Self::CannotReproduce => "it cannot be reproduced",
            Self::FixToValidate => "there is a fix to validate",
            Self::WorkflowUnclear => "the user's workflow is unclear",
            Self::BusinessImpactUnclear => "the impact on the business is unclear",
        }
    }
}

/// What the matrix looks at: facts that triage or a person decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the ticket is about.
    pub category: Category,
    /// Whether it is the desk's work at all.
    pub scope: Scope,
    /// Whose work it is if not the desk's, as far as triage could tell.
    pub out_of_scope_persona: Option<Persona>,
    /// How bad it is.
    pub severity: Severity,
    /// How urgent it is; sets the acknowledgement target.
    pub priority: Priority,
    /// How it came in.
    pub channel: Channel,
    /// What it is.
    pub ticket_type: TicketType,
    /// What a person says who hands it over; `None` at creation.
    pub situation: Option<Situation>,
}

impl Question {
    /// An unremarkable ticket of a category: an incident in scope by API, of
    /// medium severity and priority P3. Change what differs.
    #[must_use]
    pub const fn about(category: Category) -> Self {
        Self {
            category,
            scope: Scope::InScope,
            out_of_scope_persona: None,
            severity: Severity::Medium,
            priority: Priority::P3,
            channel: Channel::Api,
            ticket_type: TicketType::Incident,
            situation: None,
        }
    }
}
