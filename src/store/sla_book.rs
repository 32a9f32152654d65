//! A tenant's own policies and calendars, in versions that never change.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::types::Json;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::calendar::CalendarSpec;
use crate::domain::sla::{CalendarRef, CalendarVersion, Origin, PolicySpec, PolicyVersion};

const POLICIES: &str = "sla_policies";
const CALENDARS: &str = "sla_calendars";

/// How often the tenant's book was edited; 0: it has none.
pub async fn revision(read: &mut TenantRead) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    let revision: Option<i64> = sqlx::query_scalar(
        "-- store::sla_book::revision
        select revision from sla_books where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?;
    Ok(revision.unwrap_or(0))
}

/// Begins an edit: nobody else edits the tenant's book until the transaction
/// ends.
pub async fn lock(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::sla_book::lock
        insert into sla_books as b (tenant_id, revision) values ($1, 0)
        on conflict (tenant_id) do update set revision = b.revision",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Counts an edit, and says its number.
pub async fn advance(tx: &mut TenantTx) -> Result<i64, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::sla_book::advance
        update sla_books set revision = revision + 1 where tenant_id = $1 returning revision",
    )
    .bind(tenant)
    .fetch_one(tx.connection())
    .await?)
}

#[derive(Serialize)]
struct NewPolicy<'a> {
    key: &'a str,
    version: u32,
    position: i32,
    enabled: bool,
    document: &'a PolicySpec,
    reason: Option<&'a str>,
    created_at: Option<Timestamp>,
}

/// Adds versions of policies, as the edit of this number.
pub async fn insert_policies(
    tx: &mut TenantTx,
    revision: i64,
    versions: &[PolicyVersion],
) -> Result<(), Error> {
    let rows: Vec<NewPolicy<'_>> = versions
        .iter()
        .map(|version| NewPolicy {
            key: &version.key,
            version: version.version,
            position: version.position,
            enabled: version.enabled,
            document: &version.spec,
            reason: version.reason.as_deref(),
            created_at: version.created_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::sla_book::insert_policies
        insert into sla_policies
            (tenant_id, key, version, position, enabled, document, reason, revision, created_at)
        select $1, key, version, position, enabled, document, reason, $2, created_at
          from jsonb_to_recordset($3) as r(key text, version integer, position integer, enabled boolean,
                                           document jsonb, reason text, created_at timestamptz)",
    )
    .bind(tenant)
    .bind(revision)
    .bind(Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct NewCalendar<'a> {
    key: &'a str,
    version: u32,
    origin: Origin,
    name: Option<&'a str>,
    hours: &'a CalendarSpec,
    reason: Option<&'a str>,
    created_at: Option<Timestamp>,
}

/// Adds versions of calendars, as the edit of this number.
pub async fn insert_calendars(
    tx: &mut TenantTx,
    revision: i64,
    versions: &[CalendarVersion],
) -> Result<(), Error> {
    let rows: Vec<NewCalendar<'_>> = versions
        .iter()
        .map(|version| NewCalendar {
            key: &version.key,
            version: version.version,
            origin: version.origin,
            name: version.name.as_deref(),
            hours: &version.hours,
            reason: version.reason.as_deref(),
            created_at: version.created_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::sla_book::insert_calendars
        insert into sla_calendars (tenant_id, key, version, origin, name, hours, reason, revision, created_at)
        select $1, key, version, origin, name, hours, reason, $2, created_at
          from jsonb_to_recordset($3) as r(key text, version integer, origin text, name text, hours jsonb,
                                           reason text, created_at timestamptz)",
    )
    .bind(tenant)
    .bind(revision)
    .bind(Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PolicyRow {
    key: String,
    version: i32,
    position: i32,
    enabled: bool,
    document: Json<PolicySpec>,
    reason: Option<String>,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<PolicyRow> for PolicyVersion {
    type Error = Error;

    fn try_from(row: PolicyRow) -> Result<Self, Error> {
        Ok(Self {
            key: row.key,
            version: u32::try_from(row.version).map_err(|error| Error::bad_row(POLICIES, error))?,
            origin: Origin::Own,
            position: row.position,
            enabled: row.enabled,
            spec: row.document.0,
            reason: row.reason,
            created_at: Some(row.created_at.to_jiff()),
        })
    }
}

#[derive(sqlx::FromRow)]
struct CalendarRow {
    key: String,
    version: i32,
    origin: String,
    name: Option<String>,
    hours: Json<CalendarSpec>,
    reason: Option<String>,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<CalendarRow> for CalendarVersion {
    type Error = Error;

    fn try_from(row: CalendarRow) -> Result<Self, Error> {
        Ok(Self {
            key: row.key,
            version: u32::try_from(row.version).map_err(|error| Error::bad_row(CALENDARS, error))?,
            origin: word(CALENDARS, &row.origin)?,
            name: row.name,
            hours: row.hours.0,
            reason: row.reason,
            created_at: Some(row.created_at.to_jiff()),
        })
    }
}

/// The newest version of each policy as of an edit.
pub async fn newest_policies(read: &mut TenantRead, revision: i64) -> Result<Vec<PolicyVersion>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<PolicyRow> = sqlx::query_as(
        "-- store::sla_book::newest_policies
        select distinct on (key) key, version, position, enabled, document, reason, created_at
          from sla_policies where tenant_id = $1 and revision <= $2
         order by key, version desc",
    )
    .bind(tenant)
    .bind(revision)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(PolicyVersion::try_from).collect()
}

/// The newest version of each calendar as of an edit.
pub async fn newest_calendars(read: &mut TenantRead, revision: i64) -> Result<Vec<CalendarVersion>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<CalendarRow> = sqlx::query_as(
        "-- store::sla_book::newest_calendars
        select distinct on (key) key, version, origin, name, hours, reason, created_at
          from sla_calendars where tenant_id = $1 and revision <= $2
         order by key, version desc",
    )
    .bind(tenant)
    .bind(revision)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(CalendarVersion::try_from).collect()
}

/// These versions of calendars, as far as the tenant keeps them.
pub async fn calendars(
    read: &mut TenantRead,
    references: &[CalendarRef],
) -> Result<Vec<CalendarVersion>, Error> {
    let keys: Vec<&str> = references.iter().map(|reference| reference.key.as_str()).collect();
    let versions: Vec<i32> =
        references.iter().map(|reference| i32::try_from(reference.version).unwrap_or(i32::MAX)).collect();
    let tenant = read.tenant().uuid();
    let rows: Vec<CalendarRow> = sqlx::query_as(
        "-- store::sla_book::calendars
        select c.key, c.version, c.origin, c.name, c.hours, c.reason, c.created_at
          from (select distinct key, version from unnest($2::text[], $3::integer[]) as u(key, version)) w
          join sla_calendars c on c.tenant_id = $1 and c.key = w.key and c.version = w.version",
    )
    .bind(tenant)
    .bind(keys)
    .bind(versions)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(CalendarVersion::try_from).collect()
}

/// One version of a policy.
pub async fn policy(read: &mut TenantRead, key: &str, version: i32) -> Result<Option<PolicyVersion>, Error> {
    let next = version.checked_add(1);
    let found = policies(read, key, next, 1).await?;
    Ok(found.into_iter().find(|found| i32::try_from(found.version) == Ok(version)))
}

/// The versions of a policy before one, newest first, `limit` at most.
pub async fn policies(
    read: &mut TenantRead,
    key: &str,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<PolicyVersion>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<PolicyRow> = sqlx::query_as(
        "-- store::sla_book::policies
        select key, version, position, enabled, document, reason, created_at
          from sla_policies
         where tenant_id = $1 and key = $2 and ($3::integer is null or version < $3)
         order by version desc limit $4",
    )
    .bind(tenant)
    .bind(key)
    .bind(before)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(PolicyVersion::try_from).collect()
}

/// The versions of a calendar before one, newest first, `limit` at most.
pub async fn calendar_versions(
    read: &mut TenantRead,
    key: &str,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<CalendarVersion>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<CalendarRow> = sqlx::query_as(
        "-- store::sla_book::calendar_versions
        select key, version, origin, name, hours, reason, created_at
          from sla_calendars
         where tenant_id = $1 and key = $2 and ($3::integer is null or version < $3)
         order by version desc limit $4",
    )
    .bind(tenant)
    .bind(key)
    .bind(before)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(CalendarVersion::try_from).collect()
}
