//! What a tenant decided about alerts.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;

use crate::domain::alert::Settings;
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "alert_settings";

/// The settings in force with their version; 0: those that are shipped.
pub async fn lookup(read: &mut TenantRead) -> Result<(i64, Settings), Error> {
    let tenant = read.tenant().uuid();
    let row: Option<(i64, Value)> = sqlx::query_as(
        "-- store::alert::settings::lookup
        select version, document from alert_settings where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?;
    let Some((version, document)) = row else { return Ok((0, Settings::default())) };
    let settings = serde_json::from_value(document).map_err(|error| Error::bad_row(TABLE, error))?;
    Ok((version, settings))
}

/// Holds the settings for the rest of the transaction, so that two changes come
/// one after the other.
pub async fn hold(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::settings::hold
        select pg_advisory_xact_lock(hashtextextended('alert settings ' || $1::text, 0))",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Puts settings in the place of those in force.
pub async fn put(tx: &mut TenantTx, version: i64, settings: &Settings, now: Timestamp) -> Result<(), Error> {
    let document = serde_json::to_value(settings).map_err(|error| Error::bad_row(TABLE, error))?;
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::alert::settings::put
        insert into alert_settings (tenant_id, version, document, updated_at) values ($1, $2, $3, $4)
        on conflict (tenant_id) do update set
            version = excluded.version, document = excluded.document, updated_at = excluded.updated_at",
    )
    .bind(tenant)
    .bind(version)
    .bind(document)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}
