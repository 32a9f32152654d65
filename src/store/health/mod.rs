//! What a system health report reads beside the KPIs, and reports that are kept.

pub mod cohort;
pub mod mail;
pub mod report;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::TenantRead;
use crate::domain::health::{Alerts, Escalated, NoisyAlert, OldTicket, Overdue, PolicyKept, ServiceTickets};
use crate::domain::id::{AlertId, TicketId};
use crate::domain::kpi::{Kept, Marks, Range};
use crate::domain::vocabulary::TicketType;

#[derive(sqlx::FromRow)]
struct ServiceRow {
    service: String,
    is_created: bool,
    is_before: bool,
    marks: Option<i16>,
    r#type: Option<String>,
    n: i64,
}

/// What came in about the `limit` services that most came in about, the most
/// first, in a window and in the one from `before` until it; nothing of
/// confidential tickets.
pub async fn services(
    read: &mut TenantRead,
    (from, to): Range,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<ServiceTickets>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<ServiceRow> = sqlx::query_as(
        "-- store::health::services
        with entries as (
            select t.service, k.kind = 'created' as is_created, k.at < $2 as is_before,
                   case when k.kind = 'decided' then k.marks end as marks,
                   case when k.kind = 'created' then t.type end as type
              from kpi_entries k join tickets t on t.tenant_id = k.tenant_id and t.id = k.ticket_id
             where k.tenant_id = $1 and k.at >= $4 and k.at < $3 and k.kind in ('created', 'decided')
               and k.excluded is null and t.service is not null and not t.restricted
               and (k.kind = 'created' or k.at >= $2)),
        most as (
            select service from entries where is_created and not is_before
             group by service order by count(*) desc, service limit $5)
        select service, is_created, is_before, marks, type, count(*) as n
          from entries where service in (select service from most)
         group by service, is_created, is_before, marks, type",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(before.to_sqlx())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    let mut services: std::collections::BTreeMap<String, ServiceTickets> = std::collections::BTreeMap::new();
    for ServiceRow { service, is_created, is_before, marks, r#type, n } in rows {
        let one = services.entry(service.clone()).or_insert_with(|| ServiceTickets::new(service));
        let n = n.unsigned_abs();
        if is_before {
            one.before += n;
        } else if is_created {
            one.tickets += n;
            match r#type.as_deref().map(|text| word("tickets", text)).transpose()? {
                Some(TicketType::Incident) => one.incidents += n,
                Some(TicketType::Alert) => one.alerts += n,
                Some(TicketType::Request | TicketType::Question) | None => {}
            }
        } else if let Some((_, _, outcome)) = marks.and_then(|marks| Marks(marks).decision()) {
            one.promises.add(outcome, n);
        }
    }
    let mut services: Vec<ServiceTickets> = services.into_values().collect();
    // Stable: among equals by name.
    services.sort_by_key(|one| std::cmp::Reverse(one.tickets));
    Ok(services)
}

/// Promises decided in a window by the policy that their tickets have now, the
/// `limit` that were broken most often first.
pub async fn policies(
    read: &mut TenantRead,
    (from, to): Range,
    limit: usize,
) -> Result<Vec<PolicyKept>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(String, i16, i64)> = sqlx::query_as(
        "-- store::health::policies
        select t.policy, k.marks, count(*)
          from kpi_entries k join tickets t on t.tenant_id = k.tenant_id and t.id = k.ticket_id
         where k.tenant_id = $1 and k.at >= $2 and k.at < $3 and k.kind = 'decided' and t.policy is not null
         group by t.policy, k.marks order by t.policy",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .fetch_all(read.connection())
    .await?;
    let mut policies: Vec<PolicyKept> = Vec::new();
    for (policy, marks, n) in rows {
        let Some((_, _, outcome)) = Marks(marks).decision() else { continue };
        if policies.last().is_none_or(|last| last.policy != policy) {
            policies.push(PolicyKept { policy, kept: Kept::default() });
        }
        if let Some(last) = policies.last_mut() {
            last.kept.add(outcome, n.unsigned_abs());
        }
    }
    policies.retain(|one| one.kept.n() > 0);
    // Stable: among equals by key.
    policies.sort_by_key(|one| std::cmp::Reverse(one.kept.breached));
    policies.truncate(limit);
    Ok(policies)
}

#[derive(sqlx::FromRow)]
struct OldRow {
    id: Uuid,
    number: i64,
    priority: String,
    status: String,
    team: String,
    created_at: jiff_sqlx::Timestamp,
    overdue: bool,
}

/// Whether a promise on the ticket `t` is broken at `$2` and still waited for.
const OVERDUE: &str = "exists (
    select from sla_clocks c
     where c.tenant_id = t.tenant_id and c.ticket_id = t.id and c.stopped_at is null and c.breach_at <= $2
       and (c.breached_at is not null or c.state in ('running', 'paused') and c.late_after < $2))";

/// What waits and is late at `now`, with the `limit` tickets that wait longest;
/// confidential ones are counted and not told of.
pub async fn overdue(read: &mut TenantRead, now: Timestamp, limit: i64) -> Result<Overdue, Error> {
    let tenant = read.tenant().uuid();
    let tickets: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "-- store::health::overdue
        select count(*) from tickets t
         where t.tenant_id = $1 and t.status in ('new', 'open', 'pending', 'on_hold') and t.merged_into is null
           and {OVERDUE}"
    )))
    .bind(tenant)
    .bind(now.to_sqlx())
    .fetch_one(read.connection())
    .await?;
    let rows: Vec<OldRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::health::oldest
        select t.id, t.number, least(t.priority, t.raised_priority) as priority, t.status, t.team, t.created_at,
               {OVERDUE} as overdue
          from tickets t
         where t.tenant_id = $1 and t.status in ('new', 'open', 'pending', 'on_hold') and t.merged_into is null
           and not t.restricted and t.created_at <= $2
         order by t.created_at, t.id limit $3"
    )))
    .bind(tenant)
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    let old = |row: OldRow| {
        Ok(OldTicket {
            ticket: TicketId::new(row.id),
            number: row.number,
            priority: word("tickets", &row.priority)?,
            status: word("tickets", &row.status)?,
            team: row.team,
            created_at: row.created_at.to_jiff(),
            overdue: row.overdue,
        })
    };
    let oldest: Result<Vec<OldTicket>, Error> = rows.into_iter().map(old).collect();
    Ok(Overdue { tickets: tickets.unsigned_abs(), oldest: Some(oldest?) })
}

#[derive(sqlx::FromRow)]
struct AlertRow {
    id: Uuid,
    title: String,
    service: Option<String>,
    restricted: bool,
    firing: bool,
    firings: i64,
    resolutions: i64,
    first_at: jiff_sqlx::Timestamp,
}

/// What monitoring reported in a window: each group once, however often it got
/// a new ticket, with the `limit` that were reported most often. A group is
/// called flapping from `flaps` resolutions on. Groups of confidential tickets
/// are counted and not told of.
pub async fn alerts(
    read: &mut TenantRead,
    (from, to): Range,
    flaps: u64,
    limit: usize,
) -> Result<Alerts, Error> {
    let tenant = read.tenant().uuid();
    let firing: i64 = sqlx::query_scalar(
        "-- store::health::firing
        select count(*) from alert_groups where tenant_id = $1 and state = 'firing'",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?;
    let rows: Vec<AlertRow> = sqlx::query_as(
        "-- store::health::alerts
        select (array_agg(g.id order by g.id desc))[1] as id, (array_agg(g.title order by g.id desc))[1] as title,
               (array_agg(g.service order by g.id desc))[1] as service,
               bool_or(coalesce(t.restricted, false)) as restricted, bool_or(g.state = 'firing') as firing,
               sum(g.firings)::bigint as firings, sum(g.resolutions)::bigint as resolutions,
               min(g.first_at) as first_at
          from alert_groups g left join tickets t on t.tenant_id = g.tenant_id and t.id = g.ticket_id
         where g.tenant_id = $1 and g.last_at >= $2 and g.first_at < $3 and g.state <> 'recorded'
         group by g.source, g.key_hash
         order by sum(g.firings) + sum(g.resolutions) desc, id desc",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .fetch_all(read.connection())
    .await?;
    let mut alerts = Alerts { firing: firing.unsigned_abs(), ..Alerts::default() };
    let mut noisy = Vec::new();
    for row in rows {
        alerts.reported += 1;
        alerts.began += u64::from(row.first_at.to_jiff() >= from);
        alerts.flapping += u64::from(row.resolutions.unsigned_abs() >= flaps);
        if row.restricted {
            continue;
        }
        *alerts.by_service.entry(row.service.clone()).or_default() += 1;
        // Once is not often.
        if noisy.len() < limit && row.firings + row.resolutions > 2 {
            noisy.push(NoisyAlert {
                id: AlertId::new(row.id),
                title: row.title,
                service: row.service,
                firing: row.firing,
                firings: row.firings.unsigned_abs(),
                resolutions: row.resolutions.unsigned_abs(),
                first_at: row.first_at.to_jiff(),
            });
        }
    }
    alerts.noisy = Some(noisy);
    Ok(alerts)
}

#[derive(sqlx::FromRow)]
struct EscalatedRow {
    persona: String,
    requested: i64,
    before: i64,
    waiting: i64,
    incomplete: i64,
}

/// Hand-overs asked for in a window, and in the one from `before` until it, by
/// persona, the most first.
pub async fn escalations(
    read: &mut TenantRead,
    (from, to): Range,
    before: Timestamp,
) -> Result<Vec<Escalated>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<EscalatedRow> = sqlx::query_as(
        "-- store::health::escalations
        select persona, count(*) filter (where requested_at >= $2) as requested,
               count(*) filter (where requested_at < $2) as before,
               count(*) filter (where requested_at >= $2 and state = 'requested') as waiting,
               count(*) filter (where requested_at >= $2 and cardinality(missing_context) > 0) as incomplete
          from escalations
         where tenant_id = $1 and requested_at >= $4 and requested_at < $3
         group by persona order by requested desc, persona",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(before.to_sqlx())
    .fetch_all(read.connection())
    .await?;
    let escalated = |row: EscalatedRow| {
        Ok(Escalated {
            persona: word("escalations", &row.persona)?,
            requested: row.requested.unsigned_abs(),
            before: row.before.unsigned_abs(),
            waiting: row.waiting.unsigned_abs(),
            incomplete: row.incomplete.unsigned_abs(),
        })
    };
    rows.into_iter().map(escalated).collect()
}
