//! What links for requesters are signed with.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};

/// The secret of the tenant, which becomes `fresh` if it has none.
pub async fn ensure(tx: &mut TenantTx, fresh: &[u8; 32], now: Timestamp) -> Result<Vec<u8>, Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::signing_key::ensure
        insert into signing_keys (tenant_id, secret, created_at) values ($1, $2, $3)
        on conflict (tenant_id) do nothing",
    )
    .bind(tenant)
    .bind(&fresh[..])
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    lookup(tx.read()).await?.ok_or_else(|| Error::bad_row("signing_keys", "a secret vanished"))
}

/// The secret of the tenant; none: nothing was signed yet.
pub async fn lookup(read: &mut TenantRead) -> Result<Option<Vec<u8>>, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::signing_key::lookup
        select secret from signing_keys where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?)
}
