//! Tenants with their teams and agents.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::row::optional_word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, TenantId};
use crate::domain::tenant::{Agent, Team, Tenant};
use crate::domain::vocabulary::Persona;

/// Makes the transaction's own tenant.
pub async fn insert(tx: &mut TenantTx, tenant: &Tenant) -> Result<(), Error> {
    sqlx::query(
        "-- store::tenant::insert
        insert into tenants (tenant_id, slug, name, created_at) values ($1, $2, $3, $4)",
    )
    .bind(tenant.id.uuid())
    .bind(&tenant.slug)
    .bind(&tenant.name)
    .bind(tenant.created_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    tenant_id: Uuid,
    slug: String,
    name: String,
    created_at: jiff_sqlx::Timestamp,
}

/// The transaction's own tenant.
pub async fn lookup(read: &mut TenantRead) -> Result<Option<Tenant>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<TenantRow> = sqlx::query_as(
        "-- store::tenant::lookup
        select tenant_id, slug, name, created_at from tenants where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(|row| Tenant {
        id: TenantId::new(row.tenant_id),
        slug: row.slug,
        name: row.name,
        created_at: row.created_at.to_jiff(),
    }))
}

/// Adds teams that are not there yet.
pub async fn insert_teams(tx: &mut TenantTx, teams: &[Team], now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let slugs: Vec<_> = teams.iter().map(|team| team.slug.clone()).collect();
    let names: Vec<_> = teams.iter().map(|team| team.name.clone()).collect();
    let personas: Vec<_> = teams.iter().map(|team| team.persona.map(Persona::as_str)).collect();
    sqlx::query(
        "-- store::tenant::insert_teams
        insert into teams (tenant_id, slug, name, persona, created_at)
        select $1, slug, name, persona, $5 from unnest($2::text[], $3::text[], $4::text[]) as g(slug, name, persona)
        on conflict (tenant_id, slug) do nothing",
    )
    .bind(tenant)
    .bind(slugs)
    .bind(names)
    .bind(personas)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct TeamRow {
    slug: String,
    name: String,
    persona: Option<String>,
    address: Option<String>,
    webhook: Option<Uuid>,
    version: i64,
}

impl TryFrom<TeamRow> for Team {
    type Error = Error;

    fn try_from(row: TeamRow) -> Result<Self, Error> {
        let persona = optional_word("teams", row.persona.as_deref())?;
        let TeamRow { slug, name, address, webhook, version, .. } = row;
        Ok(Self { slug, name, persona, address, webhook, version })
    }
}

/// All teams.
pub async fn list_teams(read: &mut TenantRead) -> Result<Vec<Team>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<TeamRow> = sqlx::query_as(
        "-- store::tenant::list_teams
        select slug, name, persona, address, webhook, version from teams where tenant_id = $1 order by slug",
    )
    .bind(tenant)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Team::try_from).collect()
}

/// Adds an agent.
pub async fn insert_agent(tx: &mut TenantTx, agent: &Agent, now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::tenant::insert_agent
        insert into agents (tenant_id, id, name, email, team, active, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(agent.id.uuid())
    .bind(&agent.name)
    .bind(&agent.email)
    .bind(&agent.team)
    .bind(agent.active)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct AgentRow {
    id: Uuid,
    name: String,
    email: Option<String>,
    team: Option<String>,
    active: bool,
    version: i64,
}

impl From<AgentRow> for Agent {
    fn from(row: AgentRow) -> Self {
        let AgentRow { id, name, email, team, active, version } = row;
        Self { id: AgentId::new(id), name, email, team, active, version }
    }
}

/// Agents by name after `after`, `limit` at most.
pub async fn list_agents(
    read: &mut TenantRead,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Agent>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<AgentRow> = sqlx::query_as(
        "-- store::tenant::list_agents
        select id, name, email, team, active, version from agents
         where tenant_id = $1 and ($2::text is null or name > $2) order by name limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(Agent::from).collect())
}

/// The agent who has this identifier or, failing that, exactly this name.
pub async fn lookup_agent(read: &mut TenantRead, wanted: &str) -> Result<Option<Agent>, Error> {
    let tenant = read.tenant().uuid();
    let id = Uuid::try_parse(wanted).ok();
    let row: Option<AgentRow> = sqlx::query_as(
        "-- store::tenant::lookup_agent
        select id, name, email, team, active, version from agents where tenant_id = $1 and (id = $2 or name = $3)
         order by id = $2 desc nulls last limit 1",
    )
    .bind(tenant)
    .bind(id)
    .bind(wanted)
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(Agent::from))
}

/// The names of agents.
pub async fn agent_names(
    read: &mut TenantRead,
    agents: &[AgentId],
) -> Result<std::collections::HashMap<AgentId, String>, Error> {
    let tenant = read.tenant().uuid();
    let ids: Vec<Uuid> = agents.iter().map(|agent| agent.uuid()).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "-- store::tenant::agent_names
        select id, name from agents where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(|(id, name)| (AgentId::new(id), name)).collect())
}
