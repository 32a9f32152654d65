//! The append-only history of tickets.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use uuid::Uuid;

use super::error::Error;
use super::opening::Statement;
use super::part::numbered;
use super::row::{column, word};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, EventId, RequesterId, TicketId};
use crate::domain::ticket::{Actor, Event, Fact};
use crate::domain::vocabulary::Author;

const TABLE: &str = "ticket_events";

/// Appends events, to be told later or not.
pub(super) const APPENDED: &str = "
    given as (
        select * from unnest($?::uuid[], $?::bigint[], $?::uuid[], $?::timestamptz[], $?::text[], $?::text[],
            $?::uuid[], $?::text[], $?::text[])
            as g(ticket_id, seq, id, at, kind, actor, actor_id, data, reason)
    ), appended as (
        insert into ticket_events (tenant_id, ticket_id, seq, id, at, kind, actor, actor_id, data)
        select $1, ticket_id, seq, id, at, kind, actor, actor_id, data::jsonb from given
    ), told_later as (
        insert into outbox (tenant_id, ticket_id, first_seq, facts)
        select $1, ticket_id, min(seq), count(*)
          from (select ticket_id, seq, seq - row_number() over (partition by ticket_id order by seq) as run
                  from given where $?::boolean) as g
         group by ticket_id, run order by ticket_id, run
    ), explained as (
        insert into event_reasons (tenant_id, ticket_id, seq, reason)
        select $1, ticket_id, seq, reason from given where reason is not null
    )";

static WRITE: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::history::write
        with {APPENDED}
        select"
    ))
});

pub(super) struct NewRow {
    ticket_id: Uuid,
    seq: i64,
    id: Uuid,
    at: Timestamp,
    kind: String,
    actor: &'static str,
    actor_id: Option<Uuid>,
    /// JSON.
    data: String,
    reason: Option<String>,
}

impl NewRow {
    /// Those of events.
    pub(super) fn all(events: &[(TicketId, &Event)]) -> Result<Vec<Self>, Error> {
        events.iter().map(|(ticket, event)| Self::of(*ticket, event)).collect()
    }

    fn of(ticket: TicketId, event: &Event) -> Result<Self, Error> {
        let fact = serde_json::to_string(&event.fact).map_err(|error| Error::bad_row(TABLE, error))?;
        // Its tag is what serde writes first, a plain word.
        let Some((kind, data)) = fact.strip_prefix("{\"kind\":\"").and_then(|rest| rest.split_once('"'))
        else {
            return Err(Error::bad_row(TABLE, "a fact of no kind"));
        };
        let (actor, actor_id) = match event.actor {
            Actor::Agent(id) => (Author::Agent, Some(id.uuid())),
            Actor::Requester(id) => (Author::Requester, id.map(RequesterId::uuid)),
            Actor::Automation => (Author::Automation, None),
        };
        Ok(Self {
            ticket_id: ticket.uuid(),
            seq: event.seq,
            id: event.id.uuid(),
            at: event.at,
            kind: kind.to_owned(),
            actor: actor.as_str(),
            actor_id,
            data: ["{", data.strip_prefix(',').unwrap_or(data)].concat(),
            reason: event.reason.clone(),
        })
    }
}

/// Appends events, to be told later; a place that is taken is refused by the
/// primary key.
pub async fn append(tx: &mut TenantTx, events: &[(TicketId, &Event)]) -> Result<(), Error> {
    write(tx, events, true).await
}

/// Appends events of a past that nobody is told of any more.
pub async fn append_silently(tx: &mut TenantTx, events: &[(TicketId, &Event)]) -> Result<(), Error> {
    write(tx, events, false).await
}

async fn write(tx: &mut TenantTx, events: &[(TicketId, &Event)], told_later: bool) -> Result<(), Error> {
    let rows = NewRow::all(events)?;
    let tenant = tx.tenant().uuid();
    bind(sqlx::query(WRITE.as_str()).bind(tenant), &rows, told_later).execute(tx.connection()).await?;
    Ok(())
}

/// The columns of events, in the order of the table's, and whether they are told.
pub(super) fn bind<'q>(statement: Statement<'q>, rows: &'q [NewRow], told_later: bool) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.ticket_id))
        .bind(column(rows, |row| row.seq))
        .bind(column(rows, |row| row.id))
        .bind(column(rows, |row| row.at.to_sqlx()))
        .bind(column(rows, |row| row.kind.as_str()))
        .bind(column(rows, |row| row.actor))
        .bind(column(rows, |row| row.actor_id))
        .bind(column(rows, |row| row.data.as_str()))
        .bind(column(rows, |row| row.reason.as_deref()))
        .bind(told_later)
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    id: Uuid,
    at: jiff_sqlx::Timestamp,
    kind: String,
    actor: String,
    actor_id: Option<Uuid>,
    data: Value,
    reason: Option<String>,
}

impl TryFrom<Row> for Event {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let mut data = row.data;
        if let Some(fields) = data.as_object_mut() {
            fields.insert("kind".to_owned(), Value::String(row.kind));
        }
        let fact: Fact = serde_json::from_value(data).map_err(|error| Error::bad_row(TABLE, error))?;
        let actor = match (word(TABLE, &row.actor)?, row.actor_id) {
            (Author::Agent, Some(id)) => Actor::Agent(AgentId::new(id)),
            (Author::Agent, None) => return Err(Error::bad_row(TABLE, "an agent without an identifier")),
            (Author::Requester, id) => Actor::Requester(id.map(RequesterId::new)),
            (Author::Automation, _) => Actor::Automation,
        };
        let (seq, id, at) = (row.seq, EventId::new(row.id), row.at.to_jiff());
        Ok(Self { seq, id, at, actor, fact, reason: row.reason })
    }
}

/// The history of a ticket after place `after`, in order, `limit` events at
/// most.
pub async fn list(
    read: &mut TenantRead,
    ticket: TicketId,
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::history::list
        select e.seq, e.id, e.at, e.kind, e.actor, e.actor_id, e.data, r.reason
          from ticket_events e
          left join event_reasons r on r.tenant_id = e.tenant_id and r.ticket_id = e.ticket_id and r.seq = e.seq
         where e.tenant_id = $1 and e.ticket_id = $2 and e.seq > $3
         order by e.seq limit $4",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// The whole histories of tickets, each in order.
pub async fn of_tickets(
    read: &mut TenantRead,
    tickets: &[TicketId],
) -> Result<HashMap<TicketId, Vec<Event>>, Error> {
    let tenant = read.tenant().uuid();
    let ids: Vec<Uuid> = tickets.iter().map(|ticket| ticket.uuid()).collect();
    let rows: Vec<OwnedRow> = sqlx::query_as(
        "-- store::history::of_tickets
        select e.ticket_id, e.seq, e.id, e.at, e.kind, e.actor, e.actor_id, e.data, r.reason
          from ticket_events e
          left join event_reasons r on r.tenant_id = e.tenant_id and r.ticket_id = e.ticket_id and r.seq = e.seq
         where e.tenant_id = $1 and e.ticket_id = any($2)
         order by e.ticket_id, e.seq",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(read.connection())
    .await?;
    let mut histories: HashMap<TicketId, Vec<Event>> = HashMap::new();
    for OwnedRow { ticket_id, row } in rows {
        histories.entry(TicketId::new(ticket_id)).or_default().push(row.try_into()?);
    }
    Ok(histories)
}

/// Single facts, by ticket and place in its history.
pub async fn at_places(
    read: &mut TenantRead,
    places: &[(TicketId, i64)],
) -> Result<HashMap<(TicketId, i64), Event>, Error> {
    let tenant = read.tenant().uuid();
    let (tickets, seqs): (Vec<Uuid>, Vec<i64>) =
        places.iter().map(|(ticket, seq)| (ticket.uuid(), *seq)).unzip();
    let rows: Vec<OwnedRow> = sqlx::query_as(
        "-- store::history::at_places
        select e.ticket_id, e.seq, e.id, e.at, e.kind, e.actor, e.actor_id, e.data, r.reason
          from unnest($2::uuid[], $3::bigint[]) as p(ticket_id, seq)
          join ticket_events e on e.tenant_id = $1 and e.ticket_id = p.ticket_id and e.seq = p.seq
          left join event_reasons r on r.tenant_id = $1 and r.ticket_id = p.ticket_id and r.seq = p.seq",
    )
    .bind(tenant)
    .bind(tickets)
    .bind(seqs)
    .fetch_all(read.connection())
    .await?;
    let found = rows.into_iter().map(|OwnedRow { ticket_id, row }| {
        let event = Event::try_from(row)?;
        Ok(((TicketId::new(ticket_id), event.seq), event))
    });
    found.collect()
}

#[derive(sqlx::FromRow)]
struct OwnedRow {
    ticket_id: Uuid,
    #[sqlx(flatten)]
    row: Row,
}
