//! The time that monitors observed.

use jiff_sqlx::ToSqlx;

use crate::domain::id::MonitorId;
use crate::domain::monitor::Sight;
use crate::domain::uptime::Span;
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

/// Adds observed time to that of a monitor, of which it is the latest: to the
/// last row while the service stays as it was, else as a row of its own.
pub async fn add(tx: &mut TenantTx, monitor: MonitorId, sight: Sight) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::monitor::observation::add
        with grown as (
            update monitor_observations set to_at = $4
             where tenant_id = $1 and monitor_id = $2 and to_at = $3 and state = $5
               and from_at = (select max(last.from_at) from monitor_observations last
                               where last.tenant_id = $1 and last.monitor_id = $2)
            returning from_at
        )
        insert into monitor_observations (tenant_id, monitor_id, from_at, to_at, state)
        select $1, $2, $3, $4, $5 where not exists (select from grown)",
    )
    .bind(tenant)
    .bind(monitor.uuid())
    .bind(sight.span.from.to_sqlx())
    .bind(sight.span.to.to_sqlx())
    .bind(sight.state.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The observed time of each service in a window, those of all of its monitors
/// together, in order; of one service if it is named.
pub async fn observed(
    read: &mut TenantRead,
    window: Span,
    service: Option<&str>,
) -> Result<Vec<(String, Span)>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(String, jiff_sqlx::Timestamp, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "-- store::monitor::observation::observed
        with seen as (
            select m.service, range_agg(tstzrange(o.from_at, o.to_at)) as spans
              from monitors m
             cross join lateral (
                select w.from_at, w.to_at from monitor_observations w
                 where w.tenant_id = $1 and w.monitor_id = m.id and w.from_at < $3 and w.to_at > $2
                   and w.from_at >= coalesce(
                        (select max(e.from_at) from monitor_observations e
                          where e.tenant_id = $1 and e.monitor_id = m.id and e.from_at <= $2), '-infinity')) as o
             where m.tenant_id = $1 and ($4::text is null or m.service = $4)
             group by m.service
        )
        select s.service, lower(u.span), upper(u.span)
          from seen s cross join lateral unnest(s.spans) as u(span)
         order by s.service, u.span",
    )
    .bind(tenant)
    .bind(window.from.to_sqlx())
    .bind(window.to.to_sqlx())
    .bind(service)
    .fetch_all(read.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(service, from, to)| (service, Span::new(from.to_jiff(), to.to_jiff())))
        .collect())
}

/// The services that have monitors now; the one that is named, if it has.
pub async fn watched(read: &mut TenantRead, service: Option<&str>) -> Result<Vec<String>, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::monitor::observation::watched
        select distinct service from monitors
         where tenant_id = $1 and deleted_at is null and ($2::text is null or service = $2)",
    )
    .bind(tenant)
    .bind(service)
    .fetch_all(read.connection())
    .await?)
}
