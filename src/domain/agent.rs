//! People of the desk as they are made and changed.

use serde_json::Value;

use super::change::Change;
use super::edit::{change, kept};
use super::field::Field;
use super::fields::{Fields, FromJson, read};
use super::intake;
use super::tenant::Agent;
use super::violation::Violation;

/// A person to be added to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgent {
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) active: bool,
}

/// A merge patch of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPatch {
    pub(crate) name: Option<String>,
    pub(crate) email: Change<String>,
    pub(crate) team: Change<String>,
    pub(crate) active: Option<bool>,
}

impl FromJson for NewAgent {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let name = name(f).required();
            let email = intake::email(f).optional();
            let team = team(f).optional();
            let active = f.boolean("active").or(true);
            Some(Self { name: name?, email, team, active })
        })
    }
}

impl FromJson for AgentPatch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            Some(Self {
                name: kept(f, "name", name),
                email: change(f, "email", intake::email),
                team: change(f, "team", team),
                active: kept(f, "active", |f| f.boolean("active")),
            })
        })
    }
}

impl AgentPatch {
    /// The agent after the patch, at the same version.
    #[must_use]
    pub fn apply(self, agent: &Agent) -> Agent {
        Agent {
            id: agent.id,
            name: self.name.unwrap_or_else(|| agent.name.clone()),
            email: self.email.apply(agent.email.clone()),
            team: self.team.apply(agent.team.clone()),
            active: self.active.unwrap_or(agent.active),
            version: agent.version,
        }
    }
}

/// The names of what differs between two states of an agent.
#[must_use]
pub fn differences(before: &Agent, after: &Agent) -> Vec<&'static str> {
    let differs = [
        ("name", before.name != after.name),
        ("email", before.email != after.email),
        ("team", before.team != after.team),
        ("active", before.active != after.active),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// A name that no identifier could be taken for.
fn name<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("name").trimmed().min_chars(1).max_chars(200).one_line().check(
        "is_an_id",
        |name| uuid::Uuid::try_parse(name).is_err(),
        || "must not look like an id",
    )
}

fn team<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("team").trimmed().min_chars(1).max_chars(63)
}
