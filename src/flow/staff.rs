//! Teams and the people in them: made and changed, each time on record.

use serde_json::json;
use uuid::Uuid;

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::agent::{AgentPatch, NewAgent, differences};
use crate::domain::audit::Act;
use crate::domain::id::{AgentId, EndpointId, TenantId};
use crate::domain::team::{NewTeam, TeamEntry, TeamPatch};
use crate::domain::tenant::{Agent, Team};
use crate::store;

/// A team of the tenant's own.
#[derive(Debug, Clone)]
pub struct AddTeam(pub NewTeam);

impl UseCase for AddTeam {
    type Output = Team;

    async fn run(&self, work: &mut Work<'_>) -> Result<Team, Error> {
        let NewTeam { slug, entry: TeamEntry { name, address, webhook } } = self.0.clone();
        expect_webhook(work, webhook).await?;
        let team = Team { address, webhook, ..Team::new(slug, name, None) };
        store::team::insert(&mut work.tx, &team, work.now).await?;
        record(work, "team.create", None, json!({ "team": team.slug })).await?;
        Ok(team)
    }
}

/// What a team is to be.
#[derive(Debug, Clone)]
pub enum TeamChange {
    /// This, whole.
    Replace(TeamEntry),
    /// As it is, but for this.
    Patch(TeamPatch),
}

/// A change of a team.
#[derive(Debug, Clone)]
pub struct EditTeam {
    /// Which team.
    pub slug: String,
    /// What it is to be.
    pub change: TeamChange,
    /// The versions that the change is meant for.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for EditTeam {
    type Output = Team;

    async fn run(&self, work: &mut Work<'_>) -> Result<Team, Error> {
        if !store::team::lock(&mut work.tx, &self.slug).await? {
            return Err(Error::NotFound("team"));
        }
        let found = store::team::lookup(work.tx.read(), &self.slug).await?;
        let mut team = found.ok_or(Error::NotFound("team"))?;
        demand(self.expected.as_deref(), team.version)?;
        let entry = match &self.change {
            TeamChange::Replace(entry) => entry.clone(),
            TeamChange::Patch(patch) => patch.clone().apply(&team),
        };
        let fields = entry.differences(&team);
        if fields.is_empty() {
            return Ok(team);
        }
        if entry.webhook != team.webhook {
            expect_webhook(work, entry.webhook).await?;
        }
        team = Team {
            name: entry.name,
            address: entry.address,
            webhook: entry.webhook,
            version: team.version + 1,
            ..team
        };
        store::team::update(&mut work.tx, &team).await?;
        record(work, "team.update", None, json!({ "team": team.slug, "fields": fields })).await?;
        Ok(team)
    }
}

/// A person of the desk.
#[derive(Debug, Clone)]
pub struct AddAgent(pub NewAgent);

impl UseCase for AddAgent {
    type Output = Agent;

    async fn run(&self, work: &mut Work<'_>) -> Result<Agent, Error> {
        let NewAgent { name, email, team, active } = self.0.clone();
        let id = AgentId::new(work.desk.clock().new_id());
        let agent = Agent { id, name, email, team, active, version: 1 };
        expect_team(work, agent.team.as_deref()).await?;
        store::tenant::insert_agent(&mut work.tx, &agent, work.now).await?;
        record(work, "agent.create", Some(agent.id), json!({})).await?;
        Ok(agent)
    }
}

/// A change of an agent.
#[derive(Debug, Clone)]
pub struct EditAgent {
    /// Which agent.
    pub agent: AgentId,
    /// What changes.
    pub patch: AgentPatch,
    /// The versions that the change is meant for.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for EditAgent {
    type Output = Agent;

    async fn run(&self, work: &mut Work<'_>) -> Result<Agent, Error> {
        if !store::agent::lock(&mut work.tx, self.agent).await? {
            return Err(Error::NotFound("agent"));
        }
        let found = store::agent::lookup(work.tx.read(), self.agent).await?;
        let before = found.ok_or(Error::NotFound("agent"))?;
        demand(self.expected.as_deref(), before.version)?;
        let mut agent = self.patch.clone().apply(&before);
        let fields = differences(&before, &agent);
        if fields.is_empty() {
            return Ok(before);
        }
        expect_team(work, agent.team.as_deref()).await?;
        agent.version += 1;
        store::agent::update(&mut work.tx, &agent).await?;
        record(work, "agent.update", Some(agent.id), json!({ "fields": fields })).await?;
        Ok(agent)
    }
}

fn demand(expected: Option<&[i64]>, version: i64) -> Result<(), Error> {
    if expected.is_some_and(|versions| !versions.contains(&version)) {
        return Err(Error::VersionMismatch);
    }
    Ok(())
}

/// Refuses a webhook endpoint that there is not.
async fn expect_webhook(work: &mut Work<'_>, webhook: Option<Uuid>) -> Result<(), Error> {
    let Some(webhook) = webhook else { return Ok(()) };
    match store::webhook::endpoint::lookup(work.tx.read(), EndpointId::new(webhook)).await? {
        Some(_) => Ok(()),
        None => Err(Error::invalid("/webhook", "unknown_webhook", "is not the id of a webhook endpoint")),
    }
}

/// Refuses a team that there is not.
async fn expect_team(work: &mut Work<'_>, slug: Option<&str>) -> Result<(), Error> {
    let Some(slug) = slug else { return Ok(()) };
    match store::team::lookup(work.tx.read(), slug).await? {
        Some(_) => Ok(()),
        None => Err(Error::invalid("/team", "unknown_team", "is not the slug of a team")),
    }
}

async fn record(
    work: &mut Work<'_>,
    action: &'static str,
    target: Option<AgentId>,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: target.map(AgentId::uuid),
        detail,
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}

impl Desk {
    /// One team.
    pub async fn team(&self, tenant: TenantId, slug: &str) -> Result<Team, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let team = store::team::lookup(&mut read, slug).await?;
        read.finish().await?;
        team.ok_or(Error::NotFound("team"))
    }

    /// One agent.
    pub async fn agent(&self, tenant: TenantId, agent: AgentId) -> Result<Agent, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::agent::lookup(&mut read, agent).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("agent"))
    }
}
