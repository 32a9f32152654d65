//! Whom a step reaches.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::policy::Target;
use crate::domain::escalation::team_of;
use crate::domain::id::AgentId;
use crate::domain::on_call::Schedule;
use crate::domain::vocabulary::Persona;

/// Who is told, or gets the ticket: whoever a [`Target`] stood for at its
/// instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reached {
    /// Everybody of a team.
    Team {
        /// Its slug.
        team: String,
    },
    /// One person.
    Agent {
        /// Who.
        agent: AgentId,
        /// The team that they are on call for, or lead; none: they were named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<String>,
    },
    /// A persona, by way of its team.
    Persona {
        /// Which one.
        persona: Persona,
        /// Its team.
        team: String,
    },
}

/// Who there is to be reached in a tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// The slugs of its teams.
    pub teams: Vec<String>,
    /// Its people who still work, by name.
    pub people: Vec<AgentId>,
    /// Those of them who lead, by name, each with their team; none: they lead all.
    pub leads: Vec<(AgentId, Option<String>)>,
    /// When whom to call, by team.
    pub on_call: BTreeMap<String, Schedule>,
}

impl Directory {
    /// Whom a target stands for at an instant; none: nobody is there. What
    /// depends on the ticket (the team that a target leaves open, who works it, a
    /// fallback) has to be put in first.
    #[must_use]
    pub fn reach(&self, target: &Target, at: Timestamp) -> Option<Reached> {
        match target {
            Target::Queue(team) => {
                let team = team.as_ref().filter(|team| self.teams.contains(team))?;
                Some(Reached::Team { team: team.clone() })
            }
            Target::OnCall(team) => {
                let team = team.as_ref()?;
                let duty = self.on_call.get(team)?.on_call(at).duty?;
                self.person(duty.agent, Some(team))
            }
            Target::Lead(team) => {
                let leads = |(_, of): &&(AgentId, Option<String>)| of.is_none() || of == team;
                // Who leads just this team comes before who leads all.
                let mut found: Vec<_> = self.leads.iter().filter(leads).collect();
                found.sort_by_key(|(_, of)| of.is_none());
                self.person(found.first()?.0, team.as_ref())
            }
            Target::Agent(agent) => self.person(*agent, None),
            Target::Persona(persona) => {
                let team = team_of(*persona).to_owned();
                self.teams.contains(&team).then_some(Reached::Persona { persona: *persona, team })
            }
            Target::Assignee | Target::Fallback => None,
        }
    }

    fn person(&self, agent: AgentId, team: Option<&String>) -> Option<Reached> {
        self.people.contains(&agent).then(|| Reached::Agent { agent, team: team.cloned() })
    }
}
