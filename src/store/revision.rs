//! Which edits of its rules are in force for a tenant.

use super::error::Error;
use super::tenancy::TenantRead;

/// The number of the newest edit of each; 0: there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Revisions {
    /// Of what is promised.
    pub sla: i64,
    /// Of the escalation matrix.
    pub matrix: i32,
    /// Of the policies of ladders.
    pub ladders: i32,
}

/// All of them, in one statement: whoever opens tickets needs all.
pub async fn all(read: &mut TenantRead) -> Result<Revisions, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_as(
        "-- store::revision::all
        select coalesce((select revision from sla_books where tenant_id = $1), 0) as sla,
               coalesce((select version from escalation_matrices where tenant_id = $1
                          order by version desc limit 1), 0) as matrix,
               coalesce((select version from escalation_policies where tenant_id = $1
                          order by version desc limit 1), 0) as ladders",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}
