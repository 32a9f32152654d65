//! People of the desk, one by one.

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use super::tenant::AgentRow;
use crate::domain::id::AgentId;
use crate::domain::tenant::Agent;

/// The agent of this identifier.
pub async fn lookup(read: &mut TenantRead, agent: AgentId) -> Result<Option<Agent>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<AgentRow> = sqlx::query_as(
        "-- store::agent::lookup
        select id, name, email, team, active, version from agents where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(agent.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(Agent::from))
}

/// Locks the agent of this identifier until the transaction ends. `false`:
/// there is none.
pub async fn lock(tx: &mut TenantTx, agent: AgentId) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<i32> = sqlx::query_scalar(
        "-- store::agent::lock
        select 1 from agents where tenant_id = $1 and id = $2 for no key update",
    )
    .bind(tenant)
    .bind(agent.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Writes an agent as they are now.
pub async fn update(tx: &mut TenantTx, agent: &Agent) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::agent::update
        update agents set name = $3, email = $4, team = $5, active = $6, version = $7
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(agent.id.uuid())
    .bind(&agent.name)
    .bind(&agent.email)
    .bind(&agent.team)
    .bind(agent.active)
    .bind(agent.version)
    .execute(tx.connection())
    .await?;
    Ok(())
}
