//! What triage looks at, and what it answers.

use crate::domain::vocabulary::{
    Category, Channel, DecidedBy, EvidenceKind, Impact, Persona, Priority, Scope, Severity, TicketType,
};

/// A ticket as it was submitted, before anything was decided.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The subject line, as written.
    pub subject: &'a str,
    /// The whole text, quoted mails and signature included.
    pub body: &'a str,
    /// How it came in.
    pub channel: Channel,
    /// The type a person or program gave, if any.
    pub ticket_type: Option<TicketType>,
    /// The service it is about, if given.
    pub service: Option<&'a str>,
    /// Tags that came with it.
    pub tags: &'a [String],
    /// Evidence texts that came with it.
    pub evidence: Vec<(EvidenceKind, &'a str)>,
    /// The category a person gave, if any; it always wins.
    pub category: Option<Category>,
    /// The severity a person gave, if any; it always wins.
    pub severity: Option<Severity>,
    /// The impact a person gave, if any; it always wins.
    pub impact: Option<Impact>,
}

impl<'a> Submission<'a> {
    /// A submission of text alone.
    #[must_use]
    pub fn new(subject: &'a str, body: &'a str, channel: Channel) -> Self {
        Self {
            subject,
            body,
            channel,
            ticket_type: None,
            service: None,
            tags: &[],
            evidence: Vec::new(),
            category: None,
            severity: None,
            impact: None,
        }
    }
}

/// One decided field, with why and how sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<T> {
    /// What was decided.
    pub value: T,
    /// How sure, 0 to 1; a human value has 1.
    pub confidence: f64,
    /// Who or what decided.
    pub decided_by: DecidedBy,
    /// Sentences that a lead can read, the weightiest first.
    pub reasons: Vec<String>,
}

impl<T> Field<T> {
    /// A value that a person gave.
    pub(super) fn human(value: T, what: &str) -> Self {
        Self {
            value,
            confidence: 1.0,
            decided_by: DecidedBy::Human,
            reasons: vec![format!("The {what} was given with the ticket.")],
        }
    }
}

/// Whether the desk may do what is asked, and who else does it if not.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeVerdict {
    /// In or out.
    pub value: Scope,
    /// How sure of `value`, 0.5 to 1.
    pub confidence: f64,
    /// A rule, or the default that a ticket is support work.
    pub decided_by: DecidedBy,
    /// Sentences that a lead can read.
    pub reasons: Vec<String>,
    /// Who does it instead; set exactly when `value` is out of scope.
    pub persona: Option<Persona>,
}

/// Everything triage decides about one ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What kind of issue it is.
    pub category: Field<Category>,
    /// How bad it is technically.
    pub severity: Field<Severity>,
    /// How many it hits.
    pub impact: Field<Impact>,
    /// The cell of the matrix for severity and impact.
    pub priority: Priority,
    /// Incident, request, question or alert.
    pub ticket_type: Field<TicketType>,
    /// The language of the text, as an ISO 639-1 code.
    pub language: Field<String>,
    /// Tags the rules propose, sorted, those already there left out.
    pub tags: Vec<String>,
    /// Whether it is the desk's work.
    pub scope: ScopeVerdict,
    /// Whether a person should look at the decision.
    pub needs_review: bool,
    /// Whether the refusal may be sent: out of scope, and sure enough of it.
    pub refusal: bool,
    /// The version of the rules that decided.
    pub rules_version: String,
}

impl Decision {
    /// A person says whether it is the desk's work, whatever the rules think.
    pub fn overrule_scope(&mut self, scope: Scope) {
        self.refusal = scope == Scope::OutOfScope;
        self.scope = ScopeVerdict {
            value: scope,
            confidence: 1.0,
            decided_by: DecidedBy::Human,
            reasons: vec!["A person decided the scope.".to_owned()],
            persona: self.scope.persona.filter(|_| self.refusal),
        };
    }
}
