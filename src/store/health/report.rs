//! Reports that were made when they were due.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::health::Kept;
use crate::domain::id::ReportId;
use crate::store::error::Error;
use crate::store::owner::Owner;
use crate::store::row::word;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "health_reports";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    cadence: String,
    from_at: jiff_sqlx::Timestamp,
    to_at: jiff_sqlx::Timestamp,
    time_zone: String,
    verdict: String,
    recommendations: i32,
    markdown: String,
    html: String,
    due_at: jiff_sqlx::Timestamp,
    made_at: jiff_sqlx::Timestamp,
    written_at: Option<jiff_sqlx::Timestamp>,
    failure: Option<String>,
}

impl TryFrom<Row> for Kept {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: ReportId::new(row.id),
            cadence: word(TABLE, &row.cadence)?,
            from: row.from_at.to_jiff(),
            to: row.to_at.to_jiff(),
            zone: row.time_zone,
            verdict: word(TABLE, &row.verdict)?,
            recommendations: row.recommendations,
            markdown: row.markdown,
            html: row.html,
            due_at: row.due_at.to_jiff(),
            made_at: row.made_at.to_jiff(),
            written_at: row.written_at.map(jiff_sqlx::Timestamp::to_jiff),
            failure: row.failure,
        })
    }
}

/// Keeps a report. `false`: there is one of this period already.
pub async fn insert(tx: &mut TenantTx, report: &Kept) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let inserted = sqlx::query(
        "-- store::health::report::insert
        insert into health_reports
            (tenant_id, id, cadence, from_at, to_at, time_zone, verdict, recommendations, markdown, html, due_at, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict on constraint health_reports_once do nothing",
    )
    .bind(tenant)
    .bind(report.id.uuid())
    .bind(report.cadence.as_str())
    .bind(report.from.to_sqlx())
    .bind(report.to.to_sqlx())
    .bind(&report.zone)
    .bind(report.verdict.as_str())
    .bind(report.recommendations)
    .bind(&report.markdown)
    .bind(&report.html)
    .bind(report.due_at.to_sqlx())
    .bind(report.made_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Reports made before another one, the latest first, `limit` at most.
pub async fn list(read: &mut TenantRead, before: Option<ReportId>, limit: i64) -> Result<Vec<Kept>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::health::report::list
        select id, cadence, from_at, to_at, time_zone, verdict, recommendations, markdown, html, due_at, made_at,
               written_at, failure
          from health_reports where tenant_id = $1 and ($2::uuid is null or id < $2)
         order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(ReportId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Kept::try_from).collect()
}

/// One report.
pub async fn lookup(read: &mut TenantRead, report: ReportId) -> Result<Option<Kept>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::health::report::lookup
        select id, cadence, from_at, to_at, time_zone, verdict, recommendations, markdown, html, due_at, made_at,
               written_at, failure
          from health_reports where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(report.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Kept::try_from).transpose()
}

/// Notes that its files are there, or why they are not.
pub async fn conclude(
    tx: &mut TenantTx,
    report: ReportId,
    written: Result<Timestamp, &str>,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::health::report::conclude
        update health_reports set written_at = $3, failure = $4 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(report.uuid())
    .bind(written.ok().map(ToSqlx::to_sqlx))
    .bind(written.err())
    .execute(tx.connection())
    .await?;
    Ok(())
}

impl Owner {
    /// Has the next report of each tenant made at `due`. One that is due
    /// already, or is being made, stays as it is.
    pub async fn plan_reports(&mut self, due: Timestamp, now: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "-- store::health::report::plan
            insert into timers (tenant_id, kind, subject, due_at, ready_at)
            select tenant_id, 'report', tenant_id, $1, $1 from tenants order by tenant_id
            on conflict (tenant_id, kind, subject) do update
               set due_at = excluded.due_at, ready_at = excluded.ready_at, attempts = 0
             where timers.due_at > $2 and timers.due_at <> excluded.due_at and timers.lease is null",
        )
        .bind(due.to_sqlx())
        .bind(now.to_sqlx())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}
