//! Entries that came and went since the cubes were brought up to date.

use jiff::Timestamp;
use sqlx::FromRow;

use super::entry::Columns;
use crate::domain::kpi::Entry;
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Its number.
    pub id: i64,
    /// 1: it came; -1: it went.
    pub sign: i64,
    /// Which, without its place.
    pub entry: Entry,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    sign: i16,
    #[sqlx(flatten)]
    columns: Columns,
}

/// Those that wait, `limit` at most.
pub async fn list(read: &mut TenantRead, limit: i64) -> Result<Vec<Delta>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::kpi::delta::list
        select id, sign, kind, at, priority, category, team, channel, type, excluded, marks, business, elapsed
          from kpi_deltas where tenant_id = $1 order by id limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter()
        .map(|row| Ok(Delta { id: row.id, sign: row.sign.into(), entry: row.columns.entry(0)? }))
        .collect()
}

/// How many wait; `most` if there are more.
pub async fn count(read: &mut TenantRead, most: i64) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::kpi::delta::count
        select count(*) from (select from kpi_deltas where tenant_id = $1 limit $2) as d",
    )
    .bind(tenant)
    .bind(most)
    .fetch_one(read.connection())
    .await?)
}

/// Takes the tenant's turn at bringing its cubes up to date. `false`: another
/// process has it.
pub async fn turn(tx: &mut TenantTx) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::kpi::delta::turn
        select pg_try_advisory_xact_lock(hashtextextended('kpis:' || $1::text, 0))",
    )
    .bind(tenant)
    .fetch_one(tx.connection())
    .await?)
}

/// The same, waiting for whoever has it.
pub async fn wait_for_turn(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::delta::wait_for_turn
        select pg_advisory_xact_lock(hashtextextended('kpis:' || $1::text, 0))",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The cubes hold these now.
pub async fn fold(tx: &mut TenantTx, ids: &[i64]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::delta::fold
        with gone as (delete from kpi_deltas where tenant_id = $1 and id = any($2) returning id)
        insert into kpi_states (tenant_id, folded) select $1, count(*) from gone
        on conflict (tenant_id) do update set folded = kpi_states.folded + excluded.folded",
    )
    .bind(tenant)
    .bind(ids)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Entries came that the cubes are made anew with: the numbers change their name
/// as if these had been folded.
pub async fn pass(tx: &mut TenantTx, entries: usize) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::delta::pass
        insert into kpi_states (tenant_id, folded) values ($1, $2)
        on conflict (tenant_id) do update set folded = kpi_states.folded + excluded.folded",
    )
    .bind(tenant)
    .bind(i64::try_from(entries).unwrap_or(i64::MAX))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether uptime is known of anything: it changes with time alone.
pub async fn watched(read: &mut TenantRead) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::kpi::delta::watched
        select exists (select from monitors where tenant_id = $1)
            or exists (select from outages where tenant_id = $1)
            or exists (select from maintenance_windows where tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// Names the state of the tenant's numbers: grows with every change of an
/// entry that was committed. With the instant of the tenant's last event.
pub async fn version(read: &mut TenantRead) -> Result<(i64, Option<Timestamp>), Error> {
    let tenant = read.tenant().uuid();
    let (version, at): (i64, Option<jiff_sqlx::Timestamp>) = sqlx::query_as(
        "-- store::kpi::delta::version
        select coalesce((select folded from kpi_states where tenant_id = $1), 0)
                 + (select count(*) from kpi_deltas where tenant_id = $1),
               (select max(updated_at) from tickets where tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?;
    Ok((version, at.map(jiff_sqlx::Timestamp::to_jiff)))
}
