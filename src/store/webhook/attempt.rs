//! How each attempt to deliver went.

use jiff_sqlx::ToSqlx;

use crate::domain::id::DeliveryId;
use crate::domain::webhook::Attempt;
use crate::store::error::Error;
use crate::store::row::{column, word};
use crate::store::tenancy::{TenantRead, TenantTx};

/// Records attempts.
pub async fn insert(tx: &mut TenantTx, attempts: &[(DeliveryId, Attempt)]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::attempt::insert
        insert into webhook_attempts (tenant_id, delivery_id, number, at, outcome, status, duration_ms, answer, error)
        select $1, g.* from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::integer[],
            $7::bigint[], $8::text[], $9::text[]) as g",
    )
    .bind(tenant)
    .bind(column(attempts, |(delivery, _)| delivery.uuid()))
    .bind(column(attempts, |(_, attempt)| attempt.number))
    .bind(column(attempts, |(_, attempt)| attempt.at.to_sqlx()))
    .bind(column(attempts, |(_, attempt)| attempt.outcome.as_str()))
    .bind(column(attempts, |(_, attempt)| attempt.status))
    .bind(column(attempts, |(_, attempt)| attempt.duration_ms))
    .bind(column(attempts, |(_, attempt)| attempt.answer.clone()))
    .bind(column(attempts, |(_, attempt)| attempt.error.clone()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i32,
    at: jiff_sqlx::Timestamp,
    outcome: String,
    status: Option<i32>,
    duration_ms: i64,
    answer: Option<String>,
    error: Option<String>,
}

/// The last attempts of a delivery, `limit` at most, oldest first.
pub async fn list(read: &mut TenantRead, delivery: DeliveryId, limit: i64) -> Result<Vec<Attempt>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::webhook::attempt::list
        select number, at, outcome, status, duration_ms, answer, error
          from webhook_attempts where tenant_id = $1 and delivery_id = $2
         order by number desc limit $3",
    )
    .bind(tenant)
    .bind(delivery.uuid())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    let attempt = |row: Row| {
        Ok(Attempt {
            number: row.number,
            at: row.at.to_jiff(),
            outcome: word("webhook_attempts", &row.outcome)?,
            status: row.status,
            duration_ms: row.duration_ms,
            answer: row.answer,
            error: row.error,
        })
    };
    rows.into_iter().rev().map(attempt).collect()
}
