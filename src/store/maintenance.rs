//! Maintenance that was announced.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::MaintenanceId;
use crate::domain::maintenance::Maintenance;
use crate::domain::uptime::Span;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    services: Option<Vec<String>>,
    from_at: jiff_sqlx::Timestamp,
    to_at: jiff_sqlx::Timestamp,
    reason: String,
    cancelled_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Maintenance {
    fn from(row: Row) -> Self {
        Self {
            id: MaintenanceId::new(row.id),
            services: row.services,
            from: row.from_at.to_jiff(),
            to: row.to_at.to_jiff(),
            reason: row.reason,
            cancelled_at: row.cancelled_at.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: row.created_at.to_jiff(),
        }
    }
}

/// Adds a window.
pub async fn insert(tx: &mut TenantTx, window: &Maintenance) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::maintenance::insert
        insert into maintenance_windows (tenant_id, id, services, from_at, to_at, reason, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(window.id.uuid())
    .bind(&window.services)
    .bind(window.from.to_sqlx())
    .bind(window.to.to_sqlx())
    .bind(&window.reason)
    .bind(window.created_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes when a window was called off.
pub async fn cancel(tx: &mut TenantTx, window: &Maintenance) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::maintenance::cancel
        update maintenance_windows set cancelled_at = $3 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(window.id.uuid())
    .bind(window.cancelled_at.map(ToSqlx::to_sqlx))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// One window.
pub async fn lookup(read: &mut TenantRead, window: MaintenanceId) -> Result<Option<Maintenance>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::maintenance::lookup
        select id, services, from_at, to_at, reason, cancelled_at, created_at
          from maintenance_windows where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(window.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(Maintenance::from))
}

/// One window, which nobody else changes until the transaction ends.
pub async fn lock(tx: &mut TenantTx, window: MaintenanceId) -> Result<Option<Maintenance>, Error> {
    let tenant = tx.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::maintenance::lock
        select id, services, from_at, to_at, reason, cancelled_at, created_at
          from maintenance_windows where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(window.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(Maintenance::from))
}

/// Windows made before another one, the latest first, `limit` at most; about
/// one service if it is named, and reaching beyond `from` and before `to` if
/// those are given.
pub async fn list(
    read: &mut TenantRead,
    service: Option<&str>,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    before: Option<MaintenanceId>,
    limit: i64,
) -> Result<Vec<Maintenance>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::maintenance::list
        select id, services, from_at, to_at, reason, cancelled_at, created_at
          from maintenance_windows
         where tenant_id = $1 and ($2::text is null or services is null or $2 = any(services))
           and ($3::timestamptz is null or to_at > $3) and ($4::timestamptz is null or from_at < $4)
           and ($5::uuid is null or id < $5)
         order by id desc limit $6",
    )
    .bind(tenant)
    .bind(service)
    .bind(from.map(ToSqlx::to_sqlx))
    .bind(to.map(ToSqlx::to_sqlx))
    .bind(before.map(MaintenanceId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(Maintenance::from).collect())
}

/// The windows that reach into a stretch of time, those that were called off
/// too.
pub async fn during(read: &mut TenantRead, span: Span) -> Result<Vec<Maintenance>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::maintenance::during
        select id, services, from_at, to_at, reason, cancelled_at, created_at
          from maintenance_windows where tenant_id = $1 and to_at > $2 and from_at < $3 order by id",
    )
    .bind(tenant)
    .bind(span.from.to_sqlx())
    .bind(span.to.to_sqlx())
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(Maintenance::from).collect())
}
