//! A tenant's own escalation matrix, in versions that never change.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::escalation::MatrixVersion;

/// The tenant's last edit; 0: it never edited its matrix.
pub async fn revision(read: &mut TenantRead) -> Result<i32, Error> {
    let tenant = read.tenant().uuid();
    let revision: Option<i32> = sqlx::query_scalar(
        "-- store::matrix::revision
        select version from escalation_matrices where tenant_id = $1 order by version desc limit 1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?;
    Ok(revision.unwrap_or(0))
}

/// One edit.
pub async fn lookup(read: &mut TenantRead, version: i32) -> Result<Option<MatrixVersion>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<(Option<Value>, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "-- store::matrix::lookup
        select document, created_at from escalation_matrices where tenant_id = $1 and version = $2",
    )
    .bind(tenant)
    .bind(version)
    .fetch_optional(read.connection())
    .await?;
    Ok(row.map(|(document, at)| MatrixVersion { version, document, created_at: at.to_jiff() }))
}

/// Begins an edit: nobody else edits the tenant's matrix until the transaction
/// ends.
pub async fn lock(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::matrix::lock
        select pg_advisory_xact_lock(hashtextextended('matrix ' || $1::text, 0))",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Keeps an edit.
pub async fn insert(
    tx: &mut TenantTx,
    version: i32,
    document: Option<&Value>,
    now: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::matrix::insert
        insert into escalation_matrices (tenant_id, version, document, created_at) values ($1, $2, $3, $4)",
    )
    .bind(tenant)
    .bind(version)
    .bind(document)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}
