//! What KPIs count. Each number has one population of tickets, written once and
//! used inside the statements below: counting and listing cannot disagree.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Deserialize;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, Postgres};

use super::error::Error;
use super::record::{self, COLUMNS, SOURCES};
use super::row::optional_word;
use super::tenancy::TenantRead;
use crate::domain::kpi::{Exclusion, Filter, Measure, Name, Question, StateChange, Waiting};
use crate::domain::search::Position;
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::ticket::record::Record;
use crate::domain::vocabulary::Status;

/// Tickets first answered in the window; nothing in the schema says yet that a
/// ticket is spam.
const ANSWERED: &str = "-- store::kpi::answered
    select t.id as ticket_id, c.stopped_at as at, case when t.merged_into is not null then 'merged' when t.type = 'alert' then 'alerts'
                when c.state = 'cancelled' then 'without_promise' end as excluded,
           c.{measure}_seconds as seconds, false as good
      from sla_clocks c
      join tickets t on t.tenant_id = c.tenant_id and t.id = c.ticket_id
     where c.tenant_id = $1 and c.metric = 'first_response' and c.stopped_at >= $2 and c.stopped_at < $3
       and (c.state <> 'cancelled' or t.merged_into is null)";

/// Tickets resolved in the window, by their first resolution in it. Those that
/// were reopened and not resolved again have no `resolved_at`.
const RESOLVED: &str = "-- store::kpi::resolved
    select t.id as ticket_id, r.at,
           case when t.merged_into is not null then 'merged'
                when t.scope = 'out_of_scope' then 'out_of_scope'
                when r.actor = 'automation' and t.type = 'alert' then 'alerts_closed_by_machine'
                when r.actor = 'automation' then 'auto_closed' end as excluded,
           0::bigint as seconds,
           t.escalations = 0 and not exists (
               select from ticket_events b
                where b.tenant_id = $1 and b.ticket_id = t.id and b.kind = 'reopened' and b.seq > r.seq
                  and b.at <= r.at + make_interval(secs => {reopen_window})) as good
      from tickets t
     cross join lateral (
               select e.seq, e.at, e.actor from ticket_events e
                where e.tenant_id = $1 and e.ticket_id = t.id and e.kind in ('resolved', 'merged') and e.at >= $2 and e.at < $3
                order by e.seq limit 1) r
     where t.tenant_id = $1 and t.first_resolved_at < $3
       and (t.resolved_at >= $2 or t.status in ('new', 'open', 'pending', 'on_hold'))";

/// Tickets created in the window.
const CREATED: &str = "-- store::kpi::created
    select t.id as ticket_id, t.created_at as at,
           case when t.merged_into is not null then 'merged' end as excluded, 0::bigint as seconds,
           t.status in ('resolved', 'closed') as good
      from tickets t
     where t.tenant_id = $1 and t.created_at >= $2 and t.created_at < $3";

/// Narrows each of them, by what the tickets are now.
const FILTER: &str = "
       and (cardinality($4) = 0 or least(t.priority, t.raised_priority) = any($4)) and (cardinality($5) = 0 or t.category = any($5))
       and (cardinality($6) = 0 or t.team = any($6)) and (cardinality($7) = 0 or t.channel = any($7))
       and (cardinality($8) = 0 or t.type = any($8))";

fn population(name: Name, measure: Measure) -> String {
    let text = match name {
        Name::FirstResponseTime => ANSWERED.replace("{measure}", measure.as_str()),
        Name::FirstLevelResolutionRate => {
            RESOLVED.replace("{reopen_window}", &REOPEN_WINDOW.as_secs().to_string())
        }
        Name::ResolutionRate => CREATED.to_owned(),
    };
    text + FILTER
}

/// Binds `$1` to `$8`.
fn asked<'q, R>(read: &TenantRead, question: &Question, text: String) -> QueryAs<'q, Postgres, R, PgArguments>
where
    R: for<'r> FromRow<'r, sqlx::postgres::PgRow>,
{
    let Filter { priority, category, team, channel, ticket_type } = &question.filter;
    sqlx::query_as(AssertSqlSafe(text))
        .bind(read.tenant().uuid())
        .bind(question.window.from.to_sqlx())
        .bind(question.window.to.to_sqlx())
        .bind(priority.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(category.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(team.clone())
        .bind(channel.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(ticket_type.iter().map(|word| word.as_str()).collect::<Vec<_>>())
}

/// Tickets of a population that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Why they are left out; none: they count.
    pub excluded: Option<Exclusion>,
    /// Their duration in whole seconds; 0 where the number is a share.
    pub seconds: i64,
    /// Whether they count as good; `false` where the number is a duration.
    pub good: bool,
    /// How many they are.
    pub n: u64,
}

/// The population of a number, by what matters for it.
pub async fn count(read: &mut TenantRead, name: Name, question: &Question) -> Result<Vec<Group>, Error> {
    let text = format!(
        "-- store::kpi::count
        with counted as ({})
        select excluded, seconds, good, count(*) as n from counted group by excluded, seconds, good",
        population(name, question.measure)
    );
    let rows: Vec<(Option<String>, i64, bool, i64)> =
        asked(read, question, text).fetch_all(read.connection()).await?;
    rows.into_iter()
        .map(|(excluded, seconds, good, n)| {
            let excluded = optional_word("tickets", excluded.as_deref())?;
            Ok(Group { excluded, seconds, good, n: n.unsigned_abs() })
        })
        .collect()
}

#[derive(FromRow)]
struct Placed {
    place: jiff_sqlx::Timestamp,
    #[sqlx(flatten)]
    row: record::Row,
}

/// The tickets that count for a number, by the instant at which they do, after
/// a position, `limit` at most.
pub async fn tickets(
    read: &mut TenantRead,
    name: Name,
    question: &Question,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<(Position, Record)>, Error> {
    let mut text = format!(
        "-- store::kpi::tickets
        with counted as ({})
        select k.at as place, {COLUMNS}
          from {SOURCES}
          join counted k on k.ticket_id = t.id
         where t.tenant_id = $1 and k.excluded is null",
        population(name, question.measure)
    );
    if after.is_some() {
        text.push_str(" and (k.at, t.id) > ($10, $11)");
    }
    text.push_str(" order by k.at, t.id limit $9");
    let mut query = asked::<Placed>(read, question, text).bind(limit);
    if let Some(position) = after {
        query = query.bind(position.at.to_sqlx()).bind(position.id.uuid());
    }
    let rows = query.fetch_all(read.connection()).await?;
    let (places, rows): (Vec<_>, Vec<_>) = rows.into_iter().map(|placed| (placed.place, placed.row)).unzip();
    let records = record::complete(read, rows).await?;
    let position = |(place, record): (jiff_sqlx::Timestamp, Record)| {
        (Position { at: place.to_jiff(), id: record.id }, record)
    };
    Ok(places.into_iter().zip(records).map(position).collect())
}

/// How many tickets were created in the window that have no first response
/// clock; alerts are not expected to have one.
pub async fn without_promise(read: &mut TenantRead, question: &Question) -> Result<u64, Error> {
    let text = format!(
        "-- store::kpi::without_promise
        select count(*) from tickets t
         where t.tenant_id = $1 and t.created_at >= $2 and t.created_at < $3 and t.type <> 'alert'
           and not exists (select from sla_clocks c
                            where c.tenant_id = $1 and c.ticket_id = t.id and c.metric = 'first_response')
           {FILTER}"
    );
    let (n,): (i64,) = asked(read, question, text).fetch_one(read.connection()).await?;
    Ok(n.unsigned_abs())
}

#[derive(Deserialize)]
struct Change {
    at: Timestamp,
    to: Status,
}

#[derive(FromRow)]
struct WaitingRow {
    started_at: jiff_sqlx::Timestamp,
    stopped_at: Option<jiff_sqlx::Timestamp>,
    calendar: String,
    policy: String,
    policy_version: i32,
    sla_version: String,
    changes: Json<Vec<Change>>,
}

impl From<WaitingRow> for Waiting {
    fn from(row: WaitingRow) -> Self {
        Self {
            started_at: row.started_at.to_jiff(),
            stopped_at: row.stopped_at.map(jiff_sqlx::Timestamp::to_jiff),
            calendar: row.calendar,
            policy: PolicyRef { key: row.policy, version: row.policy_version },
            sla_version: row.sla_version,
            changes: row.changes.0.into_iter().map(|Change { at, to }| StateChange { at, to }).collect(),
        }
    }
}

/// The first response clocks of which whole seconds do not tell whether
/// `target_seconds` were kept: those that were not stopped and began before the
/// end of the window, and those that were stopped in it within the target's
/// last second. Each with the policy that was in force when it stopped, or is now.
pub async fn undecided(
    read: &mut TenantRead,
    question: &Question,
    target_seconds: i64,
) -> Result<Vec<Waiting>, Error> {
    let text = format!(
        "-- store::kpi::undecided
        select c.started_at, c.stopped_at, c.calendar, coalesce(p.policy, t.policy) as policy,
               coalesce(p.policy_version, t.policy_version) as policy_version,
               case when p.policy is null then t.sla_version else p.sla_version end as sla_version,
               coalesce((
                   select jsonb_agg(
                              jsonb_build_object('at', e.at, 'to', case e.kind
                                  when 'status_changed' then e.data->>'to'
                                  when 'resolved' then 'resolved'
                                  when 'reopened' then 'open'
                                  else 'closed' end)
                              order by e.seq)
                     from ticket_events e
                    where e.tenant_id = $1 and e.ticket_id = c.ticket_id
                      and e.kind in ('status_changed', 'resolved', 'reopened', 'closed')), '[]') as changes
          from sla_clocks c
          join tickets t on t.tenant_id = c.tenant_id and t.id = c.ticket_id
          left join lateral (
                    select e.data->'policy'->>'key' as policy, (e.data->'policy'->>'version')::integer as policy_version,
                           e.data->>'sla_version' as sla_version
                      from ticket_events e
                     where e.tenant_id = $1 and e.ticket_id = c.ticket_id and e.kind in ('opened', 'policy_changed')
                       and e.at <= c.stopped_at
                     order by e.seq desc limit 1) p on c.stopped_at is not null
         where c.tenant_id = $1 and c.metric = 'first_response' and c.state <> 'cancelled' and t.type <> 'alert'
           and t.merged_into is null and t.policy is not null
           and (c.stopped_at is null and c.started_at < $3
                or c.stopped_at >= $2 and c.stopped_at < $3 and c.{}_seconds = $9)
           {FILTER}",
        question.measure
    );
    let rows: Vec<WaitingRow> =
        asked(read, question, text).bind(target_seconds).fetch_all(read.connection()).await?;
    Ok(rows.into_iter().map(Waiting::from).collect())
}

/// The instant of the last event before `to`; none where there is none.
pub async fn last_event(read: &mut TenantRead, to: Timestamp) -> Result<Option<Timestamp>, Error> {
    let tenant = read.tenant().uuid();
    // A ticket's last event is its `updated_at`, which has an index; only those
    // that changed later are looked into.
    let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "-- store::kpi::last_event
        select greatest(
            (select max(t.updated_at) from tickets t where t.tenant_id = $1 and t.updated_at < $2),
            (select max(l.at) from tickets t
              cross join lateral (
                        select e.at from ticket_events e
                         where e.tenant_id = $1 and e.ticket_id = t.id and e.at < $2
                         order by e.seq desc limit 1) l
              where t.tenant_id = $1 and t.updated_at >= $2 and t.created_at < $2))",
    )
    .bind(tenant)
    .bind(to.to_sqlx())
    .fetch_one(read.connection())
    .await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}
