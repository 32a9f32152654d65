//! Groups of alerts as they are shown.

use uuid::Uuid;

use super::{COLUMNS, Row, SOURCES, fingerprint};
use crate::domain::alert::{Shown, Wanted};
use crate::domain::id::{AlertId, TicketId};
use crate::store::error::Error;
use crate::store::tenancy::TenantRead;

/// Alerts of a group that are shown with it.
const SHOWN: i64 = 100;

/// Groups that fit, newest first, from before a position on, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    wanted: &Wanted,
    before: Option<AlertId>,
    limit: i64,
) -> Result<Vec<Shown>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::alert::list
        select {COLUMNS} from {SOURCES}
         where g.tenant_id = $1 and (cardinality($2) = 0 or g.state = any($2))
           and (cardinality($3) = 0 or g.source = any($3)) and ($4::uuid is null or g.ticket_id = $4)
           and ($5::uuid is null or g.id < $5)
         order by g.id desc limit $6"
    )))
    .bind(tenant)
    .bind(wanted.state.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(wanted.source.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(wanted.ticket.map(TicketId::uuid))
    .bind(before.map(AlertId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    complete(read, rows).await
}

/// One group.
pub async fn lookup(read: &mut TenantRead, group: AlertId) -> Result<Option<Shown>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::alert::lookup
        select {COLUMNS} from {SOURCES} where g.tenant_id = $1 and g.id = $2"
    )))
    .bind(tenant)
    .bind(group.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(complete(read, row.into_iter().collect()).await?.pop())
}

async fn complete(read: &mut TenantRead, rows: Vec<Row>) -> Result<Vec<Shown>, Error> {
    let groups: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut alerts = fingerprint::of_groups(read, &groups, SHOWN).await?;
    let shown = rows.into_iter().map(|row| {
        let (total, alerts) = alerts.remove(&row.id).unwrap_or_default();
        Ok(Shown { group: row.try_into()?, alerts, total })
    });
    shown.collect()
}
