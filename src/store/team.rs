//! Teams, one by one.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use super::tenant::TeamRow;
use crate::domain::id::EndpointId;
use crate::domain::tenant::Team;
use crate::domain::vocabulary::Persona;

/// The team of this slug.
pub async fn lookup(read: &mut TenantRead, slug: &str) -> Result<Option<Team>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<TeamRow> = sqlx::query_as(
        "-- store::team::lookup
        select slug, name, persona, address, webhook, version from teams where tenant_id = $1 and slug = $2",
    )
    .bind(tenant)
    .bind(slug)
    .fetch_optional(read.connection())
    .await?;
    row.map(Team::try_from).transpose()
}

/// The endpoints that teams are told by, for those that have one.
pub async fn webhooks(read: &mut TenantRead) -> Result<HashMap<String, EndpointId>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(String, Uuid)> = sqlx::query_as(
        "-- store::team::webhooks
        select slug, webhook from teams where tenant_id = $1 and webhook is not null",
    )
    .bind(tenant)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(|(team, webhook)| (team, EndpointId::new(webhook))).collect())
}

/// Locks the team of this slug until the transaction ends. `false`: there is
/// none.
pub async fn lock(tx: &mut TenantTx, slug: &str) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<i32> = sqlx::query_scalar(
        "-- store::team::lock
        select 1 from teams where tenant_id = $1 and slug = $2 for no key update",
    )
    .bind(tenant)
    .bind(slug)
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Adds a team; a slug that is taken is refused by the primary key.
pub async fn insert(tx: &mut TenantTx, team: &Team, now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::team::insert
        insert into teams (tenant_id, slug, name, persona, address, webhook, version, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(&team.slug)
    .bind(&team.name)
    .bind(team.persona.map(Persona::as_str))
    .bind(&team.address)
    .bind(team.webhook)
    .bind(team.version)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes a team as it is now.
pub async fn update(tx: &mut TenantTx, team: &Team) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::team::update
        update teams set name = $3, address = $4, webhook = $5, version = $6
         where tenant_id = $1 and slug = $2",
    )
    .bind(tenant)
    .bind(&team.slug)
    .bind(&team.name)
    .bind(&team.address)
    .bind::<Option<Uuid>>(team.webhook)
    .bind(team.version)
    .execute(tx.connection())
    .await?;
    Ok(())
}
