//! One row of the matrix.

use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{
    Category, Channel, EvidenceKind, Persona, Priority, Scope, Severity, TicketType,
};

use super::question::{Question, Situation};

/// When a row applies: an empty list means any value, and all lists must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Conditions {
    /// Scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<Scope>,
    /// Categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<Category>,
    /// What the person says who hands the ticket over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situation: Vec<Situation>,
    /// Ticket types.
    #[serde(rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub ticket_type: Vec<TicketType>,
    /// Channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel: Vec<Channel>,
    /// Severities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severity: Vec<Severity>,
    /// Priorities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority: Vec<Priority>,
}

impl Conditions {
    /// Whether the row applies to every ticket.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the question meets them.
    #[must_use]
    pub fn hold(&self, question: &Question) -> bool {
        fn any<T: PartialEq>(allowed: &[T], value: Option<T>) -> bool {
            allowed.is_empty() || value.is_some_and(|value| allowed.contains(&value))
        }
        any(&self.scope, Some(question.scope))
            && any(&self.category, Some(question.category))
            && any(&self.situation, question.situation)
            && any(&self.ticket_type, Some(question.ticket_type))
            && any(&self.channel, Some(question.channel))
            && any(&self.severity, Some(question.severity))
            && any(&self.priority, Some(question.priority))
    }

    /// The facts of the question that these conditions looked at, in sentences.
    pub(super) fn facts(&self, question: &Question) -> Vec<String> {
        let mut facts = Vec::new();
        if !self.scope.is_empty() {
            facts.push(match question.scope {
                Scope::InScope => "The ticket is in the scope of support.".to_owned(),
                Scope::OutOfScope => "The ticket is out of the scope of support.".to_owned(),
            });
        }
        if !self.category.is_empty() {
            facts.push(format!("Its category is {}.", question.category));
        }
        if let Some(situation) = question.situation.filter(|_| !self.situation.is_empty()) {
            facts.push(format!("It is said that {}.", situation.clause()));
        }
        if !self.ticket_type.is_empty() {
            facts.push(format!("Its type is {}.", question.ticket_type));
        }
        if !self.channel.is_empty() {
            facts.push(format!("It came in by {}.", question.channel));
        }
        if !self.severity.is_empty() {
            facts.push(format!("Its severity is {}.", question.severity));
        }
        if !self.priority.is_empty() {
            facts.push(format!("Its priority is {}.", question.priority));
        }
        facts
    }
}

closed_list! {
    /// What a row does when a ticket is created.
    AtCreation {
        /// The desk escalates at once, by itself.
        Automatic = "automatic",
        /// The persona is named; a person or a ladder escalates.
        Proposed = "proposed",
        /// First level keeps the ticket until somebody says that it cannot go on.
        Held = "held",
    }
}

/// Whom a row sends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Always this persona.
    Persona(Persona),
    /// The persona that triage found for out-of-scope work.
    Triage,
}

impl serde::Serialize for Destination {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Persona(persona) => persona.as_str(),
            Self::Triage => "triage",
        })
    }
}

/// How long a persona may take to acknowledge, by priority; never shorter for
/// a less urgent ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct AcknowledgementTarget {
    /// Seconds for P1.
    #[serde(rename = "P1")]
    pub(super) p1: i64,
    /// Seconds for P2.
    #[serde(rename = "P2")]
    pub(super) p2: i64,
    /// Seconds for P3.
    #[serde(rename = "P3")]
    pub(super) p3: i64,
    /// Seconds for P4.
    #[serde(rename = "P4")]
    pub(super) p4: i64,
}

impl AcknowledgementTarget {
    /// Seconds for a priority.
    #[must_use]
    pub const fn seconds(self, priority: Priority) -> i64 {
        match priority {
            Priority::P1 => self.p1,
            Priority::P2 => self.p2,
            Priority::P3 => self.p3,
            Priority::P4 => self.p4,
        }
    }
}

/// One row of the matrix, as `GET /v1/escalation-matrix` shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Its name, unique in the matrix.
    pub id: String,
    /// When it applies.
    pub when: Conditions,
    /// Whom it sends to.
    pub to: Destination,
    /// Why, in a sentence.
    pub because: String,
    /// The evidence that must be there.
    pub required_context: Vec<EvidenceKind>,
    /// Seconds until it must be acknowledged, by priority.
    pub acknowledge_within_seconds: AcknowledgementTarget,
    /// Who takes it if that persona declines or stays silent.
    pub fallback: Persona,
    /// What happens when such a ticket is created.
    pub at_creation: AtCreation,
    /// Whether it restricts the ticket to those named.
    pub restricted: bool,
    /// Whether this is the row of its persona when a person names the persona
    /// and no other row fits better.
    pub home: bool,
}

impl Rule {
    /// Whom this row would send the ticket to; `None` if it does not apply.
    ///
    /// A row that leaves the choice to triage applies only if triage chose
    /// somebody other than the fallback, who is no re-route but the last resort.
    #[must_use]
    pub fn leads_to(&self, question: &Question) -> Option<Persona> {
        if !self.when.hold(question) {
            return None;
        }
        match self.to {
            Destination::Persona(persona) => Some(persona),
            Destination::Triage => question.out_of_scope_persona.filter(|persona| *persona != self.fallback),
        }
    }
}

/// What a persona needs whom no rule leads to, only a person's choice or a ladder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Direct {
    /// Its name, unique in the matrix.
    pub id: String,
    /// Whom it is about.
    pub to: Persona,
    /// Why no rule leads there, in a sentence.
    pub because: String,
    /// The evidence that must be there.
    pub required_context: Vec<EvidenceKind>,
    /// Seconds until it must be acknowledged, by priority.
    pub acknowledge_within_seconds: AcknowledgementTarget,
    /// Who takes it otherwise, if anybody.
    pub fallback: Option<Persona>,
}
