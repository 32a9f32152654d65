//! Answers kept for callers that repeat a request.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::id::KeyId;
use crate::domain::reply::Reply;

/// Finds the answer under a key. Whether it has expired is asked of what was found,
/// `offset 0` says: while the planner knows nothing of the table, it would as soon
/// look through all that has not.
pub const LOOKUP: &str = "-- store::idempotency::lookup
    select fingerprint, status, location, etag, body
      from (select * from idempotency_keys where tenant_id = $1 and api_key_id = $2 and key = $3 offset 0) as k
     where expires_at > $4";

/// The same under each of many keys.
pub const LOOKUP_ALL: &str = "-- store::idempotency::lookup_all
    select k.key, k.fingerprint, k.status, k.location, k.etag, k.body
      from unnest($3::text[]) as g(key)
     cross join lateral (
           select * from idempotency_keys i
            where i.tenant_id = $1 and i.api_key_id = $2 and i.key = g.key offset 0) as k
     where k.expires_at > $4";

/// An answer that was given before, with what it answered.
pub struct Kept {
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// The answer.
    pub reply: Reply,
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: i16,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
}

impl TryFrom<Row> for Kept {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let status = u16::try_from(row.status).map_err(|error| Error::bad_row("idempotency_keys", error))?;
        let reply = Reply { status, location: row.location, etag: row.etag, body: row.body };
        Ok(Self { fingerprint: row.fingerprint, reply })
    }
}

/// Takes the key for the rest of the transaction, without waiting. `false`:
/// another transaction has it.
pub async fn hold(tx: &mut TenantTx, caller: KeyId, key: &str) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::idempotency::hold
        select pg_try_advisory_xact_lock(
            hashtextextended('idempotency ' || $1::text || ' ' || $2::text || ' ' || $3, 0))",
    )
    .bind(tenant)
    .bind(caller.uuid())
    .bind(key)
    .fetch_one(tx.connection())
    .await?)
}

/// What was answered before under this key.
pub async fn lookup(
    tx: &mut TenantTx,
    caller: KeyId,
    key: &str,
    now: Timestamp,
) -> Result<Option<Kept>, Error> {
    let tenant = tx.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(LOOKUP)
        .bind(tenant)
        .bind(caller.uuid())
        .bind(key)
        .bind(now.to_sqlx())
        .fetch_optional(tx.connection())
        .await?;
    row.map(Kept::try_from).transpose()
}

/// Keeps an answer until `expires_at`, and clears away a few of the tenant's
/// answers that have expired: the table stays as large as what it keeps.
pub async fn keep(
    tx: &mut TenantTx,
    caller: KeyId,
    key: &str,
    kept: &Kept,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::idempotency::keep
        with expired as (
            delete from idempotency_keys
             where (tenant_id, api_key_id, key) in (
                   select tenant_id, api_key_id, key from idempotency_keys
                    where tenant_id = $1 and expires_at <= $9 and not (api_key_id = $2 and key = $3)
                    order by expires_at limit 4 for update skip locked)
        )
        insert into idempotency_keys (
            tenant_id, api_key_id, key, fingerprint, status, location, etag, body, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (tenant_id, api_key_id, key) do update set
            fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
            etag = excluded.etag, body = excluded.body, created_at = excluded.created_at,
            expires_at = excluded.expires_at",
    )
    .bind(tenant)
    .bind(caller.uuid())
    .bind(key)
    .bind(&kept.fingerprint)
    .bind(i16::try_from(kept.reply.status).map_err(|error| Error::bad_row("idempotency_keys", error))?)
    .bind(&kept.reply.location)
    .bind(&kept.reply.etag)
    .bind(&kept.reply.body)
    .bind(now.to_sqlx())
    .bind(expires_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes many keys for the rest of the transaction, without waiting. `false`:
/// another transaction has one of them.
pub async fn hold_all(tx: &mut TenantTx, caller: KeyId, keys: &[&str]) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::idempotency::hold_all
        select coalesce(bool_and(pg_try_advisory_xact_lock(
                   hashtextextended('idempotency ' || $1::text || ' ' || $2::text || ' ' || key, 0))), true)
          from unnest($3::text[]) as k(key)",
    )
    .bind(tenant)
    .bind(caller.uuid())
    .bind(keys)
    .fetch_one(tx.connection())
    .await?)
}

#[derive(sqlx::FromRow)]
struct KeyedRow {
    key: String,
    #[sqlx(flatten)]
    row: Row,
}

/// What was answered before under each of many keys.
pub async fn lookup_all(
    tx: &mut TenantTx,
    caller: KeyId,
    keys: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, Kept>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<KeyedRow> = sqlx::query_as(LOOKUP_ALL)
        .bind(tenant)
        .bind(caller.uuid())
        .bind(keys)
        .bind(now.to_sqlx())
        .fetch_all(tx.connection())
        .await?;
    rows.into_iter().map(|KeyedRow { key, row }| Ok((key, row.try_into()?))).collect()
}

/// Keeps many answers, each under its own key, until `expires_at`. Clearing
/// away is left to [`keep`] and as many expired ones as are added here.
pub async fn keep_all(
    tx: &mut TenantTx,
    caller: KeyId,
    kept: &[(&str, Kept)],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let column = |read: fn(&Reply) -> Option<&str>| -> Vec<Option<&str>> {
        kept.iter().map(|(_, kept)| read(&kept.reply)).collect()
    };
    let statuses = kept
        .iter()
        .map(|(_, kept)| i16::try_from(kept.reply.status))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::bad_row("idempotency_keys", error))?;
    sqlx::query(
        "-- store::idempotency::keep_all
        with given as (
            select * from unnest($3::text[], $4::bytea[], $5::smallint[], $6::text[], $7::text[], $8::bytea[])
                as g(key, fingerprint, status, location, etag, body)
        ), expired as (
            delete from idempotency_keys
             where (tenant_id, api_key_id, key) in (
                   select i.tenant_id, i.api_key_id, i.key from idempotency_keys i
                    where i.tenant_id = $1 and i.expires_at <= $9
                      and not (i.api_key_id = $2 and i.key = any($3))
                    order by i.expires_at limit (select count(*) + 4 from given) for update skip locked)
        )
        insert into idempotency_keys (
            tenant_id, api_key_id, key, fingerprint, status, location, etag, body, created_at, expires_at)
        select $1, $2, key, fingerprint, status, location, etag, body, $9, $10 from given
        on conflict (tenant_id, api_key_id, key) do update set
            fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
            etag = excluded.etag, body = excluded.body, created_at = excluded.created_at,
            expires_at = excluded.expires_at",
    )
    .bind(tenant)
    .bind(caller.uuid())
    .bind(kept.iter().map(|(key, _)| *key).collect::<Vec<_>>())
    .bind(kept.iter().map(|(_, kept)| kept.fingerprint.as_slice()).collect::<Vec<_>>())
    .bind(statuses)
    .bind(column(|reply| reply.location.as_deref()))
    .bind(column(|reply| reply.etag.as_deref()))
    .bind(kept.iter().map(|(_, kept)| kept.reply.body.as_slice()).collect::<Vec<_>>())
    .bind(now.to_sqlx())
    .bind(expires_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}
