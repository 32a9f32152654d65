//! What the matrix answers.

use crate::domain::vocabulary::{EvidenceKind, Persona};

/// Where an escalation goes and what it needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Route {
    /// Who takes it.
    pub persona: Persona,
    /// The slug of that persona's team.
    pub team: String,
    /// The id of the rule that decided.
    pub rule: String,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// The evidence that must be on the ticket.
    pub required_context: Vec<EvidenceKind>,
    /// Seconds until it must be acknowledged.
    pub acknowledge_within_seconds: i64,
    /// Who takes it if that persona declines or stays silent; never `persona`.
    pub fallback: Persona,
    /// The next rule that would have sent it to somebody else.
    pub runner_up: Option<RunnerUp>,
    /// Whether the desk makes this escalation by itself when the ticket is created.
    pub automatic: bool,
    /// Whether the ticket becomes visible only to those named.
    pub restricted: bool,
    /// Whether first level keeps the ticket until a person says otherwise. The
    /// rest of the route then tells where it would go.
    pub held_at_first_level: bool,
}

/// The second choice of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RunnerUp {
    /// Who would take it.
    pub persona: Persona,
    /// By which rule.
    pub rule: String,
}

/// What the matrix proposes for a ticket that is being created.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Proposal {
    /// Where the ticket would go; `None` while first level keeps it.
    pub persona: Option<Persona>,
    /// The slug of the team that works it now: the persona's if the escalation
    /// is automatic, else first level.
    pub team: String,
    /// The evidence that persona would need; empty while first level keeps it.
    pub required_context: Vec<EvidenceKind>,
    /// Whether the escalation is to be made at once, without a person.
    pub automatic: bool,
    /// Whether the ticket becomes visible only to those named.
    pub restricted: bool,
    /// The whole answer, also for a ticket that first level keeps.
    pub route: Route,
}

/// What a persona whom a person chose by name needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Requirement {
    /// The chosen persona.
    pub persona: Persona,
    /// The slug of that persona's team.
    pub team: String,
    /// The id of the rule whose row was taken.
    pub rule: String,
    /// The evidence that must be on the ticket.
    pub required_context: Vec<EvidenceKind>,
    /// Seconds until it must be acknowledged.
    pub acknowledge_within_seconds: i64,
    /// Who takes it if that persona declines or stays silent; `None` only for
    /// `human_support`, beyond whom there is nobody.
    pub fallback: Option<Persona>,
    /// Whether the ticket becomes visible only to those named.
    pub restricted: bool,
}

impl From<&Route> for Requirement {
    fn from(route: &Route) -> Self {
        Self {
            persona: route.persona,
            team: route.team.clone(),
            rule: route.rule.clone(),
            required_context: route.required_context.clone(),
            acknowledge_within_seconds: route.acknowledge_within_seconds,
            fallback: Some(route.fallback),
            restricted: route.restricted,
        }
    }
}
