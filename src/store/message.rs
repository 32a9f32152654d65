//! The conversation.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::opening::Statement;
use super::row::{column, word};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, MessageId, RequesterId, TicketId};
use crate::domain::ticket::record::Message;
use crate::domain::vocabulary::Author;

const TABLE: &str = "messages";

/// Adds messages; each with the requester who wrote it, if one did.
pub async fn insert(tx: &mut TenantTx, messages: &[(&Message, Option<RequesterId>)]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let statement = sqlx::query(
        "-- store::message::insert
        insert into messages (
            tenant_id, id, ticket_id, visibility, author, purpose, agent_id, requester_id, body, created_at)
        select $1, id, ticket_id, visibility, author, purpose, agent_id, requester_id, body, created_at
          from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
            $9::text[], $10::timestamptz[])
            as g(id, ticket_id, visibility, author, purpose, agent_id, requester_id, body, created_at)",
    );
    bind(statement.bind(tenant), messages).execute(tx.connection()).await?;
    Ok(())
}

/// Their columns, in the order of the table's.
pub(super) fn bind<'q>(
    statement: Statement<'q>,
    messages: &[(&'q Message, Option<RequesterId>)],
) -> Statement<'q> {
    statement
        .bind(column(messages, |(message, _)| message.id.uuid()))
        .bind(column(messages, |(message, _)| message.ticket.uuid()))
        .bind(column(messages, |(message, _)| message.visibility.as_str()))
        .bind(column(messages, |(message, _)| message.author.as_str()))
        .bind(column(messages, |(message, _)| message.purpose.as_str()))
        .bind(column(messages, |(message, _)| message.agent.map(AgentId::uuid)))
        .bind(column(messages, |(_, requester)| requester.map(RequesterId::uuid)))
        .bind(column(messages, |(message, _)| message.body.as_str()))
        .bind(column(messages, |(message, _)| message.created_at.to_sqlx()))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Uuid,
    visibility: String,
    author: String,
    purpose: String,
    agent_id: Option<Uuid>,
    agent_name: Option<String>,
    body: String,
    created_at: jiff_sqlx::Timestamp,
    published_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Message {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: MessageId::new(row.id),
            ticket: TicketId::new(row.ticket_id),
            visibility: word(TABLE, &row.visibility)?,
            author: word(TABLE, &row.author)?,
            purpose: word(TABLE, &row.purpose)?,
            agent: row.agent_id.map(AgentId::new),
            agent_name: row.agent_name,
            body: row.body,
            created_at: row.created_at.to_jiff(),
            published_at: row.published_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The messages of a ticket after `after`, oldest first, `limit` at most.
/// Identifiers grow with time, so they are the order too.
pub async fn list(
    read: &mut TenantRead,
    ticket: TicketId,
    after: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::message::list
        select m.id, m.ticket_id, m.visibility, m.author, m.purpose, m.agent_id, a.name as agent_name, m.body,
               m.created_at, m.published_at
          from messages m
          left join agents a on a.tenant_id = m.tenant_id and a.id = m.agent_id
         where m.tenant_id = $1 and m.ticket_id = $2 and ($3::uuid is null or m.id > $3)
         order by m.id limit $4",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(after.map(MessageId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Message::try_from).collect()
}

/// One message of a ticket.
pub async fn lookup(
    read: &mut TenantRead,
    ticket: TicketId,
    message: MessageId,
) -> Result<Option<Message>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::message::lookup
        select m.id, m.ticket_id, m.visibility, m.author, m.purpose, m.agent_id, a.name as agent_name, m.body,
               m.created_at, m.published_at
          from messages m
          left join agents a on a.tenant_id = m.tenant_id and a.id = m.agent_id
         where m.tenant_id = $1 and m.ticket_id = $2 and m.id = $3",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(message.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Message::try_from).transpose()
}

/// Shows an internal message to the requester from `at` on.
pub async fn publish(
    tx: &mut TenantTx,
    ticket: TicketId,
    message: MessageId,
    at: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::message::publish
        update messages set visibility = 'public', published_at = $4
         where tenant_id = $1 and ticket_id = $2 and id = $3",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(message.uuid())
    .bind(at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How a ticket began.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// In whose name it was opened.
    pub(super) author: Option<Author>,
    /// What the requester was told at once.
    pub(super) acknowledgement: String,
}

/// How each of the tickets began.
pub(super) async fn openings_of_tickets(
    read: &mut TenantRead,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, Opening>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(Uuid, String, Option<String>)> = sqlx::query_as(
        "-- store::message::openings_of_tickets
        select distinct on (ticket_id, purpose) ticket_id, author,
               case purpose when 'acknowledgement' then body end
          from messages
         where tenant_id = $1 and ticket_id = any($2) and purpose in ('request', 'acknowledgement')
         order by ticket_id, purpose, created_at, id",
    )
    .bind(tenant)
    .bind(tickets)
    .fetch_all(read.connection())
    .await?;
    let mut openings: HashMap<Uuid, Opening> = HashMap::new();
    for (ticket, author, acknowledgement) in rows {
        let opening = openings.entry(ticket).or_default();
        match acknowledgement {
            Some(body) => opening.acknowledgement = body,
            None => opening.author = Some(word(TABLE, &author)?),
        }
    }
    Ok(openings)
}
