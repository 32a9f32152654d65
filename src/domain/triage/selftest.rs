//! Tries the examples that rules ship with: a rule that does not do what its
//! own examples say is refused.

use super::fault::RuleFault;
use super::rule::{Origin, Rule};
use super::rules::Compiled;
use super::submission::{Decision, Submission};
use crate::domain::vocabulary::{Channel, Scope};

/// Tries the examples of every rule.
pub(super) fn run(compiled: &Compiled) -> Result<(), Vec<RuleFault>> {
    run_those(compiled, |_| true)
}

/// Tries the examples of the tenant's rules only: a tenant may well overrule
/// what a shipped example expects.
pub(super) fn run_tenant(compiled: &Compiled) -> Result<(), Vec<RuleFault>> {
    run_those(compiled, |rule| rule.origin == Origin::Tenant)
}

fn run_those(compiled: &Compiled, wanted: impl Fn(&Rule) -> bool) -> Result<(), Vec<RuleFault>> {
    let mut faults = Vec::new();
    for (number, rule) in compiled.rules.iter().enumerate().filter(|(_, rule)| wanted(rule)) {
        for text in &rule.text.examples {
            let submission = example(rule, text);
            if compiled.firing(&submission).contains(&number) {
                for detail in disagreements(rule, &compiled.decide(&submission)) {
                    faults.push(RuleFault::of_rule(&rule.text.id, format!("example \"{text}\": {detail}")));
                }
            } else {
                faults.push(RuleFault::of_rule(
                    &rule.text.id,
                    format!("it does not fire on its example \"{text}\""),
                ));
            }
        }
        for text in &rule.text.counter_examples {
            if compiled.firing(&example(rule, text)).contains(&number) {
                faults.push(RuleFault::of_rule(
                    &rule.text.id,
                    format!("it fires on its counter-example \"{text}\""),
                ));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// A submission of `text` that meets the rule's other conditions.
fn example<'a>(rule: &'a Rule, text: &'a str) -> Submission<'a> {
    let channel = rule.text.channels.first().copied().unwrap_or(Channel::Form);
    let mut submission = Submission::new("", text, channel);
    submission.service = rule.text.services.first().map(String::as_str);
    submission.tags = rule.text.with_tags.get(..1).unwrap_or_default();
    submission.evidence = rule.text.evidence.first().map(|kind| (*kind, "")).into_iter().collect();
    submission
}

/// Where the decision is not what the rule says.
fn disagreements(rule: &Rule, decision: &Decision) -> Vec<String> {
    let text = &rule.text;
    let mut found = Vec::new();
    if let Some(category) = text.category.filter(|category| *category != decision.category.value) {
        found.push(format!("the category is {} instead of {category}", decision.category.value));
    }
    if let Some(severity) = text.severity.filter(|severity| decision.severity.value > *severity) {
        found.push(format!("the severity is {} instead of {severity}", decision.severity.value));
    }
    if let Some(most) = text.severity_at_most.filter(|most| decision.severity.value < *most) {
        found.push(format!("the severity is {} instead of {most} at most", decision.severity.value));
    }
    if let Some(impact) = text.impact.filter(|impact| *impact != decision.impact.value) {
        found.push(format!("the impact is {} instead of {impact}", decision.impact.value));
    }
    if let Some(scope) = text.scope.filter(|scope| *scope != decision.scope.value) {
        found.push(format!("the scope is {} instead of {scope}", decision.scope.value));
    }
    if text.scope == Some(Scope::OutOfScope) && text.persona != decision.scope.persona {
        found.push("the persona is another".to_owned());
    }
    found
}
