//! Entries as rows.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::delta::{self, Hours};
use crate::domain::id::TicketId;
use crate::domain::kpi::{Entry, EntryKind, Exclusion, Marks, Range, Traits};
use crate::store::error::Error;
use crate::store::opening::Statement;
use crate::store::part::numbered;
use crate::store::row::{column, optional_word, word};
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "kpi_entries";

/// Adds the entries of new tickets, and remembers them for the sums.
pub(in crate::store) const ENTERED: &str = "
    remembered as (
        insert into kpi_deltas (tenant_id, starts_at, changes, whole)
        select $1, g.* from unnest($?::timestamptz[], $?::bigint[], $?::bytea[]) as g
    ), entered as (
        insert into kpi_entries (
            tenant_id, ticket_id, kind, place, at, priority, category, team, channel, type, excluded, marks, business,
            elapsed, target)
        select $1, g.* from unnest($?::uuid[], $?::text[], $?::integer[], $?::timestamptz[], $?::text[], $?::text[],
            $?::text[], $?::text[], $?::text[], $?::text[], $?::smallint[], $?::bigint[], $?::bigint[],
            $?::bigint[]) as g
    )";

static ADD: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::kpi::entry::add_unsummed
        with {ENTERED}
        select"
    ))
});

/// An entry that comes or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of which ticket.
    pub ticket: TicketId,
    /// It comes; otherwise it goes.
    pub comes: bool,
    /// Which.
    pub entry: Entry,
}

#[derive(Serialize)]
pub(in crate::store) struct NewRow<'a> {
    ticket_id: Uuid,
    sign: i16,
    kind: EntryKind,
    place: i32,
    at: Timestamp,
    priority: &'static str,
    category: &'static str,
    team: &'a str,
    channel: &'static str,
    r#type: &'static str,
    excluded: Option<Exclusion>,
    marks: i16,
    business: Option<i64>,
    elapsed: Option<i64>,
    target: Option<i64>,
}

impl<'a> From<&'a Change> for NewRow<'a> {
    fn from(change: &'a Change) -> Self {
        let Change { ticket, comes, entry } = change;
        Self {
            ticket_id: ticket.uuid(),
            sign: if *comes { 1 } else { -1 },
            kind: entry.kind,
            place: entry.place,
            at: entry.at,
            priority: entry.traits.priority.as_str(),
            category: entry.traits.category.as_str(),
            team: &entry.traits.team,
            channel: entry.traits.channel.as_str(),
            r#type: entry.traits.ticket_type.as_str(),
            excluded: entry.excluded,
            marks: entry.marks.0,
            business: entry.business,
            elapsed: entry.elapsed,
            target: entry.target,
        }
    }
}

impl<'a> NewRow<'a> {
    /// Those of changes.
    pub(in crate::store) fn all(changes: &'a [Change]) -> Vec<Self> {
        changes.iter().map(Self::from).collect()
    }
}

/// Adds entries of new tickets whose sums are made anew afterwards.
pub async fn add_unsummed(tx: &mut TenantTx, changes: &[Change]) -> Result<(), Error> {
    let rows = NewRow::all(changes);
    let tenant = tx.tenant().uuid();
    bind(sqlx::query(ADD.as_str()).bind(tenant), &rows, Hours::default()).execute(tx.connection()).await?;
    Ok(())
}

/// The columns of entries, in the order of the table's, and what they change about
/// the sums.
pub(in crate::store) fn bind<'q>(
    statement: Statement<'q>,
    rows: &'q [NewRow<'q>],
    hours: Hours,
) -> Statement<'q> {
    statement
        .bind(hours.starts)
        .bind(hours.counts)
        .bind(hours.wholes)
        .bind(column(rows, |row| row.ticket_id))
        .bind(column(rows, |row| row.kind.as_str()))
        .bind(column(rows, |row| row.place))
        .bind(column(rows, |row| row.at.to_sqlx()))
        .bind(column(rows, |row| row.priority))
        .bind(column(rows, |row| row.category))
        .bind(column(rows, |row| row.team))
        .bind(column(rows, |row| row.channel))
        .bind(column(rows, |row| row.r#type))
        .bind(column(rows, |row| row.excluded.map(Exclusion::as_str)))
        .bind(column(rows, |row| row.marks))
        .bind(column(rows, |row| row.business))
        .bind(column(rows, |row| row.elapsed))
        .bind(column(rows, |row| row.target))
}

/// Writes what comes and goes, and remembers both for the sums. What goes and
/// comes back changed is one row all the time.
pub async fn apply(tx: &mut TenantTx, changes: &[Change]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    write(tx, changes).await?;
    delta::remember(tx, changes).await
}

/// What goes is found by its key, one by one, and removed by its place: of a
/// tenant that it knows nothing of, the planner would compare every entry with
/// every change. Its ticket is locked, so nothing moves it meanwhile.
async fn write(tx: &mut TenantTx, changes: &[Change]) -> Result<(), Error> {
    let rows = NewRow::all(changes);
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::entry::write
        with r as (
            select * from jsonb_to_recordset($2) as r(
                ticket_id uuid, sign smallint, kind text, place integer, at timestamptz, priority text, category text,
                team text, channel text, type text, excluded text, marks smallint, business bigint, elapsed bigint,
                target bigint)
        ), gone as (
            delete from kpi_entries e
             where e.tenant_id = $1 and e.ctid = any(array(
                   select old.ctid from r cross join lateral (
                          select ctid from kpi_entries k
                           where k.tenant_id = $1 and k.ticket_id = r.ticket_id and k.kind = r.kind
                             and k.place = r.place offset 0) as old
                    where r.sign = -1 and not exists (
                          select from r n where n.sign = 1 and n.ticket_id = r.ticket_id
                             and n.kind = r.kind and n.place = r.place)))
        )
        insert into kpi_entries (
            tenant_id, ticket_id, kind, place, at, priority, category, team, channel, type, excluded, marks, business,
            elapsed, target)
        select $1, ticket_id, kind, place, at, priority, category, team, channel, type, excluded, marks, business, elapsed,
               target
          from r where sign = 1
        on conflict (tenant_id, ticket_id, kind, place) do update set
            at = excluded.at, priority = excluded.priority, category = excluded.category, team = excluded.team,
            channel = excluded.channel, type = excluded.type, excluded = excluded.excluded,
            marks = excluded.marks, business = excluded.business, elapsed = excluded.elapsed, target = excluded.target",
    )
    .bind(tenant)
    .bind(Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The columns of an entry but for its place.
#[derive(FromRow)]
pub(super) struct Columns {
    kind: String,
    at: jiff_sqlx::Timestamp,
    priority: String,
    category: String,
    team: String,
    channel: String,
    r#type: String,
    excluded: Option<String>,
    marks: i16,
    business: Option<i64>,
    elapsed: Option<i64>,
}

impl Columns {
    pub(super) fn entry(self, place: i32) -> Result<Entry, Error> {
        Ok(Entry {
            kind: word(TABLE, &self.kind)?,
            place,
            at: self.at.to_jiff(),
            traits: Traits {
                priority: word(TABLE, &self.priority)?,
                category: word(TABLE, &self.category)?,
                team: self.team,
                channel: word(TABLE, &self.channel)?,
                ticket_type: word(TABLE, &self.r#type)?,
            },
            excluded: optional_word(TABLE, self.excluded.as_deref())?,
            marks: Marks(self.marks),
            business: self.business,
            elapsed: self.elapsed,
            target: None,
        })
    }
}

#[derive(FromRow)]
struct OfTicket {
    ticket_id: Uuid,
    place: i32,
    target: Option<i64>,
    #[sqlx(flatten)]
    columns: Columns,
}

/// The entries of tickets.
pub async fn of_tickets(
    read: &mut TenantRead,
    tickets: &[TicketId],
) -> Result<HashMap<TicketId, Vec<Entry>>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<OfTicket> = sqlx::query_as(
        "-- store::kpi::entry::of_tickets
        select ticket_id, place, target, kind, at, priority, category, team, channel, type, excluded, marks, business,
               elapsed
          from kpi_entries where tenant_id = $1 and ticket_id = any($2)",
    )
    .bind(tenant)
    .bind(tickets.iter().map(|ticket| ticket.uuid()).collect::<Vec<_>>())
    .fetch_all(read.connection())
    .await?;
    let mut found: HashMap<TicketId, Vec<Entry>> = HashMap::new();
    for row in rows {
        let entry = Entry { target: row.target, ..row.columns.entry(row.place)? };
        found.entry(TicketId::new(row.ticket_id)).or_default().push(entry);
    }
    Ok(found)
}

#[derive(FromRow)]
struct Alike {
    range: i64,
    n: i64,
    #[sqlx(flatten)]
    columns: Columns,
}

/// Entries within ranges that share no instant, those that are alike together:
/// in which of the ranges, one of them, and how many they are. `kinds`: those of
/// these kinds.
///
/// `offset 0` keeps the planner from a join: it takes each range for a ninth of
/// all rows, and would read all of them for each.
pub async fn alike(
    read: &mut TenantRead,
    ranges: &[Range],
    kinds: &[EntryKind],
) -> Result<Vec<(usize, Entry, i64)>, Error> {
    if ranges.is_empty() || kinds.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = read.tenant().uuid();
    let rows: Vec<Alike> = sqlx::query_as(
        "-- store::kpi::entry::alike
        select r.range, min(e.at) as at, e.kind, e.priority, e.category, e.team, e.channel, e.type, e.excluded, e.marks,
               e.business, e.elapsed, count(*) as n
          from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality as r(low, high, range)
         cross join lateral (
               select * from kpi_entries e
                where e.tenant_id = $1 and e.at >= r.low and e.at < r.high
                  and e.kind = any($4) offset 0) as e
         group by r.range, e.kind, e.priority, e.category, e.team, e.channel, e.type, e.excluded, e.marks, e.business,
                  e.elapsed",
    )
    .bind(tenant)
    .bind(ranges.iter().map(|(from, _)| from.to_sqlx()).collect::<Vec<_>>())
    .bind(ranges.iter().map(|(_, to)| to.to_sqlx()).collect::<Vec<_>>())
    .bind(kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
    .fetch_all(read.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let range = usize::try_from(row.range - 1).unwrap_or_default();
            Ok((range, row.columns.entry(0)?, row.n))
        })
        .collect()
}

/// The first instant from `from` on, and before `to`, that an entry has.
pub async fn first(read: &mut TenantRead, (from, to): Range) -> Result<Option<Timestamp>, Error> {
    let tenant = read.tenant().uuid();
    let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "-- store::kpi::entry::first
        select at from kpi_entries where tenant_id = $1 and at >= $2 and at < $3 order by at limit 1",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .fetch_optional(read.connection())
    .await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// The first instant that an entry has.
pub async fn earliest(read: &mut TenantRead) -> Result<Option<Timestamp>, Error> {
    let tenant = read.tenant().uuid();
    let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "-- store::kpi::entry::earliest
        select min(at) from kpi_entries where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Tickets that may have entries within a range, and those that have some, by
/// identifier, after one, `limit` at most.
pub async fn tickets_within(
    read: &mut TenantRead,
    (from, to): Range,
    after: Option<TicketId>,
    limit: i64,
) -> Result<Vec<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "-- store::kpi::entry::tickets_within
        (select t.id from tickets t
          where t.tenant_id = $1 and t.created_at < $3 and t.id > $4
            and (t.updated_at >= $2 or t.status in ('new', 'open', 'pending', 'on_hold'))
          order by t.id limit $5)
        union
        (select distinct e.ticket_id from kpi_entries e
          where e.tenant_id = $1 and e.at >= $2 and e.at < $3 and e.ticket_id > $4 order by e.ticket_id limit $5)
        order by 1 limit $5",
    )
    .bind(tenant)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(after.map_or(Uuid::nil(), TicketId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(tickets.into_iter().map(TicketId::new).collect())
}

/// All tickets, by identifier, after one, `limit` at most.
pub async fn tickets(
    read: &mut TenantRead,
    after: Option<TicketId>,
    limit: i64,
) -> Result<Vec<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "-- store::kpi::entry::tickets
        select id from tickets where tenant_id = $1 and id > $2 order by id limit $3",
    )
    .bind(tenant)
    .bind(after.map_or(Uuid::nil(), TicketId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(tickets.into_iter().map(TicketId::new).collect())
}
