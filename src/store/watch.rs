//! Promises over many tickets: about to be late, late, and decided. Which row
//! is a breach is said once and used wherever breaches are read.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow, Postgres};
use uuid::Uuid;

use super::clock;
use super::error::Error;
use super::row::word;
use super::tenancy::TenantRead;
use crate::domain::id::{AgentId, TicketId};
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::watch::{
    BreachSort, Breaches, ClockPosition, Lateness, Narrowing, Risks, Watched,
};

/// The columns that [`Row`] reads.
const COLUMNS: &str = "
    c.ticket_id, c.metric, c.cycle, c.calendar, c.target_seconds, c.state, c.started_at, c.due_at, c.late_after, c.stopped_at,
    c.breached_at, c.breach_at, c.business_seconds, c.elapsed_seconds, t.number, t.subject, t.status,
    least(t.priority, t.raised_priority) as priority, t.category, t.team,
    t.agent_id, a.name as agent_name, t.policy, t.policy_version, t.sla_version, t.merged_into is not null as merged";

/// Where those columns come from.
const SOURCES: &str = "
    sla_clocks c
    join tickets t on t.tenant_id = c.tenant_id and t.id = c.ticket_id
    left join agents a on a.tenant_id = t.tenant_id and a.id = t.agent_id";

/// Narrows clocks, by what their tickets are now.
const NARROWED: &str = "
    and (cardinality($4) = 0 or c.metric = any($4)) and (cardinality($5) = 0 or least(t.priority, t.raised_priority) = any($5))
    and (cardinality($6) = 0 or t.category = any($6)) and (cardinality($7) = 0 or t.team = any($7))";

/// Breaches stamped from `$2` to before `$3`, as known at `$8`: recorded by an
/// event, or due to time alone.
const BREACHED: &str = "c.breach_at >= $2 and c.breach_at < $3 and c.breach_at <= $8
    and (c.breached_at is not null or c.state in ('running', 'paused') and c.late_after < $8)";

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    clock: clock::Row,
    number: i64,
    subject: String,
    status: String,
    priority: String,
    category: String,
    team: String,
    agent_id: Option<Uuid>,
    agent_name: Option<String>,
    policy: Option<String>,
    policy_version: Option<i32>,
    sla_version: String,
    merged: bool,
}

impl TryFrom<Row> for Watched {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            ticket: TicketId::new(row.clock.ticket_id),
            number: row.number,
            subject: row.subject,
            status: word("tickets", &row.status)?,
            priority: word("tickets", &row.priority)?,
            category: word("tickets", &row.category)?,
            team: row.team,
            agent: row.agent_id.map(AgentId::new),
            agent_name: row.agent_name,
            policy: row.policy.zip(row.policy_version).map(|(key, version)| PolicyRef { key, version }),
            sla_version: row.sla_version,
            merged: row.merged,
            clock: row.clock.try_into()?,
        })
    }
}

/// Binds `$1` to `$7`.
fn asked<'q, R>(
    read: &TenantRead,
    text: String,
    from: Timestamp,
    to: Timestamp,
    narrowing: &Narrowing,
) -> QueryAs<'q, Postgres, R, PgArguments>
where
    R: for<'r> FromRow<'r, PgRow>,
{
    let Narrowing { metric, priority, category, team } = narrowing;
    sqlx::query_as(AssertSqlSafe(text))
        .bind(read.tenant().uuid())
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .bind(metric.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(priority.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(category.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(team.clone())
}

/// What [`at_risk`] asks: deadlines from `$2` (now) to `$3`, `$8` at most,
/// after the position `$9` to `$12`. Deadlines that have passed but may be kept
/// until the calendar opens again have a branch and an index of their own.
#[must_use]
pub fn at_risk_statement(continued: bool) -> String {
    let after = if continued {
        "and c.due_at >= $9 and (c.due_at, c.ticket_id, c.metric, c.cycle) > ($9, $10, $11, $12)"
    } else {
        ""
    };
    let branch = |deadline: &str| {
        format!(
            "(select {COLUMNS} from {SOURCES}
               where c.tenant_id = $1 and c.state = 'running' and {deadline} {NARROWED} {after}
               order by c.due_at, c.ticket_id, c.metric, c.cycle limit $8)"
        )
    };
    format!(
        "-- store::watch::at_risk
        {} union all {}
        order by due_at, ticket_id, metric, cycle limit $8",
        branch("c.due_at >= $2 and c.due_at <= $3"),
        branch("c.late_after > c.due_at and c.due_at < $2 and c.late_after >= $2")
    )
}

/// Running clocks that are not late at `now` and whose deadline comes in time
/// for the question, soonest first, after a position, `limit` at most. The
/// share that is used is not looked at.
pub async fn at_risk(
    read: &mut TenantRead,
    risks: &Risks,
    now: Timestamp,
    after: Option<&ClockPosition>,
    limit: i64,
) -> Result<Vec<Watched>, Error> {
    let text = at_risk_statement(after.is_some());
    let query = asked::<Row>(read, text, now, risks.until, &risks.narrowing).bind(limit);
    let rows = continued(query, after).fetch_all(read.connection()).await?;
    rows.into_iter().map(Watched::try_from).collect()
}

/// What [`breaches`] asks, `$9` at most, after the position `$10` to `$13`.
#[must_use]
pub fn breaches_statement(sort: BreachSort, lateness: Option<Lateness>, continued: bool) -> String {
    let (direction, bound, sign) = match sort {
        BreachSort::Ascending => ("asc", ">=", ">"),
        BreachSort::Descending => ("desc", "<=", "<"),
    };
    let lateness = match lateness {
        None => "",
        Some(Lateness::Open) => "and c.stopped_at is null and t.status not in ('resolved', 'closed')",
        Some(Lateness::Ended) => "and (c.stopped_at is not null or t.status in ('resolved', 'closed'))",
    };
    let after = if continued {
        format!(
            "and c.breach_at {bound} $10 and (c.breach_at, c.ticket_id, c.metric, c.cycle) {sign} ($10, $11, $12, $13)"
        )
    } else {
        String::new()
    };
    format!(
        "-- store::watch::breaches
        select {COLUMNS} from {SOURCES}
         where c.tenant_id = $1 and {BREACHED} {NARROWED} {lateness} {after}
         order by c.breach_at {direction}, c.ticket_id {direction}, c.metric {direction}, c.cycle {direction} limit $9"
    )
}

/// Breaches as known at `now`, after a position, `limit` at most.
pub async fn breaches(
    read: &mut TenantRead,
    breaches: &Breaches,
    now: Timestamp,
    after: Option<&ClockPosition>,
    limit: i64,
) -> Result<Vec<Watched>, Error> {
    let text = breaches_statement(breaches.sort, breaches.lateness, after.is_some());
    let query = asked::<Row>(read, text, breaches.from, breaches.to, &breaches.narrowing);
    let query = continued(query.bind(now.to_sqlx()).bind(limit), after);
    let rows = query.fetch_all(read.connection()).await?;
    rows.into_iter().map(Watched::try_from).collect()
}

fn continued<'q>(
    query: QueryAs<'q, Postgres, Row, PgArguments>,
    after: Option<&ClockPosition>,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    match after {
        Some(ClockPosition { at, ticket, metric, cycle }) => {
            query.bind(at.to_sqlx()).bind(ticket.uuid()).bind(metric.as_str()).bind(*cycle)
        }
        None => query,
    }
}
