//! Administrative and privileged acts, append-only.

use jiff_sqlx::ToSqlx;
use serde_json::json;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::audit::Act;
use crate::domain::id::KeyId;

/// Records acts, in one statement.
pub async fn append_all(tx: &mut TenantTx, acts: &[Act]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<serde_json::Value> = acts
        .iter()
        .map(|act| {
            json!({
                "id": act.id, "at": act.at, "actor": act.actor, "key": act.key.map(KeyId::uuid),
                "action": act.action, "target": act.target, "detail": act.detail,
            })
        })
        .collect();
    sqlx::query(
        "-- store::audit::append_all
        insert into audit_log (tenant_id, id, at, actor, actor_key_id, action, target_id, detail)
        select $1, id, at, actor, key, action, target, detail
          from jsonb_to_recordset($2) as r(id uuid, at timestamptz, actor text, key uuid, action text,
                                           target uuid, detail jsonb)",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

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
