//! The alerts of groups.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::alert::{Alert, AlertState, Word};
use crate::domain::id::AlertId;
use crate::store::error::Error;
use crate::store::row::word;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "alerts";

/// What a report changed among the alerts of its group.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Fingerprints that the group did not have.
    pub joined: Vec<String>,
    /// How many alerts the group has.
    pub known: i64,
    /// One of them fires.
    pub fires: bool,
}

/// The last words on those of these alerts that the group has, by fingerprint.
pub async fn words(
    tx: &mut TenantTx,
    group: AlertId,
    alerts: &[Alert],
) -> Result<HashMap<String, Word>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<(String, String, Option<jiff_sqlx::Timestamp>, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "-- store::alert::fingerprint::words
        select fingerprint, state, as_of, last_at from alerts
         where tenant_id = $1 and group_id = $2 and fingerprint = any($3)",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(fingerprints(alerts))
    .fetch_all(tx.connection())
    .await?;
    let words = rows.into_iter().map(|(fingerprint, state, as_of, heard_at)| {
        let as_of = as_of.map(jiff_sqlx::Timestamp::to_jiff);
        Ok((fingerprint, Word { state: word(TABLE, &state)?, as_of, heard_at: heard_at.to_jiff() }))
    });
    words.collect()
}

fn fingerprints(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.fingerprint.as_str()).collect()
}

/// Writes alerts as they were reported. Of the group's others, those that are
/// not among `listed` are over; none: what is not reported stays as it was.
pub async fn put(
    tx: &mut TenantTx,
    group: AlertId,
    alerts: &[Alert],
    listed: Option<&[Alert]>,
    now: Timestamp,
) -> Result<Change, Error> {
    let joined = upsert(tx, group, alerts, now).await?;
    if let Some(listed) = listed {
        end_others(tx, group, listed).await?;
    }
    let tenant = tx.tenant().uuid();
    let (known, fires): (i64, bool) = sqlx::query_as(
        "-- store::alert::fingerprint::sum
        select count(*), coalesce(bool_or(state = 'firing'), false) from alerts
         where tenant_id = $1 and group_id = $2",
    )
    .bind(tenant)
    .bind(group.uuid())
    .fetch_one(tx.connection())
    .await?;
    Ok(Change { joined, known, fires })
}

/// Gives the fingerprints that are new.
async fn upsert(
    tx: &mut TenantTx,
    group: AlertId,
    alerts: &[Alert],
    now: Timestamp,
) -> Result<Vec<String>, Error> {
    let rows: Vec<Value> = alerts
        .iter()
        .map(|alert| {
            json!({
                "fingerprint": alert.fingerprint, "state": alert.state, "starts_at": alert.starts_at,
                "ends_at": alert.ends_at, "as_of": alert.as_of(), "labels": alert.labels, "annotations": alert.annotations,
                "measured": alert.values, "url": alert.url,
            })
        })
        .collect();
    let tenant = tx.tenant().uuid();
    let written: Vec<(String, bool)> = sqlx::query_as(
        "-- store::alert::fingerprint::put
        with given as (
            select fingerprint, state, starts_at, ends_at, as_of, labels, annotations, measured, url
              from jsonb_to_recordset($3) as r(
                fingerprint text, state text, starts_at timestamptz, ends_at timestamptz, as_of timestamptz, labels jsonb,
                annotations jsonb, measured jsonb, url text)
        ), known as (
            select fingerprint from alerts where tenant_id = $1 and group_id = $2
        ), put as (
            insert into alerts (
                tenant_id, group_id, fingerprint, state, starts_at, ends_at, as_of, labels, annotations, measured, url,
                first_at, last_at)
            select $1, $2, fingerprint, state, starts_at, ends_at, as_of, labels, annotations, measured, url, $4, $4
              from given
            on conflict (tenant_id, group_id, fingerprint) do update set
                state = excluded.state, starts_at = coalesce(excluded.starts_at, alerts.starts_at),
                ends_at = excluded.ends_at,
                as_of = case alerts.state when excluded.state then greatest(alerts.as_of, excluded.as_of)
                                          else excluded.as_of end,
                labels = excluded.labels, annotations = excluded.annotations,
                measured = excluded.measured, url = excluded.url, last_at = excluded.last_at
        )
        select g.fingerprint, k.fingerprint is null from given g left join known k on k.fingerprint = g.fingerprint",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(sqlx::types::Json(rows))
    .bind(now.to_sqlx())
    .fetch_all(tx.connection())
    .await?;
    Ok(written.into_iter().filter_map(|(fingerprint, new)| new.then_some(fingerprint)).collect())
}

/// Ends alerts of a group that are looked after elsewhere. `true`: another one
/// fires still, or none of these did.
pub async fn end(tx: &mut TenantTx, group: AlertId, fingerprints: &[String]) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let ended = sqlx::query(
        "-- store::alert::fingerprint::end
        update alerts set state = 'resolved', ends_at = null, as_of = null
         where tenant_id = $1 and group_id = $2 and state = 'firing' and fingerprint = any($3)",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(fingerprints)
    .execute(tx.connection())
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(true);
    }
    Ok(sqlx::query_scalar(
        "-- store::alert::fingerprint::fires
        select exists (select from alerts where tenant_id = $1 and group_id = $2 and state = 'firing')",
    )
    .bind(tenant)
    .bind(group.uuid())
    .fetch_one(tx.connection())
    .await?)
}

/// Nobody says since when they are over.
async fn end_others(tx: &mut TenantTx, group: AlertId, listed: &[Alert]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::fingerprint::end_others
        update alerts set state = 'resolved', ends_at = null, as_of = null
         where tenant_id = $1 and group_id = $2 and state = 'firing' and fingerprint <> all($3)",
    )
    .bind(tenant)
    .bind(group.uuid())
    .bind(fingerprints(listed))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    group_id: Uuid,
    total: i64,
    fingerprint: String,
    state: String,
    starts_at: Option<jiff_sqlx::Timestamp>,
    ends_at: Option<jiff_sqlx::Timestamp>,
    labels: Value,
    annotations: Value,
    measured: Value,
    url: Option<String>,
}

/// The first alerts of each of the groups, those that fire before the others,
/// and how many there are.
pub(super) async fn of_groups(
    read: &mut TenantRead,
    groups: &[Uuid],
    most: i64,
) -> Result<HashMap<Uuid, (i64, Vec<Alert>)>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::alert::fingerprint::of_groups
        select group_id, total, fingerprint, state, starts_at, ends_at, labels, annotations, measured, url
          from (select a.group_id, a.fingerprint, a.state, a.starts_at, a.ends_at, a.labels, a.annotations, a.measured,
                       a.url, count(*) over (partition by a.group_id) as total,
                       row_number() over (partition by a.group_id order by a.state, a.fingerprint) as place
                  from alerts a where a.tenant_id = $1 and a.group_id = any($2)) ranked
         where place <= $3
         order by group_id, place",
    )
    .bind(tenant)
    .bind(groups)
    .bind(most)
    .fetch_all(read.connection())
    .await?;
    let mut found: HashMap<Uuid, (i64, Vec<Alert>)> = HashMap::new();
    for row in rows {
        let entry = found.entry(row.group_id).or_default();
        entry.0 = row.total;
        entry.1.push(alert(row)?);
    }
    Ok(found)
}

fn alert(row: Row) -> Result<Alert, Error> {
    let pairs = |value| serde_json::from_value(value).map_err(|error| Error::bad_row(TABLE, error));
    let state: AlertState = word(TABLE, &row.state)?;
    Ok(Alert {
        fingerprint: row.fingerprint,
        state,
        starts_at: row.starts_at.map(jiff_sqlx::Timestamp::to_jiff),
        ends_at: row.ends_at.map(jiff_sqlx::Timestamp::to_jiff),
        said_at: None,
        labels: pairs(row.labels)?,
        annotations: pairs(row.annotations)?,
        values: pairs(row.measured)?,
        url: row.url,
    })
}
