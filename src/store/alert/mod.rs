//! Groups of alerts: looked for, written, counted.

pub mod fingerprint;
pub mod list;
pub mod settings;

use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::TenantTx;
use crate::domain::alert::{AlertSource, Group};
use crate::domain::id::{AlertId, TicketId};

const TABLE: &str = "alert_groups";

/// The columns that [`Row`] reads.
const COLUMNS: &str = "
    g.id, g.source, g.key, g.state, g.title, g.ticket_id, t.number, g.groups_held, g.in_storm, g.reason, g.labels, g.annotations,
    g.severities, g.service, g.url, g.truncated, g.firings, g.resolutions, g.first_at, g.last_at, g.opened_at,
    g.fired_at, g.resolved_at, g.content";

/// Where those columns come from.
const SOURCES: &str = "
    alert_groups g left join tickets t on t.tenant_id = g.tenant_id and t.id = g.ticket_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    source: String,
    key: String,
    state: String,
    title: String,
    ticket_id: Option<Uuid>,
    number: Option<i64>,
    groups_held: i64,
    in_storm: bool,
    reason: Option<String>,
    labels: Value,
    annotations: Value,
    severities: Vec<String>,
    service: Option<String>,
    url: Option<String>,
    truncated: i64,
    firings: i64,
    resolutions: i64,
    first_at: jiff_sqlx::Timestamp,
    last_at: jiff_sqlx::Timestamp,
    opened_at: Option<jiff_sqlx::Timestamp>,
    fired_at: Option<jiff_sqlx::Timestamp>,
    resolved_at: Option<jiff_sqlx::Timestamp>,
    content: Option<Value>,
}

impl TryFrom<Row> for Group {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let pairs = |value| serde_json::from_value(value).map_err(|error| Error::bad_row(TABLE, error));
        let jiff = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        Ok(Self {
            id: AlertId::new(row.id),
            source: word(TABLE, &row.source)?,
            key: row.key,
            state: word(TABLE, &row.state)?,
            title: row.title,
            ticket: row.ticket_id.map(TicketId::new),
            number: row.number,
            groups_held: row.groups_held,
            in_storm: row.in_storm,
            reason: row.reason,
            labels: pairs(row.labels)?,
            annotations: pairs(row.annotations)?,
            severities: row.severities,
            service: row.service,
            url: row.url,
            truncated: row.truncated,
            firings: row.firings,
            resolutions: row.resolutions,
            first_at: row.first_at.to_jiff(),
            last_at: row.last_at.to_jiff(),
            opened_at: jiff(row.opened_at),
            fired_at: jiff(row.fired_at),
            resolved_at: jiff(row.resolved_at),
            content: row.content,
        })
    }
}

/// Holds the reports of a source for the rest of the transaction: those of
/// other processes wait, so that two of them make one ticket of a group, and
/// count the same storm.
pub async fn hold(tx: &mut TenantTx, source: AlertSource) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::hold
        select pg_advisory_xact_lock(hashtextextended('alerts ' || $1::text || ' ' || $2, 0))",
    )
    .bind(tenant)
    .bind(source.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The row that reports of a key go to, if there is one. The caller holds the
/// source.
pub async fn lookup_latest(
    tx: &mut TenantTx,
    source: AlertSource,
    key_hash: &[u8],
) -> Result<Option<Group>, Error> {
    let tenant = tx.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::alert::lookup_latest
        select {COLUMNS} from {SOURCES}
         where g.tenant_id = $1 and g.source = $2 and g.key_hash = $3 and g.latest"
    )))
    .bind(tenant)
    .bind(source.as_str())
    .bind(key_hash)
    .fetch_optional(tx.connection())
    .await?;
    row.map(Group::try_from).transpose()
}

/// Those of the hashes that a group of the source has, or something recorded.
pub async fn known(
    tx: &mut TenantTx,
    source: AlertSource,
    hashes: &[Vec<u8>],
) -> Result<HashSet<Vec<u8>>, Error> {
    let tenant = tx.tenant().uuid();
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "-- store::alert::known
        select key_hash from alert_groups where tenant_id = $1 and source = $2 and key_hash = any($3) and latest
           and state = 'firing'",
    )
    .bind(tenant)
    .bind(source.as_str())
    .bind(hashes)
    .fetch_all(tx.connection())
    .await?;
    Ok(found.into_iter().collect())
}

fn columns(group: &Group) -> Value {
    json!({
        "id": group.id, "source": group.source, "key": group.key, "state": group.state, "title": group.title,
        "ticket_id": group.ticket, "in_storm": group.in_storm, "groups_held": group.groups_held, "reason": group.reason, "labels": group.labels,
        "annotations": group.annotations, "severities": group.severities, "service": group.service,
        "url": group.url, "truncated": group.truncated, "firings": group.firings,
        "resolutions": group.resolutions, "first_at": group.first_at, "last_at": group.last_at,
        "opened_at": group.opened_at, "fired_at": group.fired_at, "resolved_at": group.resolved_at,
        "content": group.content,
    })
}

/// Adds a group, in the place of an earlier row of its key.
pub async fn insert(tx: &mut TenantTx, group: &Group, key_hash: &[u8]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::retire
        update alert_groups
           set latest = false, state = case state when 'firing' then 'resolved' else state end,
               resolved_at = case state when 'firing' then $4 else resolved_at end
         where tenant_id = $1 and source = $2 and key_hash = $3 and latest",
    )
    .bind(tenant)
    .bind(group.source.as_str())
    .bind(key_hash)
    .bind(group.first_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    sqlx::query(
        "-- store::alert::insert
        insert into alert_groups (
            tenant_id, id, source, key_hash, key, latest, state, title, ticket_id, groups_held, in_storm, reason, labels,
            annotations, severities, service, url, truncated, firings, resolutions, first_at, last_at, opened_at,
            fired_at, resolved_at, content)
        select $1, id, source, $2, key, true, state, title, ticket_id, groups_held, in_storm, reason, labels, annotations, severities,
            service, url, truncated, firings, resolutions, first_at, last_at, opened_at, fired_at, resolved_at,
            nullif(content, 'null'::jsonb)
          from jsonb_to_record($3) as r(
            id uuid, source text, key text, state text, title text, ticket_id uuid, groups_held bigint, in_storm boolean, reason text,
            labels jsonb, annotations jsonb, severities text[], service text, url text, truncated bigint,
            firings bigint, resolutions bigint, first_at timestamptz, last_at timestamptz, opened_at timestamptz,
            fired_at timestamptz, resolved_at timestamptz, content jsonb)",
    )
    .bind(tenant)
    .bind(key_hash)
    .bind(sqlx::types::Json(columns(group)))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes a group as it is now.
pub async fn update(tx: &mut TenantTx, group: &Group) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::update
        update alert_groups g set
            state = r.state, title = r.title, ticket_id = r.ticket_id, groups_held = r.groups_held, in_storm = r.in_storm, reason = r.reason,
            labels = r.labels, annotations = r.annotations, severities = r.severities, service = r.service, url = r.url,
            truncated = r.truncated, firings = r.firings, resolutions = r.resolutions, last_at = r.last_at,
            opened_at = r.opened_at, fired_at = r.fired_at, resolved_at = r.resolved_at
          from jsonb_to_record($3) as r(
            state text, title text, ticket_id uuid, groups_held bigint, in_storm boolean, reason text, labels jsonb, annotations jsonb,
            severities text[], service text, url text, truncated bigint, firings bigint, resolutions bigint,
            last_at timestamptz, opened_at timestamptz, fired_at timestamptz, resolved_at timestamptz)
         where g.tenant_id = $1 and g.id = $2",
    )
    .bind(tenant)
    .bind(group.id.uuid())
    .bind(sqlx::types::Json(columns(group)))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many groups of a source got a ticket, their own or that of a storm,
/// after an instant.
pub async fn count_opened(tx: &mut TenantTx, source: AlertSource, after: Timestamp) -> Result<i64, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::alert::count_opened
        select count(*) from alert_groups where tenant_id = $1 and source = $2 and opened_at > $3",
    )
    .bind(tenant)
    .bind(source.as_str())
    .bind(after.to_sqlx())
    .fetch_one(tx.connection())
    .await?)
}

/// The ticket of a source's last storm.
pub async fn last_storm(tx: &mut TenantTx, source: AlertSource) -> Result<Option<TicketId>, Error> {
    let tenant = tx.tenant().uuid();
    let ticket: Option<Uuid> = sqlx::query_scalar(
        "-- store::alert::last_storm
        select ticket_id from alert_groups
         where tenant_id = $1 and source = $2 and in_storm
         order by opened_at desc, id desc limit 1",
    )
    .bind(tenant)
    .bind(source.as_str())
    .fetch_optional(tx.connection())
    .await?;
    Ok(ticket.map(TicketId::new))
}

/// How many groups share the ticket of a storm, and the titles of the first.
pub async fn gathered(
    tx: &mut TenantTx,
    ticket: TicketId,
    names: usize,
) -> Result<(i64, Vec<String>), Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_as(
        "-- store::alert::gathered
        select (select coalesce(sum(groups_held), 0)::bigint from alert_groups where tenant_id = $1 and ticket_id = $2 and in_storm),
               array(select title from alert_groups where tenant_id = $1 and ticket_id = $2 and in_storm
                      order by id limit $3)",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(i64::try_from(names).unwrap_or(i64::MAX))
    .fetch_one(tx.connection())
    .await?)
}

/// Whether another group of a ticket still fires.
pub async fn others_fire(tx: &mut TenantTx, ticket: TicketId, but: AlertId) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::alert::others_fire
        select exists (
            select from alert_groups
             where tenant_id = $1 and ticket_id = $2 and id <> $3 and state = 'firing' and latest)",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(but.uuid())
    .fetch_one(tx.connection())
    .await?)
}

/// The groups of a ticket that was merged belong to the one that goes on.
pub async fn merge(tx: &mut TenantTx, ended: TicketId, into: TicketId) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::merge
        update alert_groups set ticket_id = $3 where tenant_id = $1 and ticket_id = $2",
    )
    .bind(tenant)
    .bind(ended.uuid())
    .bind(into.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}
