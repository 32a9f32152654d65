//! One rule, checked and compiled.

use regex::{Regex, RegexBuilder};

use super::document::RuleText;
use super::fault::RuleFault;
use super::phrase::{Compiler, Phrase};
use crate::domain::vocabulary::Scope;

/// Who wrote a rule; a tenant's rules go before the shipped ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Shipped,
    Tenant,
}

/// What a phrase is to its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Any,
    Near,
    With,
    UnlessNear,
    Without,
}

/// A rule, checked; its phrases are in the index of all phrases.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub text: RuleText,
    pub origin: Origin,
    pub patterns: Vec<Regex>,
}

impl Rule {
    /// How a reason names it.
    pub(super) fn title(&self) -> String {
        match self.origin {
            Origin::Shipped => format!("rule `{}`", self.text.id),
            Origin::Tenant => format!("your own rule `{}`", self.text.id),
        }
    }

    /// Whether the rule says that a ticket is somebody else's work.
    pub(super) fn sends_away(&self) -> bool {
        self.text.scope == Some(Scope::OutOfScope)
    }

    /// Compiles patterns and phrases; the phrases go to `add`.
    pub(super) fn compile(
        text: RuleText,
        origin: Origin,
        compiler: &mut Compiler<'_>,
        add: &mut dyn FnMut(Role, Phrase),
        faults: &mut Vec<RuleFault>,
    ) -> Self {
        check(&text, faults);
        let roles = [
            (Role::Any, &text.any),
            (Role::Near, &text.near),
            (Role::With, &text.with),
            (Role::UnlessNear, &text.unless_near),
            (Role::Without, &text.without),
        ];
        for (role, phrases) in roles {
            for phrase in phrases {
                match compiler.phrase(phrase) {
                    Ok(phrase) => add(role, phrase),
                    Err(detail) => faults.push(RuleFault::of_rule(&text.id, detail)),
                }
            }
        }
        let mut patterns = Vec::new();
        for pattern in &text.patterns {
            match RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build() {
                Ok(pattern) if pattern.is_match("") => {
                    faults.push(RuleFault::of_rule(
                        &text.id,
                        format!("pattern `{pattern}` matches nothing at all"),
                    ));
                }
                Ok(pattern) => patterns.push(pattern),
                Err(error) => {
                    faults.push(RuleFault::of_rule(&text.id, format!("pattern `{pattern}`: {error}")));
                }
            }
        }
        Self { text, origin, patterns }
    }
}

/// What no rule may be.
fn check(text: &RuleText, faults: &mut Vec<RuleFault>) {
    let mut fault = |detail: &str| faults.push(RuleFault::of_rule(&text.id, detail));
    let fields = text.channels.len() + text.services.len() + text.with_tags.len() + text.evidence.len();
    if text.any.is_empty() && text.patterns.is_empty() && fields == 0 {
        fault(
            "it has no condition: give `any`, `patterns`, `channels`, `services`, `with_tags` or `evidence`",
        );
    }
    let says_nothing = text.category.is_none()
        && text.against.is_empty()
        && text.severity.is_none()
        && text.severity_at_most.is_none()
        && text.impact.is_none()
        && text.impact_at_most.is_none()
        && text.scope.is_none()
        && text.ticket_type.is_none()
        && text.tags.is_empty();
    if says_nothing {
        fault("it has no result");
    }
    if !(text.weight > 0.0 && text.weight <= 10.0) {
        fault("its weight must be above 0 and at most 10");
    }
    match text.scope {
        Some(Scope::OutOfScope) if text.persona.is_none() || text.category.is_none() => {
            fault("a rule for out_of_scope must name the persona and the category");
        }
        Some(Scope::OutOfScope) => {}
        _ if text.persona.is_some() => fault("only a rule for out_of_scope names a persona"),
        _ => {}
    }
    if text.examples.is_empty() {
        fault("it has no example");
    }
}
