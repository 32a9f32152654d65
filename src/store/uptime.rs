//! Which state the uptime of a tenant is in.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::uptime::Version;

/// Something was said or found that changes uptime. Whoever else says so waits
/// until the transaction ends; nobody who writes tickets does.
pub async fn change(tx: &mut TenantTx, at: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::uptime::change
        insert into uptime_states as s (tenant_id, changes, changed_at) values ($1, 1, $2)
        on conflict (tenant_id) do update
            set changes = s.changes + 1, changed_at = greatest(s.changed_at, excluded.changed_at)",
    )
    .bind(tenant)
    .bind(at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Names the state of what is known of the time before `end`: it gets another
/// name with every change, and whenever a monitor that is there has observed
/// more of that time. What monitors saw after it, the name does not know.
///
/// A monitor never observes what lies before its last look, or before it began
/// to watch, so how far each has looked tells all that it saw.
pub async fn version(read: &mut TenantRead, end: Timestamp) -> Result<Version, Error> {
    let tenant = read.tenant().uuid();
    let (changes, changed_at, seen, seen_at): (i64, Option<jiff_sqlx::Timestamp>, i64, _) = sqlx::query_as(
        "-- store::uptime::version
        select coalesce((select changes from uptime_states where tenant_id = $1), 0),
               (select changed_at from uptime_states where tenant_id = $1),
               coalesce(hashtextextended(string_agg(
                   m.id::text || extract(epoch from least(coalesce(m.checked_at, m.watched_since), $2)), ' '
                   order by m.id), 0), 0),
               max(least(m.checked_at, $2)) filter (where m.checked_at is not null and m.created_at < $2)
          from monitors m where m.tenant_id = $1 and m.deleted_at is null",
    )
    .bind(tenant)
    .bind(end.to_sqlx())
    .fetch_one(read.connection())
    .await?;
    let instants =
        [changed_at, seen_at].map(|at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff));
    Ok(Version { changes, seen, as_of: instants.into_iter().flatten().max() })
}
