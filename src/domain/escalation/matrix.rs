//! The matrix: rules in order, the first that applies decides.

use crate::domain::document::Fault;
use crate::domain::vocabulary::Persona;

use super::question::Question;
use super::reading;
use super::route::{Proposal, Requirement, Route, RunnerUp};
use super::rule::{AtCreation, Destination, Direct, Rule};
use super::{FIRST_LEVEL, team_of};

/// The functional escalation matrix, checked when it was read:
/// every rule wins its own examples, every persona has a home row, and no row
/// falls back on its own persona.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Matrix {
    pub(super) rules: Vec<Rule>,
    pub(super) otherwise: Rule,
    pub(super) direct: Vec<Direct>,
}

impl Matrix {
    /// Reads a matrix from the text of `config/escalation.toml` or a tenant's
    /// own. The error lists every fault with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        reading::read(text)
    }

    /// The rules in the order in which they are tried, the one for everything
    /// else at the end.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().chain([&self.otherwise])
    }

    /// The rows of personas that no rule leads to.
    #[must_use]
    pub fn direct(&self) -> &[Direct] {
        &self.direct
    }

    /// Where an escalation of this ticket goes, by the first rule that applies.
    #[must_use]
    pub fn route(&self, question: &Question) -> Route {
        let (rule, persona) = self.winner(question);
        let held_at_first_level = rule.at_creation == AtCreation::Held && question.situation.is_none();
        Route {
            persona,
            team: team_of(persona).to_owned(),
            rule: rule.id.clone(),
            reasons: reasons(rule, persona, question, held_at_first_level),
            required_context: rule.required_context.clone(),
            acknowledge_within_seconds: rule.acknowledge_within_seconds.seconds(question.priority),
            fallback: rule.fallback,
            runner_up: self.runner_up(persona, question),
            automatic: rule.at_creation == AtCreation::Automatic,
            restricted: rule.restricted,
            held_at_first_level,
        }
    }

    /// What becomes of a ticket at its creation. No person has spoken yet, so
    /// the question's situation is ignored.
    #[must_use]
    pub fn propose(&self, question: &Question) -> Proposal {
        let route = self.route(&Question { situation: None, ..question.clone() });
        let held = route.held_at_first_level;
        Proposal {
            persona: (!held).then_some(route.persona),
            team: if route.automatic { route.team.clone() } else { FIRST_LEVEL.to_owned() },
            required_context: if held { Vec::new() } else { route.required_context.clone() },
            automatic: route.automatic,
            restricted: route.restricted,
            route,
        }
    }

    /// What a persona needs whom a person chose by name. The row is that of
    /// the matrix's own choice if it is the same persona; else the first rule
    /// with conditions that applies and leads to the persona; else the home
    /// row of the persona. The ticket becomes restricted if its own rule or that
    /// of the persona says so.
    #[must_use]
    pub fn requirement(&self, persona: Persona, question: &Question) -> Requirement {
        let (winner, chosen) = self.winner(question);
        let seconds = |target: super::AcknowledgementTarget| target.seconds(question.priority);
        let mut requirement = Requirement {
            persona,
            team: team_of(persona).to_owned(),
            rule: winner.id.clone(),
            required_context: winner.required_context.clone(),
            acknowledge_within_seconds: seconds(winner.acknowledge_within_seconds),
            fallback: Some(winner.fallback),
            restricted: winner.restricted,
        };
        if chosen == persona {
            return requirement;
        }
        let home = || self.rules().find(|rule| rule.home && rule.to == Destination::Persona(persona));
        if let Some(rule) = self.applying(persona, question).or_else(home) {
            requirement.rule.clone_from(&rule.id);
            requirement.required_context.clone_from(&rule.required_context);
            requirement.acknowledge_within_seconds = seconds(rule.acknowledge_within_seconds);
            requirement.fallback = Some(rule.fallback);
            requirement.restricted |= rule.restricted;
        } else if let Some(row) = self.direct.iter().find(|row| row.to == persona) {
            requirement.rule.clone_from(&row.id);
            requirement.required_context.clone_from(&row.required_context);
            requirement.acknowledge_within_seconds = seconds(row.acknowledge_within_seconds);
            requirement.fallback = row.fallback;
        }
        requirement
    }

    /// The first rule with conditions that applies and leads to this persona.
    fn applying(&self, persona: Persona, question: &Question) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.leads_to(question) == Some(persona))
    }

    /// The first rule that applies; the one for everything else applies always.
    pub(super) fn winner(&self, question: &Question) -> (&Rule, Persona) {
        let first = self.rules.iter().find_map(|rule| Some((rule, rule.leads_to(question)?)));
        first.unwrap_or_else(|| {
            let persona = self.otherwise.leads_to(question).unwrap_or(self.otherwise.fallback);
            (&self.otherwise, persona)
        })
    }

    /// The first rule that applies and would have sent it to somebody else.
    fn runner_up(&self, chosen: Persona, question: &Question) -> Option<RunnerUp> {
        self.rules().find_map(|rule| {
            let persona = rule.leads_to(question).filter(|persona| *persona != chosen)?;
            Some(RunnerUp { persona, rule: rule.id.clone() })
        })
    }
}

fn reasons(rule: &Rule, persona: Persona, question: &Question, held: bool) -> Vec<String> {
    let mut reasons = rule.when.facts(question);
    reasons.push(rule.because.clone());
    if rule.to == Destination::Triage {
        reasons.push(format!("Triage found it to be work of {persona}."));
    }
    if let Some(situation) = question.situation.filter(|_| rule.when.situation.is_empty()) {
        reasons.push(format!("It is said that {}.", situation.clause()));
    }
    if rule.at_creation == AtCreation::Automatic {
        reasons.push("The desk makes this escalation by itself when the ticket is created.".to_owned());
    }
    if rule.restricted {
        reasons.push("The ticket is marked confidential.".to_owned());
    }
    if held {
        reasons.push("First level keeps it until somebody says that first level cannot fix it.".to_owned());
    }
    reasons
}
