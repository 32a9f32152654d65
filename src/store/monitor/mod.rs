//! What watches services.

pub mod observation;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{MonitorId, OutageId};
use crate::domain::monitor::{Health, Monitor};

const TABLE: &str = "monitors";

/// The columns that [`Row`] reads.
const COLUMNS: &str = "
    m.id, m.name, m.service, m.severity, m.definition, m.enabled, m.watched_since, m.state, m.checked_at, m.failures,
    m.failing_since, m.reason, m.beat_at, m.alarmed, m.due_at, m.created_at, m.updated_at,
    m.deleted_at is not null as deleted, o.id as outage_id";

/// Where those columns come from.
const SOURCES: &str = "
    monitors m left join outages o on o.tenant_id = m.tenant_id and o.monitor_id = m.id and o.to_at is null";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    service: String,
    severity: String,
    definition: Value,
    enabled: bool,
    watched_since: jiff_sqlx::Timestamp,
    state: String,
    checked_at: Option<jiff_sqlx::Timestamp>,
    failures: i32,
    failing_since: Option<jiff_sqlx::Timestamp>,
    reason: Option<String>,
    beat_at: Option<jiff_sqlx::Timestamp>,
    alarmed: bool,
    due_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    deleted: bool,
    outage_id: Option<Uuid>,
}

impl TryFrom<Row> for Monitor {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let jiff = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        let definition =
            serde_json::from_value(row.definition).map_err(|error| Error::bad_row(TABLE, error))?;
        Ok(Self {
            id: MonitorId::new(row.id),
            name: row.name,
            service: row.service,
            severity: word(TABLE, &row.severity)?,
            definition,
            enabled: row.enabled,
            watched_since: row.watched_since.to_jiff(),
            health: Health {
                state: word(TABLE, &row.state)?,
                checked_at: jiff(row.checked_at),
                failures: row.failures,
                failing_since: jiff(row.failing_since),
                reason: row.reason,
                beat_at: jiff(row.beat_at),
            },
            outage: row.outage_id.map(OutageId::new),
            alarmed: row.alarmed,
            due_at: jiff(row.due_at),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
            deleted: row.deleted,
        })
    }
}

fn definition(monitor: &Monitor) -> Result<Value, Error> {
    serde_json::to_value(&monitor.definition).map_err(|error| Error::bad_row(TABLE, error))
}

/// Adds a monitor.
pub async fn insert(tx: &mut TenantTx, monitor: &Monitor) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::monitor::insert
        insert into monitors
            (tenant_id, id, kind, name, service, severity, definition, enabled, watched_since, due_at, created_at,
             updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tenant)
    .bind(monitor.id.uuid())
    .bind(monitor.definition.kind().as_str())
    .bind(&monitor.name)
    .bind(&monitor.service)
    .bind(monitor.severity.as_str())
    .bind(definition(monitor)?)
    .bind(monitor.enabled)
    .bind(monitor.watched_since.to_sqlx())
    .bind(monitor.due_at.map(ToSqlx::to_sqlx))
    .bind(monitor.created_at.to_sqlx())
    .bind(monitor.updated_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many monitors there are.
pub async fn count(read: &mut TenantRead) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::monitor::count
        select count(*) from monitors where tenant_id = $1 and deleted_at is null",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// Monitors after `after`, oldest first, `limit` at most; of one service if it
/// is named.
pub async fn list(
    read: &mut TenantRead,
    service: Option<&str>,
    after: Option<MonitorId>,
    limit: i64,
) -> Result<Vec<Monitor>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::monitor::list
        select {COLUMNS} from {SOURCES}
         where m.tenant_id = $1 and m.deleted_at is null and ($2::text is null or m.service = $2)
           and ($3::uuid is null or m.id > $3)
         order by m.id limit $4"
    )))
    .bind(tenant)
    .bind(service)
    .bind(after.map(MonitorId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Monitor::try_from).collect()
}

/// One monitor, unless it was deleted.
pub async fn lookup(read: &mut TenantRead, monitor: MonitorId) -> Result<Option<Monitor>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::monitor::lookup
        select {COLUMNS} from {SOURCES}
         where m.tenant_id = $1 and m.id = $2 and m.deleted_at is null"
    )))
    .bind(tenant)
    .bind(monitor.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Monitor::try_from).transpose()
}

/// One monitor, unless it was deleted, which nobody else changes until the
/// transaction ends.
pub async fn lock(tx: &mut TenantTx, monitor: MonitorId) -> Result<Option<Monitor>, Error> {
    let tenant = tx.tenant().uuid();
    let held: Option<i32> = sqlx::query_scalar(
        "-- store::monitor::lock
        select 1 from monitors where tenant_id = $1 and id = $2 and deleted_at is null for update",
    )
    .bind(tenant)
    .bind(monitor.uuid())
    .fetch_optional(tx.connection())
    .await?;
    // Read anew, so that what whoever held it wrote elsewhere is seen too.
    if held.is_some() { lookup(tx.read(), monitor).await } else { Ok(None) }
}

/// Writes everything about a monitor that can change.
pub async fn update(
    tx: &mut TenantTx,
    monitor: &Monitor,
    deleted_at: Option<Timestamp>,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let Health { state, checked_at, failures, failing_since, reason, beat_at } = &monitor.health;
    sqlx::query(
        "-- store::monitor::update
        update monitors
           set name = $3, severity = $4, definition = $5, enabled = $6, watched_since = $7, state = $8,
               checked_at = $9, failures = $10, failing_since = $11, reason = $12, beat_at = $13, alarmed = $14,
               due_at = $15, updated_at = $16, deleted_at = $17
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(monitor.id.uuid())
    .bind(&monitor.name)
    .bind(monitor.severity.as_str())
    .bind(definition(monitor)?)
    .bind(monitor.enabled)
    .bind(monitor.watched_since.to_sqlx())
    .bind(state.as_str())
    .bind(checked_at.map(ToSqlx::to_sqlx))
    .bind(*failures)
    .bind(failing_since.map(ToSqlx::to_sqlx))
    .bind(reason)
    .bind(beat_at.map(ToSqlx::to_sqlx))
    .bind(monitor.alarmed)
    .bind(monitor.due_at.map(ToSqlx::to_sqlx))
    .bind(monitor.updated_at.to_sqlx())
    .bind(deleted_at.map(ToSqlx::to_sqlx))
    .execute(tx.connection())
    .await?;
    Ok(())
}
