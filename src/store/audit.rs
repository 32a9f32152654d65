//! Administrative and privileged acts, append-only.

use jiff_sqlx::ToSqlx;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::audit::Act;
use crate::domain::id::KeyId;

/// Records an act.
pub async fn append(tx: &mut TenantTx, act: &Act) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::audit::append
        insert into audit_log (tenant_id, id, at, actor, actor_key_id, action, target_id, detail)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(act.id)
    .bind(act.at.to_sqlx())
    .bind(act.actor.as_str())
    .bind(act.key.map(KeyId::uuid))
    .bind(act.action)
    .bind(act.target)
    .bind(&act.detail)
    .execute(tx.connection())
    .await?;
    Ok(())
}
