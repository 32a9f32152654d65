//! Material for whoever fixes a ticket.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::row::{word, words};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{EvidenceId, TicketId};
use crate::domain::ticket::record::Evidence;
use crate::domain::vocabulary::EvidenceKind;

const TABLE: &str = "evidence";

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    ticket_id: Uuid,
    kind: &'static str,
    body: &'a str,
    author: &'static str,
    created_at: Timestamp,
}

/// Adds material.
pub async fn insert(tx: &mut TenantTx, items: &[Evidence]) -> Result<(), Error> {
    if items.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = items
        .iter()
        .map(|item| NewRow {
            id: item.id.uuid(),
            ticket_id: item.ticket.uuid(),
            kind: item.kind.as_str(),
            body: &item.text,
            author: item.author.as_str(),
            created_at: item.created_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::evidence::insert
        insert into evidence (tenant_id, id, ticket_id, kind, body, author, created_at)
        select $1, id, ticket_id, kind, body, author, created_at
          from jsonb_to_recordset($2) as r(
            id uuid, ticket_id uuid, kind text, body text, author text, created_at timestamptz)",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The kinds of material that a ticket has.
pub async fn kinds(read: &mut TenantRead, ticket: TicketId) -> Result<Vec<EvidenceKind>, Error> {
    let tenant = read.tenant().uuid();
    let kinds: Vec<String> = sqlx::query_scalar(
        "-- store::evidence::kinds
        select distinct kind from evidence where tenant_id = $1 and ticket_id = $2 order by kind",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_all(read.connection())
    .await?;
    words(TABLE, &kinds)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Uuid,
    kind: String,
    body: String,
    author: String,
    created_at: jiff_sqlx::Timestamp,
}

/// The material of a ticket after `after`, oldest first, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    ticket: TicketId,
    after: Option<EvidenceId>,
    limit: i64,
) -> Result<Vec<Evidence>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::evidence::list
        select id, ticket_id, kind, body, author, created_at
          from evidence
         where tenant_id = $1 and ticket_id = $2 and ($3::uuid is null or id > $3)
         order by id limit $4",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(after.map(EvidenceId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Evidence {
                id: EvidenceId::new(row.id),
                ticket: TicketId::new(row.ticket_id),
                kind: word(TABLE, &row.kind)?,
                text: row.body,
                author: word(TABLE, &row.author)?,
                created_at: row.created_at.to_jiff(),
            })
        })
        .collect()
}
