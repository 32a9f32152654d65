//! On-call schedules of teams.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::fields::FromJson;
use crate::domain::on_call::Schedule;

const TABLE: &str = "on_call_schedules";

/// What is kept of a team's schedule.
#[derive(Debug, Clone)]
pub struct Kept {
    /// How often it was changed.
    pub version: i32,
    /// The schedule; none: it was removed.
    pub schedule: Option<Schedule>,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Locks a team for an edit of its schedule until the transaction ends.
/// `false`: there is no such team.
pub async fn lock_team(tx: &mut TenantTx, team: &str) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<i32> = sqlx::query_scalar(
        "-- store::on_call::lock_team
        select 1 from teams where tenant_id = $1 and slug = $2 for no key update",
    )
    .bind(tenant)
    .bind(team)
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Whether there is such a team.
pub async fn has_team(read: &mut TenantRead, team: &str) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::on_call::has_team
        select exists (select from teams where tenant_id = $1 and slug = $2)",
    )
    .bind(tenant)
    .bind(team)
    .fetch_one(read.connection())
    .await?)
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i32,
    document: Option<Value>,
    updated_at: jiff_sqlx::Timestamp,
}

/// What is kept for a team; none: it never had a schedule.
pub async fn lookup(read: &mut TenantRead, team: &str) -> Result<Option<Kept>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::on_call::lookup
        select version, document, updated_at from on_call_schedules where tenant_id = $1 and team = $2",
    )
    .bind(tenant)
    .bind(team)
    .fetch_optional(read.connection())
    .await?;
    row.map(|row| {
        let schedule = row.document.map(self::read).transpose()?;
        Ok(Kept { version: row.version, schedule, updated_at: row.updated_at.to_jiff() })
    })
    .transpose()
}

/// Reads a schedule as it is kept.
pub(super) fn read(document: Value) -> Result<Schedule, Error> {
    Schedule::from_json(document).map_err(|faults| Error::bad_row(TABLE, format!("{faults:?}")))
}

/// Puts a schedule, or its absence, in the place of the one before.
pub async fn put(tx: &mut TenantTx, team: &str, kept: &Kept) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::on_call::put
        insert into on_call_schedules (tenant_id, team, version, document, updated_at)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, team) do update
           set version = excluded.version, document = excluded.document, updated_at = excluded.updated_at",
    )
    .bind(tenant)
    .bind(team)
    .bind(kept.version)
    .bind(kept.schedule.as_ref().map(Schedule::written))
    .bind(kept.updated_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}
