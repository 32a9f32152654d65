//! Reports that are sent by mail.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::id::{MailId, ReportId};
use crate::domain::mail::MailState;
use crate::store::error::Error;
use crate::store::row::word;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "health_report_mails";

/// A mail with a report to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportMail {
    /// Its identifier.
    pub id: MailId,
    /// Which report.
    pub report: ReportId,
    /// SHA-256 of the address.
    pub recipient: Vec<u8>,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was not sent, the last time.
    pub reason: Option<String>,
    /// Its Message-ID.
    pub message_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    report_id: Uuid,
    recipient: Vec<u8>,
    state: String,
    attempts: i32,
    reason: Option<String>,
    message_id: String,
    created_at: jiff_sqlx::Timestamp,
    sent_at: Option<jiff_sqlx::Timestamp>,
}

/// Adds a mail. `false`: the recipient has one of this report already.
pub async fn insert(tx: &mut TenantTx, mail: &ReportMail) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let inserted = sqlx::query(
        "-- store::health::mail::insert
        insert into health_report_mails (tenant_id, id, report_id, recipient, state, message_id, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict on constraint health_report_mails_once do nothing",
    )
    .bind(tenant)
    .bind(mail.id.uuid())
    .bind(mail.report.uuid())
    .bind(&mail.recipient)
    .bind(mail.state.as_str())
    .bind(&mail.message_id)
    .bind(mail.created_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// One mail.
pub async fn lookup(read: &mut TenantRead, mail: MailId) -> Result<Option<ReportMail>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::health::mail::lookup
        select id, report_id, recipient, state, attempts, reason, message_id, created_at, sent_at
          from health_report_mails where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(mail.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(|row| {
        Ok(ReportMail {
            id: MailId::new(row.id),
            report: ReportId::new(row.report_id),
            recipient: row.recipient,
            state: word(TABLE, &row.state)?,
            attempts: u32::try_from(row.attempts).map_err(|error| Error::bad_row(TABLE, error))?,
            reason: row.reason,
            message_id: row.message_id,
            created_at: row.created_at.to_jiff(),
            sent_at: row.sent_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    })
    .transpose()
}

/// Writes what became of a mail.
pub async fn update(tx: &mut TenantTx, mail: &ReportMail) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::health::mail::update
        update health_report_mails set state = $3, attempts = $4, reason = $5, sent_at = $6
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(mail.id.uuid())
    .bind(mail.state.as_str())
    .bind(i32::try_from(mail.attempts).unwrap_or(i32::MAX))
    .bind(&mail.reason)
    .bind(mail.sent_at.map(ToSqlx::to_sqlx))
    .execute(tx.connection())
    .await?;
    Ok(())
}
