//! Answers kept for callers that repeat a request.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::id::KeyId;
use crate::domain::reply::Reply;

const TABLE: &str = "idempotency_keys";

/// Takes keys and finds the answers under them, in one way to the server. Whether
/// an answer has expired is asked of what was found, `offset 0` says: while the
/// planner knows nothing of the table, it would as soon look through all that has
/// not.
pub const TAKE: &str = "-- store::idempotency::take
    with held as materialized (
        select coalesce(bool_and(pg_try_advisory_xact_lock(
                   hashtextextended('idempotency ' || $1::text || ' ' || $2::text || ' ' || key, 0))), true) as held
          from unnest($3::text[]) as g(key)
    )
    select h.held, k.key, k.fingerprint, k.status, k.location, k.etag, k.body
      from held h
      left join (unnest($3::text[]) as g(key)
            cross join lateral (
                  select i.key, i.fingerprint, i.status, i.location, i.etag, i.body, i.expires_at from idempotency_keys i
                   where i.tenant_id = $1 and i.api_key_id = $2 and i.key = g.key offset 0) as k)
        on k.expires_at > $4";

/// An answer that was given before, with what it answered.
pub struct Kept {
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// The answer.
    pub reply: Reply,
}

#[derive(sqlx::FromRow)]
struct Row {
    held: bool,
    /// None: no answer was found.
    key: Option<String>,
    fingerprint: Option<Vec<u8>>,
    status: Option<i16>,
    location: Option<String>,
    etag: Option<String>,
    body: Option<Vec<u8>>,
}

impl Row {
    fn kept(self) -> Result<Option<(String, Kept)>, Error> {
        let (Some(key), Some(fingerprint), Some(status), Some(body)) =
            (self.key, self.fingerprint, self.status, self.body)
        else {
            return Ok(None);
        };
        let status = u16::try_from(status).map_err(|error| Error::bad_row(TABLE, error))?;
        let reply = Reply { status, location: self.location, etag: self.etag, body };
        Ok(Some((key, Kept { fingerprint, reply })))
    }
}

/// Takes keys for the rest of the transaction, without waiting, and finds what was
/// answered before under them; none: another transaction has one of them.
///
/// What another one answered just before its keys were free may be missing, so
/// that [`keep`] has the last word.
pub async fn take(
    tx: &mut TenantTx,
    caller: KeyId,
    keys: &[&str],
    now: Timestamp,
) -> Result<Option<HashMap<String, Kept>>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(TAKE)
        .bind(tenant)
        .bind(caller.uuid())
        .bind(keys)
        .bind(now.to_sqlx())
        .fetch_all(tx.connection())
        .await?;
    if rows.iter().any(|row| !row.held) {
        return Ok(None);
    }
    rows.into_iter().filter_map(|row| row.kept().transpose()).collect::<Result<_, _>>().map(Some)
}

/// Keeps answers, each under its own key, until `expires_at`, and clears away a few
/// more of the tenant's answers that have expired: the table stays as large as what
/// it keeps. `false`: under one of the keys there is an answer already.
pub async fn keep(
    tx: &mut TenantTx,
    caller: KeyId,
    kept: &[(&str, Kept)],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let column = |read: fn(&Reply) -> Option<&str>| -> Vec<Option<&str>> {
        kept.iter().map(|(_, kept)| read(&kept.reply)).collect()
    };
    let statuses = kept
        .iter()
        .map(|(_, kept)| i16::try_from(kept.reply.status))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::bad_row(TABLE, error))?;
    let done = sqlx::query(
        "-- store::idempotency::keep
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
            expires_at = excluded.expires_at
        where idempotency_keys.expires_at <= excluded.created_at",
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
    Ok(usize::try_from(done.rows_affected()) == Ok(kept.len()))
}
