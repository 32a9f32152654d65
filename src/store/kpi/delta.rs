//! What changed about cubes since they were brought up to date.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::FromRow;

use super::entry::Change;
use crate::domain::kpi::{Cube, Span};
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "kpi_deltas";

/// What one transaction changed about an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Its number.
    pub id: i64,
    /// When the hour began.
    pub starts_at: Timestamp,
    /// What came; what went is negative.
    pub cube: Cube,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    starts_at: jiff_sqlx::Timestamp,
    whole: Vec<u8>,
}

/// Those that wait, `limit` at most.
pub async fn list(read: &mut TenantRead, limit: i64) -> Result<Vec<Delta>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::kpi::delta::list
        select id, starts_at, whole from kpi_deltas where tenant_id = $1 order by id limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let cube = Cube::decode(&row.whole).map_err(|error| Error::bad_row(TABLE, error))?;
            Ok(Delta { id: row.id, starts_at: row.starts_at.to_jiff(), cube })
        })
        .collect()
}

/// What changes come to in each hour, by columns.
#[derive(Debug, Default)]
pub(in crate::store) struct Hours {
    pub(super) starts: Vec<jiff_sqlx::Timestamp>,
    pub(super) counts: Vec<i64>,
    pub(super) wholes: Vec<Vec<u8>>,
}

impl Hours {
    pub(in crate::store) fn of(changes: &[Change]) -> Result<Self, Error> {
        let mut hours: BTreeMap<Timestamp, (i64, Cube)> = BTreeMap::new();
        for change in changes {
            let (count, cube) = hours.entry(Span::Hour.start(change.entry.at)).or_default();
            *count += 1;
            cube.add(&change.entry, if change.comes { 1 } else { -1 });
        }
        let encode = |cube: &Cube| cube.encode().map_err(|error| Error::bad_row(TABLE, error));
        Ok(Self {
            starts: hours.keys().map(|hour| hour.to_sqlx()).collect(),
            counts: hours.values().map(|(count, _)| *count).collect(),
            wholes: hours.values().map(|(_, cube)| encode(cube)).collect::<Result<_, _>>()?,
        })
    }
}

/// Remembers changes for the cubes, by hour.
pub(super) async fn remember(tx: &mut TenantTx, changes: &[Change]) -> Result<(), Error> {
    let hours = Hours::of(changes)?;
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::delta::remember
        insert into kpi_deltas (tenant_id, starts_at, changes, whole)
        select $1, * from unnest($2::timestamptz[], $3::bigint[], $4::bytea[])",
    )
    .bind(tenant)
    .bind(hours.starts)
    .bind(hours.counts)
    .bind(hours.wholes)
    .execute(tx.connection())
    .await?;
    Ok(())
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
        with gone as (delete from kpi_deltas where tenant_id = $1 and id = any($2) returning changes)
        insert into kpi_states (tenant_id, folded) select $1, coalesce(sum(changes), 0) from gone
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

/// The entries were made for this target of first responses; 0: they are being
/// made anew.
pub async fn measured_by(tx: &mut TenantTx, first_response_seconds: i64) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::delta::measured_by
        insert into kpi_states (tenant_id, folded, first_response_seconds) values ($1, 0, $2)
        on conflict (tenant_id) do update set first_response_seconds = excluded.first_response_seconds",
    )
    .bind(tenant)
    .bind(first_response_seconds)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Names the state of what tickets contribute: grows with every change of an
/// entry that was committed. With the instant of the tenant's last event.
pub async fn version(read: &mut TenantRead) -> Result<(i64, Option<Timestamp>), Error> {
    let tenant = read.tenant().uuid();
    let (version, at): (i64, Option<jiff_sqlx::Timestamp>) = sqlx::query_as(
        "-- store::kpi::delta::version
        select coalesce((select folded from kpi_states where tenant_id = $1), 0)
                 + (select coalesce(sum(changes), 0)::bigint from kpi_deltas where tenant_id = $1),
               (select max(updated_at) from tickets where tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?;
    Ok((version, at.map(jiff_sqlx::Timestamp::to_jiff)))
}
