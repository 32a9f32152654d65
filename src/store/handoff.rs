//! Handoffs, and which of them have files.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::handoff::Handoff;
use crate::domain::id::{HandoffId, TicketId};

const TABLE: &str = "handoffs";

/// Adds a handoff. `false`: there is one of this ticket and cause, or of this
/// window, already.
pub async fn insert(tx: &mut TenantTx, handoff: &Handoff) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "-- store::handoff::insert
        insert into handoffs
            (tenant_id, id, ticket_id, cause, created_at, window_start, summarised_in, document)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict do nothing",
    )
    .bind(tenant)
    .bind(handoff.id.uuid())
    .bind(handoff.ticket.map(TicketId::uuid))
    .bind(handoff.cause.as_str())
    .bind(handoff.created_at.to_sqlx())
    .bind(handoff.window.map(ToSqlx::to_sqlx))
    .bind(handoff.summarised_in.map(HandoffId::uuid))
    .bind(&handoff.document)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many handoffs since an instant have, or will have, a file of their own;
/// `most` at most.
pub async fn count_since(read: &mut TenantRead, since: Timestamp, most: i64) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::handoff::count_since
        select count(*) from (
            select 1 from handoffs
             where tenant_id = $1 and created_at >= $2 and summarised_in is null and ticket_id is not null
             limit $3) as made",
    )
    .bind(tenant)
    .bind(since.to_sqlx())
    .bind(most)
    .fetch_one(read.connection())
    .await?)
}

/// The handoff that stands for those beyond the bound of a window.
pub async fn of_window(read: &mut TenantRead, window: Timestamp) -> Result<Option<HandoffId>, Error> {
    let tenant = read.tenant().uuid();
    let id: Option<Uuid> = sqlx::query_scalar(
        "-- store::handoff::of_window
        select id from handoffs where tenant_id = $1 and window_start = $2",
    )
    .bind(tenant)
    .bind(window.to_sqlx())
    .fetch_optional(read.connection())
    .await?;
    Ok(id.map(HandoffId::new))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Option<Uuid>,
    cause: String,
    created_at: jiff_sqlx::Timestamp,
    window_start: Option<jiff_sqlx::Timestamp>,
    summarised_in: Option<Uuid>,
    document: Option<String>,
    file_name: Option<String>,
    written_at: Option<jiff_sqlx::Timestamp>,
    failure: Option<String>,
}

impl TryFrom<Row> for Handoff {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: HandoffId::new(row.id),
            ticket: row.ticket_id.map(TicketId::new),
            cause: word(TABLE, &row.cause)?,
            created_at: row.created_at.to_jiff(),
            window: row.window_start.map(jiff_sqlx::Timestamp::to_jiff),
            summarised_in: row.summarised_in.map(HandoffId::new),
            document: row.document,
            file_name: row.file_name,
            written_at: row.written_at.map(jiff_sqlx::Timestamp::to_jiff),
            failure: row.failure,
        })
    }
}

/// One handoff.
pub async fn lookup(read: &mut TenantRead, id: HandoffId) -> Result<Option<Handoff>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::handoff::lookup
        select id, ticket_id, cause, created_at, window_start, summarised_in, document, file_name, written_at, failure
          from handoffs where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Handoff::try_from).transpose()
}

/// Handoffs after `after`, oldest first, `limit` at most: all, those of one
/// ticket, or those that one for several stands for.
pub async fn list(
    read: &mut TenantRead,
    ticket: Option<TicketId>,
    summarised_in: Option<HandoffId>,
    after: Option<HandoffId>,
    limit: i64,
) -> Result<Vec<Handoff>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::handoff::list
        select id, ticket_id, cause, created_at, window_start, summarised_in, document, file_name, written_at, failure
          from handoffs
         where tenant_id = $1 and ($2::uuid is null or ticket_id = $2)
           and ($3::uuid is null or summarised_in = $3) and ($4::uuid is null or id > $4)
         order by id limit $5",
    )
    .bind(tenant)
    .bind(ticket.map(TicketId::uuid))
    .bind(summarised_in.map(HandoffId::uuid))
    .bind(after.map(HandoffId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Handoff::try_from).collect()
}

/// The tickets that a handoff for several stands for, oldest first, `limit` at
/// most, by number and identifier; and how many there are.
pub async fn members(
    read: &mut TenantRead,
    summary: HandoffId,
    limit: i64,
) -> Result<(Vec<(i64, TicketId)>, i64), Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(i64, Uuid, i64)> = sqlx::query_as(
        "-- store::handoff::members
        select t.number, t.id, count(*) over () from handoffs h
          join tickets t on t.tenant_id = h.tenant_id and t.id = h.ticket_id
         where h.tenant_id = $1 and h.summarised_in = $2 order by h.id limit $3",
    )
    .bind(tenant)
    .bind(summary.uuid())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    let count = rows.first().map_or(0, |row| row.2);
    Ok((rows.into_iter().map(|(number, ticket, _)| (number, TicketId::new(ticket))).collect(), count))
}

/// Whether a name is that of no file of the tenant.
pub async fn is_free(read: &mut TenantRead, name: &str) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::handoff::is_free
        select not exists (select from handoffs where tenant_id = $1 and file_name = $2)",
    )
    .bind(tenant)
    .bind(name)
    .fetch_one(read.connection())
    .await?)
}

/// Keeps others from choosing names of files in this tenant until the
/// transaction ends.
pub async fn lock_names(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::handoff::lock_names
        select pg_advisory_xact_lock(hashtextextended('handoff names ' || $1::text, 0))",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says what a handoff says, and under which name its file is to be written.
pub async fn prepare(tx: &mut TenantTx, id: HandoffId, document: &str, name: &str) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::handoff::prepare
        update handoffs set document = $3, file_name = $4 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(document)
    .bind(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says what a handoff says from now on, in its file too if that was written.
pub async fn rewrite(tx: &mut TenantTx, id: HandoffId, document: &str) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::handoff::rewrite
        update handoffs set document = $3, written_at = null where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(document)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Its file is to be written once more.
pub async fn write_again(tx: &mut TenantTx, id: HandoffId) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::handoff::write_again
        update handoffs set written_at = null where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says what became of a handoff's file: when it was written, or why it was not.
pub async fn conclude(
    tx: &mut TenantTx,
    id: HandoffId,
    written: Result<Timestamp, &str>,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::handoff::conclude
        update handoffs set written_at = $3, failure = $4 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(written.ok().map(ToSqlx::to_sqlx))
    .bind(written.err())
    .execute(tx.connection())
    .await?;
    Ok(())
}
