//! Timers, as the transactions that need something later set them.

use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use super::error::Error;
use super::opening::Statement;
use super::row::column;
use super::tenancy::TenantTx;
use crate::domain::timer::{Timer, TimerKind};

/// Sets timers, each to its instant; a lease that somebody has ends with it.
pub async fn put(tx: &mut TenantTx, timers: &[Timer]) -> Result<(), Error> {
    if timers.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let statement = sqlx::query(
        "-- store::timer::put
        insert into timers (tenant_id, kind, subject, due_at, ready_at)
        select $1, kind, subject, due_at, due_at
          from unnest($2::text[], $3::uuid[], $4::timestamptz[]) as g(kind, subject, due_at)
         order by kind, subject
        on conflict (tenant_id, kind, subject) do update
           set due_at = excluded.due_at, ready_at = excluded.ready_at, lease = null, attempts = 0",
    );
    bind(statement.bind(tenant), timers).execute(tx.connection()).await?;
    Ok(())
}

/// Their columns.
pub(super) fn bind<'q>(statement: Statement<'q>, timers: &[Timer]) -> Statement<'q> {
    statement
        .bind(column(timers, |timer| timer.kind.as_str()))
        .bind(column(timers, |timer| timer.subject))
        .bind(column(timers, |timer| timer.due_at.to_sqlx()))
}

/// Removes the timers of these subjects; those that are not set are none.
pub async fn clear(tx: &mut TenantTx, kind: TimerKind, subjects: &[Uuid]) -> Result<(), Error> {
    if subjects.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::timer::clear
        delete from timers where tenant_id = $1 and kind = $2 and subject = any($3)",
    )
    .bind(tenant)
    .bind(kind.as_str())
    .bind(subjects)
    .execute(tx.connection())
    .await?;
    Ok(())
}
