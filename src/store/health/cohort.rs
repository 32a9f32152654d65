//! What had become of the tickets of a window by an instant.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{Connection as _, PgConnection};

use crate::domain::health::Cohort;
use crate::domain::id::TenantId;
use crate::domain::kpi::{Exclusion, Marks, Name, Range};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::store::error::Error;
use crate::store::tenancy::TenantRead;

/// The tickets of a window as their histories say that they stood at an instant;
/// of which window each is, and which are left out, as entries say now. `None`
/// where that takes longer than a statement may: `read` goes on all the same.
pub async fn stood(read: &mut TenantRead, window: Range, at: Timestamp) -> Result<Option<Cohort>, Error> {
    let after = at.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
    let window = (window.0, window.1.min(after).max(window.0));
    let tenant = read.tenant();
    // A savepoint: a statement that fails would take the rest of the reading with it.
    let mut part = read.connection().begin().await?;
    let found = counted(&mut part, tenant, window, at).await;
    part.rollback().await?;
    match found {
        Ok(cohort) => Ok(Some(cohort)),
        Err(Error::TimedOut(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn counted(
    connection: &mut PgConnection,
    tenant: TenantId,
    window: Range,
    at: Timestamp,
) -> Result<Cohort, Error> {
    let mut cohort = Cohort::default();
    came(connection, tenant, window, at, &mut cohort).await?;
    measured(connection, tenant, window, at, &mut cohort).await?;
    resolved(connection, tenant, window, at, &mut cohort).await?;
    Ok(cohort)
}

async fn came(
    connection: &mut PgConnection,
    tenant: TenantId,
    (from, to): Range,
    at: Timestamp,
    cohort: &mut Cohort,
) -> Result<(), Error> {
    let (came, ended, steps): (i64, i64, i64) = sqlx::query_as(
        "-- store::health::cohort::came
        select count(*), count(*) filter (where h.ended),
               count(*) filter (where k.marks & $5 = $5) + count(*) filter (where not h.placed)
                 + count(*) filter (where h.ended and not h.answered)
                 + count(*) filter (where h.ended and h.resolved and not h.by_person)
          from kpi_entries k
         cross join lateral (
               select coalesce((array_agg(e.kind <> 'reopened' order by e.seq desc)
                        filter (where e.kind in ('resolved', 'closed', 'merged', 'reopened')))[1], false) as ended,
                      coalesce(bool_or(e.actor = 'agent' and (e.kind = 'assigned'
                        or e.kind = 'escalated' and e.data ->> 'automatic' = 'false')), false) as placed,
                      coalesce(bool_or(e.data ->> 'author' = 'agent' and (e.kind = 'message_published'
                        or e.kind = 'message_added' and e.data ->> 'visibility' = 'public')), false) as answered,
                      coalesce(bool_or(e.kind = 'resolved'), false) as resolved,
                      coalesce(bool_or(e.kind = 'resolved' and e.actor <> 'automation'), false) as by_person
                 from ticket_events e
                where e.tenant_id = $1 and e.ticket_id = k.ticket_id and e.at <= $4
                  and e.kind in ('resolved', 'closed', 'merged', 'reopened', 'assigned', 'escalated',
                                 'message_added', 'message_published')) as h
         where k.tenant_id = $1 and k.at >= $2 and k.at < $3 and k.kind = 'created' and k.excluded is null",
    )
    .bind(tenant.uuid())
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(at.to_sqlx())
    .bind(Marks::TRIAGED.0)
    .fetch_one(&mut *connection)
    .await?;
    cohort.came = came.unsigned_abs();
    cohort.ended = ended.unsigned_abs();
    cohort.steps = steps.unsigned_abs();
    Ok(())
}

async fn measured(
    connection: &mut PgConnection,
    tenant: TenantId,
    (from, to): Range,
    at: Timestamp,
    cohort: &mut Cohort,
) -> Result<(), Error> {
    let (measured, typical): (i64, Option<i64>) = sqlx::query_as(
        "-- store::health::cohort::measured
        select count(k.business), percentile_disc(0.5) within group (order by k.business)
          from kpi_entries k
         where k.tenant_id = $1 and k.at >= $2 and k.at < $3 and k.kind = 'first_resolution' and k.excluded is null
           and exists (select from ticket_events e
                        where e.tenant_id = $1 and e.ticket_id = k.ticket_id and e.kind = 'resolved' and e.at <= $4)",
    )
    .bind(tenant.uuid())
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(at.to_sqlx())
    .fetch_one(&mut *connection)
    .await?;
    (cohort.measured, cohort.typical) = (measured.unsigned_abs(), typical);
    Ok(())
}

/// What was never reopened or handed over had not been then: few histories are
/// looked into.
async fn resolved(
    connection: &mut PgConnection,
    tenant: TenantId,
    (from, to): Range,
    at: Timestamp,
    cohort: &mut Cohort,
) -> Result<(), Error> {
    let words = |name: Name| name.exclusions().iter().map(|reason: &Exclusion| reason.as_str());
    let counted: (i64, i64, i64, i64, i64) = sqlx::query_as(
        "-- store::health::cohort::resolved
        select count(*) filter (where k.excluded is null),
               count(*) filter (where k.excluded is null and not h.soon and not x.handed_over),
               count(*) filter (where k.excluded is null or k.excluded <> all($5)),
               count(*) filter (where h.back and (k.excluded is null or k.excluded <> all($5))),
               count(*) filter (where x.handed_over and (k.excluded is null or k.excluded <> all($5)))
          from kpi_entries k
         cross join lateral (
               select count(*) > 0 as back, count(*) filter (where e.at <= k.at + $6 * interval '1 second') > 0 as soon
                 from ticket_events e
                where k.marks & $7 = $7 and e.tenant_id = $1 and e.ticket_id = k.ticket_id
                  and e.kind = 'reopened' and e.at >= k.at and e.at <= $4) as h
         cross join lateral (
               select k.marks & $8 = $8
                      and exists (select from escalations e
                                   where e.tenant_id = $1 and e.ticket_id = k.ticket_id and e.kind = 'functional'
                                     and e.requested_at <= $4) as handed_over) as x
         where k.tenant_id = $1 and k.at >= $2 and k.at < $3 and k.kind = 'resolved'",
    )
    .bind(tenant.uuid())
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(at.to_sqlx())
    .bind(words(Name::ReopenRate).collect::<Vec<_>>())
    .bind(REOPEN_WINDOW.as_secs())
    .bind(Marks::REOPENED.0)
    .bind(Marks::ESCALATED.0)
    .fetch_one(&mut *connection)
    .await?;
    let (resolved, first_level, settled, reopened, escalated) = counted;
    cohort.resolved = resolved.unsigned_abs();
    cohort.first_level = first_level.unsigned_abs();
    cohort.settled = settled.unsigned_abs();
    cohort.reopened = reopened.unsigned_abs();
    cohort.escalated = escalated.unsigned_abs();
    Ok(())
}
