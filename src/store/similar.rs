//! Tickets that are like another one.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::row::{optional_word, word};
use super::tenancy::TenantRead;
use crate::domain::id::TicketId;
use crate::domain::report::Similar;
use crate::domain::ticket::record::Record;

const TABLE: &str = "tickets";

/// Tickets that are compared, the newest: the cost does not grow with their
/// number.
const COMPARED: i64 = 1_000;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    subject: String,
    status: String,
    resolution: Option<String>,
    created_at: jiff_sqlx::Timestamp,
    same_place: bool,
    shared: Vec<String>,
}

/// Other tickets created before `before` that are about the same service and of
/// the same category, or share words that few have; the most alike first,
/// `limit` at most. What is confidential is never among them, nor what was
/// merged.
pub async fn list(
    read: &mut TenantRead,
    record: &Record,
    words: &[String],
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Similar>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::similar::list
        with others as (
            select id, number, subject, status, resolution, created_at, search,
                   coalesce(service = $3 and category = $4, false) as same_place
              from tickets
             where tenant_id = $1 and id <> $2 and not restricted and merged_into is null and created_at <= $6
             order by created_at desc, id desc limit $7
        ), rare as (
            select w.word, plainto_tsquery('english', w.word) as query
              from unnest($5::text[]) as w(word)
             where (select count(*) from others o where o.search @@ plainto_tsquery('english', w.word))
                <= greatest(5, (select count(*) from others) / 10)
        ), compared as (
            select o.id, o.number, o.subject, o.status, o.resolution, o.created_at, o.same_place,
                   array(select r.word from rare r where o.search @@ r.query order by r.word) as shared
              from others o
        )
        select id, number, subject, status, resolution, created_at, same_place, shared
          from compared
         where same_place or cardinality(shared) > 0
         order by cardinality(shared) desc, same_place desc, created_at desc, id desc
         limit $8",
    )
    .bind(tenant)
    .bind(record.id.uuid())
    .bind(record.service.as_deref())
    .bind(record.state.classification.category.as_str())
    .bind(words)
    .bind(before.to_sqlx())
    .bind(COMPARED)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Similar {
                ticket: TicketId::new(row.id),
                number: row.number,
                subject: row.subject,
                status: word(TABLE, &row.status)?,
                resolution: optional_word(TABLE, row.resolution.as_deref())?,
                created_at: row.created_at.to_jiff(),
                same_place: row.same_place,
                shared_words: row.shared,
            })
        })
        .collect()
}
