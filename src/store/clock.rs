//! Promises on tickets, as of their last event.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::opening::Statement;
use super::row::{column, instant, word};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::TicketId;
use crate::domain::ticket::record::StoredClock;

const TABLE: &str = "sla_clocks";

/// A clock as a row.
#[derive(Serialize)]
pub(super) struct NewRow<'a> {
    ticket_id: Uuid,
    metric: &'static str,
    cycle: i32,
    calendar: &'a str,
    target_seconds: i64,
    state: &'static str,
    started_at: Timestamp,
    due_at: Option<Timestamp>,
    late_after: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
    breached_at: Option<Timestamp>,
    breach_at: Option<Timestamp>,
    business_seconds: i64,
    elapsed_seconds: i64,
}

impl<'a> NewRow<'a> {
    fn of(ticket: TicketId, clock: &'a StoredClock) -> Self {
        Self {
            ticket_id: ticket.uuid(),
            metric: clock.metric.as_str(),
            cycle: clock.cycle,
            calendar: &clock.calendar,
            target_seconds: clock.target_seconds,
            state: clock.state.as_str(),
            started_at: clock.started_at,
            due_at: clock.due_at,
            late_after: clock.late_after,
            stopped_at: clock.stopped_at,
            breached_at: clock.breached_at,
            breach_at: clock.breach_at,
            business_seconds: clock.business_seconds,
            elapsed_seconds: clock.elapsed_seconds,
        }
    }

    /// Those of tickets.
    pub(super) fn all(tickets: &'a [(TicketId, &'a [StoredClock])]) -> Vec<Self> {
        let rows =
            tickets.iter().flat_map(|(ticket, clocks)| clocks.iter().map(|clock| Self::of(*ticket, clock)));
        rows.collect()
    }
}

/// The columns of clocks, in the order of the table's.
pub(super) fn bind<'q>(statement: Statement<'q>, rows: &[NewRow<'q>]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.ticket_id))
        .bind(column(rows, |row| row.metric))
        .bind(column(rows, |row| row.cycle))
        .bind(column(rows, |row| row.calendar))
        .bind(column(rows, |row| row.target_seconds))
        .bind(column(rows, |row| row.state))
        .bind(column(rows, |row| row.started_at.to_sqlx()))
        .bind(column(rows, |row| instant(row.due_at)))
        .bind(column(rows, |row| instant(row.late_after)))
        .bind(column(rows, |row| instant(row.stopped_at)))
        .bind(column(rows, |row| instant(row.breached_at)))
        .bind(column(rows, |row| instant(row.breach_at)))
        .bind(column(rows, |row| row.business_seconds))
        .bind(column(rows, |row| row.elapsed_seconds))
}

/// Puts the clocks of tickets as their histories now say they are; a clock
/// that the history no longer knows goes.
pub async fn put(tx: &mut TenantTx, tickets: &[(TicketId, &[StoredClock])]) -> Result<(), Error> {
    let ids: Vec<Uuid> = tickets.iter().map(|(ticket, _)| ticket.uuid()).collect();
    let rows = NewRow::all(tickets);
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::clock::put
        with given as (
            select * from jsonb_to_recordset($3) as r(
                ticket_id uuid, metric text, cycle integer, calendar text, target_seconds bigint, state text,
                started_at timestamptz, due_at timestamptz, late_after timestamptz, stopped_at timestamptz, breached_at timestamptz,
                breach_at timestamptz, business_seconds bigint, elapsed_seconds bigint)
        ), gone as (
            delete from sla_clocks c
             where c.tenant_id = $1 and c.ticket_id = any($2)
               and not exists (select from given g
                                where g.ticket_id = c.ticket_id and g.metric = c.metric and g.cycle = c.cycle)
        )
        insert into sla_clocks (
            tenant_id, ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at, late_after, stopped_at,
            breached_at, breach_at, business_seconds, elapsed_seconds)
        select $1, ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at, late_after, stopped_at,
            breached_at, breach_at, business_seconds, elapsed_seconds from given
        on conflict (tenant_id, ticket_id, metric, cycle) do update set
            calendar = excluded.calendar, target_seconds = excluded.target_seconds, state = excluded.state,
            started_at = excluded.started_at, due_at = excluded.due_at, late_after = excluded.late_after, stopped_at = excluded.stopped_at,
            breached_at = excluded.breached_at, breach_at = excluded.breach_at, business_seconds = excluded.business_seconds,
            elapsed_seconds = excluded.elapsed_seconds",
    )
    .bind(tenant)
    .bind(ids)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) ticket_id: Uuid,
    metric: String,
    cycle: i32,
    calendar: String,
    target_seconds: i64,
    state: String,
    started_at: jiff_sqlx::Timestamp,
    due_at: Option<jiff_sqlx::Timestamp>,
    late_after: Option<jiff_sqlx::Timestamp>,
    stopped_at: Option<jiff_sqlx::Timestamp>,
    breached_at: Option<jiff_sqlx::Timestamp>,
    breach_at: Option<jiff_sqlx::Timestamp>,
    business_seconds: i64,
    elapsed_seconds: i64,
}

impl TryFrom<Row> for StoredClock {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            metric: word(TABLE, &row.metric)?,
            cycle: row.cycle,
            calendar: row.calendar,
            target_seconds: row.target_seconds,
            state: word(TABLE, &row.state)?,
            started_at: row.started_at.to_jiff(),
            due_at: row.due_at.map(jiff_sqlx::Timestamp::to_jiff),
            late_after: row.late_after.map(jiff_sqlx::Timestamp::to_jiff),
            stopped_at: row.stopped_at.map(jiff_sqlx::Timestamp::to_jiff),
            breached_at: row.breached_at.map(jiff_sqlx::Timestamp::to_jiff),
            breach_at: row.breach_at.map(jiff_sqlx::Timestamp::to_jiff),
            business_seconds: row.business_seconds,
            elapsed_seconds: row.elapsed_seconds,
        })
    }
}

/// The clocks of each of the tickets, by metric and cycle.
pub(super) async fn of_tickets(
    read: &mut TenantRead,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, Vec<StoredClock>>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::clock::of_tickets
        select ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at, late_after, stopped_at, breached_at,
               breach_at, business_seconds, elapsed_seconds
          from sla_clocks
         where tenant_id = $1 and ticket_id = any($2)
         order by metric, cycle",
    )
    .bind(tenant)
    .bind(tickets)
    .fetch_all(read.connection())
    .await?;
    let mut found: HashMap<Uuid, Vec<StoredClock>> = HashMap::new();
    for row in rows {
        found.entry(row.ticket_id).or_default().push(row.try_into()?);
    }
    Ok(found)
}
