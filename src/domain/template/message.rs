//! Which messages there are, and what each may mention.

use std::collections::BTreeMap;

use crate::domain::closed_list::closed_list;
use crate::domain::vocabulary::{Category, Scope, TicketType};

closed_list! {
    /// The messages that the desk writes to requesters by itself.
    MessageKind {
        /// A defect, slowness, an outage or wrong data was reported.
        ReceivedProblem = "received_problem",
        /// Somebody cannot get in.
        ReceivedAccess = "received_access",
        /// Somebody asks how something is done.
        ReceivedQuestion = "received_question",
        /// Somebody wishes for a change of product, rules or design.
        ReceivedRequest = "received_request",
        /// Something else came in.
        ReceivedOther = "received_other",
        /// A threat was reported; the ticket is confidential.
        ReceivedSecurity = "received_security",
        /// A machine reported something.
        ReceivedAlert = "received_alert",
        /// What is asked for is not the desk's work.
        OutOfScope = "out_of_scope",
        /// Material is missing that somebody needs to go on.
        ContextWanted = "context_wanted",
        /// The ticket is resolved.
        Resolved = "resolved",
        /// The ticket is resolved because its requester did not answer.
        Unanswered = "unanswered",
        /// A resolved ticket is open again.
        Reopened = "reopened",
        /// How satisfied they are with what was done.
        Survey = "survey",
    }
}

closed_list! {
    /// What a message may mention.
    Placeholder {
        /// The requester's name.
        Name = "name",
        /// The ticket's number.
        Number = "number",
        /// The ticket's subject.
        Subject = "subject",
        /// The service concerned.
        Service = "service",
        /// The priority in human terms, from `Words::priority`.
        Priority = "priority",
        /// When they hear from a person at the latest, from `Words::moment`.
        RespondBy = "respond_by",
        /// What they are asked to send, from `Words::evidence`.
        Missing = "missing",
        /// Who takes it, from `Words::persona`.
        Persona = "persona",
        /// What was done, in the agent's words; may have several lines.
        Solution = "solution",
        /// Until when a reply reopens the ticket, from `Words::moment`.
        ReopenUntil = "reopen_until",
        /// The person of the desk who wrote.
        Author = "author",
        /// Where the requester answers.
        Link = "link",
    }
}

impl MessageKind {
    /// The message that answers a new ticket. Security comes before scope, as
    /// in the escalation matrix: a report of a threat is never turned away.
    #[must_use]
    pub const fn received(category: Category, scope: Scope, ticket_type: TicketType) -> Self {
        match (category, scope, ticket_type) {
            (Category::Security, _, _) => Self::ReceivedSecurity,
            (_, Scope::OutOfScope, _) => Self::OutOfScope,
            (_, _, TicketType::Alert) => Self::ReceivedAlert,
            (
                Category::TechnicalBug | Category::Performance | Category::Infrastructure | Category::Data,
                ..,
            ) => Self::ReceivedProblem,
            (Category::Access, ..) => Self::ReceivedAccess,
            (Category::HowTo, ..) => Self::ReceivedQuestion,
            (Category::FeatureRequest | Category::BusinessRequirement | Category::Architecture, ..) => {
                Self::ReceivedRequest
            }
            (Category::Other, ..) => Self::ReceivedOther,
        }
    }

    /// The placeholders that this message may use. The one about security
    /// cannot repeat what was reported, because mail is read by others.
    #[must_use]
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::ReceivedProblem
            | Self::ReceivedAccess
            | Self::ReceivedQuestion
            | Self::ReceivedRequest
            | Self::ReceivedOther
            | Self::ReceivedAlert => {
                &["name", "number", "subject", "service", "priority", "respond_by", "missing"]
            }
            Self::ReceivedSecurity => &["name", "number", "respond_by", "missing"],
            Self::OutOfScope => &["name", "number", "subject", "persona"],
            Self::ContextWanted => &["name", "number", "subject", "missing", "persona"],
            Self::Resolved => &["name", "number", "subject", "solution", "reopen_until"],
            Self::Unanswered => &["name", "number", "subject", "reopen_until"],
            Self::Reopened => &["name", "number", "subject", "priority", "respond_by"],
            Self::Survey => &["name", "number", "subject", "link"],
        }
    }
}

impl Placeholder {
    /// Whether a value keeps its line breaks.
    const fn has_lines(self) -> bool {
        matches!(self, Self::Solution)
    }
}

/// The values for one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value as plain text: control characters are dropped, and a value
    /// of one line stays on one line, so that a name cannot write sentences of
    /// its own below ours. A blank value counts as none.
    #[must_use]
    pub fn with(mut self, placeholder: Placeholder, value: &str) -> Self {
        let plain = |line: &str| -> String { line.chars().filter(|c| !c.is_control()).collect() };
        let value = if placeholder.has_lines() {
            value.trim().lines().map(plain).collect::<Vec<_>>().join("\n")
        } else {
            value.split_whitespace().map(plain).collect::<Vec<_>>().join(" ")
        };
        if !value.trim().is_empty() {
            self.0.insert(placeholder.as_str(), value);
        }
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
