//! Mail that goes out.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use super::tenant::AgentRow;
use crate::domain::id::{AgentId, EventId, MailId, RequesterId, TicketId};
use crate::domain::mail::{Directory, Mail, Recipient};
use crate::domain::tenant::Agent;

const TABLE: &str = "mails";

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    ticket_id: Uuid,
    kind: &'static str,
    recipient: &'static str,
    requester_id: Option<Uuid>,
    agent_id: Option<Uuid>,
    team: Option<&'a str>,
    about: Option<Uuid>,
    cause: Uuid,
    at: Timestamp,
    state: &'static str,
    reason: Option<&'a str>,
    message_id: &'a str,
    created_at: Timestamp,
}

impl<'a> From<&'a Mail> for NewRow<'a> {
    fn from(mail: &'a Mail) -> Self {
        let (requester_id, agent_id, team) = match &mail.recipient {
            Recipient::Requester(id) => (Some(id.uuid()), None, None),
            Recipient::Agent(id) => (None, Some(id.uuid()), None),
            Recipient::Team(slug) => (None, None, Some(slug.as_str())),
        };
        Self {
            id: mail.id.uuid(),
            ticket_id: mail.ticket.uuid(),
            kind: mail.kind.as_str(),
            recipient: mail.recipient.kind(),
            requester_id,
            agent_id,
            team,
            about: mail.about,
            cause: mail.cause.uuid(),
            at: mail.at,
            state: mail.state.as_str(),
            reason: mail.reason.as_deref(),
            message_id: &mail.message_id,
            created_at: mail.created_at,
        }
    }
}

/// Adds mails, and answers which of them are new: a fact tells nobody twice.
pub async fn insert(tx: &mut TenantTx, mails: &[Mail]) -> Result<Vec<MailId>, Error> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<NewRow<'_>> = mails.iter().map(NewRow::from).collect();
    let tenant = tx.tenant().uuid();
    let added: Vec<Uuid> = sqlx::query_scalar(
        "-- store::mail::insert
        insert into mails (
            tenant_id, id, ticket_id, kind, recipient, requester_id, agent_id, team, about, cause, at, state, reason,
            message_id, created_at)
        select $1, id, ticket_id, kind, recipient, requester_id, agent_id, team, about, cause, at, state, reason,
            message_id, created_at
          from jsonb_to_recordset($2) as r(
            id uuid, ticket_id uuid, kind text, recipient text, requester_id uuid, agent_id uuid, team text,
            about uuid, cause uuid, at timestamptz, state text, reason text, message_id text,
            created_at timestamptz)
        on conflict on constraint mails_once do nothing
        returning id",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .fetch_all(tx.connection())
    .await?;
    Ok(added.into_iter().map(MailId::new).collect())
}

const COLUMNS: &str = "
    id, ticket_id, kind, requester_id, agent_id, team, about, cause, at, state, attempts, reason, message_id,
    created_at, sent_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Uuid,
    kind: String,
    requester_id: Option<Uuid>,
    agent_id: Option<Uuid>,
    team: Option<String>,
    about: Option<Uuid>,
    cause: Uuid,
    at: jiff_sqlx::Timestamp,
    state: String,
    attempts: i32,
    reason: Option<String>,
    message_id: String,
    created_at: jiff_sqlx::Timestamp,
    sent_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Mail {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let recipient = match (row.requester_id, row.agent_id, row.team) {
            (Some(id), None, None) => Recipient::Requester(RequesterId::new(id)),
            (None, Some(id), None) => Recipient::Agent(AgentId::new(id)),
            (None, None, Some(slug)) => Recipient::Team(slug),
            _ => return Err(Error::bad_row(TABLE, "not one recipient")),
        };
        Ok(Self {
            id: MailId::new(row.id),
            ticket: TicketId::new(row.ticket_id),
            kind: word(TABLE, &row.kind)?,
            recipient,
            about: row.about,
            cause: EventId::new(row.cause),
            at: row.at.to_jiff(),
            state: word(TABLE, &row.state)?,
            attempts: u32::try_from(row.attempts).map_err(|error| Error::bad_row(TABLE, error))?,
            reason: row.reason,
            message_id: row.message_id,
            created_at: row.created_at.to_jiff(),
            sent_at: row.sent_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// One mail.
pub async fn lookup(read: &mut TenantRead, mail: MailId) -> Result<Option<Mail>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::mail::lookup
        select {COLUMNS} from mails where tenant_id = $1 and id = $2"
    )))
    .bind(tenant)
    .bind(mail.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Mail::try_from).transpose()
}

/// Locks a mail until the transaction ends. `false`: there is none.
pub async fn lock(tx: &mut TenantTx, mail: MailId) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<i32> = sqlx::query_scalar(
        "-- store::mail::lock
        select 1 from mails where tenant_id = $1 and id = $2 for no key update",
    )
    .bind(tenant)
    .bind(mail.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// The mails about a ticket after `after`, oldest first, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    ticket: TicketId,
    after: Option<MailId>,
    limit: i64,
) -> Result<Vec<Mail>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::mail::list
        select {COLUMNS} from mails
         where tenant_id = $1 and ticket_id = $2 and ($3::uuid is null or id > $3) order by id limit $4"
    )))
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(after.map(MailId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Mail::try_from).collect()
}

/// Writes what became of a mail.
pub async fn update(tx: &mut TenantTx, mail: &Mail) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::mail::update
        update mails set state = $3, attempts = $4, reason = $5, sent_at = $6 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(mail.id.uuid())
    .bind(mail.state.as_str())
    .bind(i32::try_from(mail.attempts).unwrap_or(i32::MAX))
    .bind(mail.reason.as_deref())
    .bind(mail.sent_at.map(ToSqlx::to_sqlx))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Where these teams, the people in them, and these agents are reached.
pub async fn directory(
    read: &mut TenantRead,
    teams: &[String],
    agents: &[AgentId],
) -> Result<Directory, Error> {
    if teams.is_empty() && agents.is_empty() {
        return Ok(Directory::default());
    }
    let tenant = read.tenant().uuid();
    let found: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "-- store::mail::directory_of_teams
        select slug, name, address from teams where tenant_id = $1 and slug = any($2)",
    )
    .bind(tenant)
    .bind(teams)
    .fetch_all(read.connection())
    .await?;
    let ids: Vec<Uuid> = agents.iter().map(|agent| agent.uuid()).collect();
    let people: Vec<AgentRow> = sqlx::query_as(
        "-- store::mail::directory_of_agents
        select id, name, email, team, active, version from agents
         where tenant_id = $1 and (team = any($2) or id = any($3)) order by name",
    )
    .bind(tenant)
    .bind(teams)
    .bind(ids)
    .fetch_all(read.connection())
    .await?;
    let teams: HashMap<_, _> =
        found.into_iter().map(|(slug, name, address)| (slug, (name, address))).collect();
    Ok(Directory { teams, agents: people.into_iter().map(Agent::from).collect() })
}

/// Whether the desk said something to the requester of a ticket at this
/// instant.
pub async fn was_told(read: &mut TenantRead, ticket: TicketId, at: Timestamp) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::mail::was_told
        select exists (
            select from messages
             where tenant_id = $1 and ticket_id = $2 and created_at = $3
               and visibility = 'public' and author <> 'requester')",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(at.to_sqlx())
    .fetch_one(read.connection())
    .await?)
}
