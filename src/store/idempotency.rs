//! Answers kept for callers that repeat a request.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::id::KeyId;
use crate::domain::reply::Reply;

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
    let row: Option<Row> = sqlx::query_as(
        "-- store::idempotency::lookup
        select fingerprint, status, location, etag, body from idempotency_keys
         where tenant_id = $1 and api_key_id = $2 and key = $3 and expires_at > $4",
    )
    .bind(tenant)
    .bind(caller.uuid())
    .bind(key)
    .bind(now.to_sqlx())
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        let status = u16::try_from(row.status).map_err(|error| Error::bad_row("idempotency_keys", error))?;
        let reply = Reply { status, location: row.location, etag: row.etag, body: row.body };
        Ok(Kept { fingerprint: row.fingerprint, reply })
    })
    .transpose()
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
