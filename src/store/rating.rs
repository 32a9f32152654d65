//! What requesters said about how they were helped.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::TicketId;
use crate::domain::ticket::record::Rated;

/// Keeps an answer in the place of an earlier one about the same resolution.
pub async fn put(tx: &mut TenantTx, ticket: TicketId, rated: &Rated, now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::rating::put
        insert into ratings (tenant_id, ticket_id, event_seq, score, comment, rated_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, ticket_id, event_seq) do update set
            score = excluded.score, comment = excluded.comment, changed_at = excluded.rated_at",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(rated.resolution)
    .bind(i16::from(rated.score))
    .bind(&rated.comment)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct NewRow<'a> {
    ticket_id: Uuid,
    event_seq: i64,
    score: u8,
    comment: Option<&'a str>,
    rated_at: Timestamp,
}

/// Keeps answers about resolutions that nobody has rated yet.
pub async fn insert(tx: &mut TenantTx, ratings: &[(TicketId, &Rated)]) -> Result<(), Error> {
    let rows: Vec<NewRow<'_>> = ratings
        .iter()
        .map(|(ticket, rated)| NewRow {
            ticket_id: ticket.uuid(),
            event_seq: rated.resolution,
            score: rated.score,
            comment: rated.comment.as_deref(),
            rated_at: rated.rated_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::rating::insert
        insert into ratings (tenant_id, ticket_id, event_seq, score, comment, rated_at)
        select $1, ticket_id, event_seq, score, comment, rated_at
          from jsonb_to_recordset($2) as r(
            ticket_id uuid, event_seq bigint, score smallint, comment text, rated_at timestamptz)",
    )
    .bind(tenant)
    .bind(Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    event_seq: i64,
    score: i16,
    comment: Option<String>,
    rated_at: jiff_sqlx::Timestamp,
    changed_at: Option<jiff_sqlx::Timestamp>,
}

/// The answer about the last resolution that has one.
pub async fn latest(read: &mut TenantRead, ticket: TicketId) -> Result<Option<Rated>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::rating::latest
        select event_seq, score, comment, rated_at, changed_at from ratings
         where tenant_id = $1 and ticket_id = $2 order by event_seq desc limit 1",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(|row| {
        Ok(Rated {
            resolution: row.event_seq,
            score: u8::try_from(row.score).map_err(|error| Error::bad_row("ratings", error))?,
            comment: row.comment,
            rated_at: row.rated_at.to_jiff(),
            changed_at: row.changed_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    })
    .transpose()
}
