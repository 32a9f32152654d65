//! When services were away.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{MonitorId, OutageId};
use crate::domain::outage::{Outage, Wanted};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    service: String,
    monitor_id: Option<Uuid>,
    from_at: jiff_sqlx::Timestamp,
    to_at: Option<jiff_sqlx::Timestamp>,
    reason: String,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Outage {
    fn from(row: Row) -> Self {
        Self {
            id: OutageId::new(row.id),
            service: row.service,
            monitor: row.monitor_id.map(MonitorId::new),
            from: row.from_at.to_jiff(),
            to: row.to_at.map(jiff_sqlx::Timestamp::to_jiff),
            reason: row.reason,
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        }
    }
}

/// Adds an outage.
pub async fn insert(tx: &mut TenantTx, outage: &Outage) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::outage::insert
        insert into outages (tenant_id, id, service, monitor_id, from_at, to_at, reason, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(outage.id.uuid())
    .bind(&outage.service)
    .bind(outage.monitor.map(MonitorId::uuid))
    .bind(outage.from.to_sqlx())
    .bind(outage.to.map(ToSqlx::to_sqlx))
    .bind(&outage.reason)
    .bind(outage.created_at.to_sqlx())
    .bind(outage.updated_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes what of an outage can change.
pub async fn update(tx: &mut TenantTx, outage: &Outage) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::outage::update
        update outages set to_at = $3, reason = $4, updated_at = $5 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(outage.id.uuid())
    .bind(outage.to.map(ToSqlx::to_sqlx))
    .bind(&outage.reason)
    .bind(outage.updated_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// One outage.
pub async fn lookup(read: &mut TenantRead, outage: OutageId) -> Result<Option<Outage>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::outage::lookup
        select id, service, monitor_id, from_at, to_at, reason, created_at, updated_at
          from outages where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(outage.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(Outage::from))
}

/// One outage, which nobody else changes until the transaction ends.
pub async fn lock(tx: &mut TenantTx, outage: OutageId) -> Result<Option<Outage>, Error> {
    let tenant = tx.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::outage::lock
        select id, service, monitor_id, from_at, to_at, reason, created_at, updated_at
          from outages where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(outage.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(Outage::from))
}

/// Outages that began before the place of another one, the latest first,
/// `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    wanted: &Wanted,
    before: Option<(Timestamp, OutageId)>,
    limit: i64,
) -> Result<Vec<Outage>, Error> {
    let tenant = read.tenant().uuid();
    let (at, id) = before.unzip();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::outage::list
        select id, service, monitor_id, from_at, to_at, reason, created_at, updated_at
          from outages
         where tenant_id = $1 and ($2::text is null or service = $2)
           and ($3::timestamptz is null or coalesce(to_at, 'infinity') > $3)
           and ($4::timestamptz is null or from_at < $4)
           and ($5::timestamptz is null or (from_at, id) < ($5, $6))
         order by from_at desc, id desc limit $7",
    )
    .bind(tenant)
    .bind(&wanted.service)
    .bind(wanted.from.map(ToSqlx::to_sqlx))
    .bind(wanted.to.map(ToSqlx::to_sqlx))
    .bind(at.map(ToSqlx::to_sqlx))
    .bind(id.map(OutageId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(rows.into_iter().map(Outage::from).collect())
}
