//! How tickets were resolved, each time.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use serde_json::Value;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, TicketId};
use crate::domain::ticket::record::ResolutionRecord;

/// Keeps a resolution beside the event that says it happened.
pub async fn insert(
    tx: &mut TenantTx,
    ticket: TicketId,
    event_seq: i64,
    record: &ResolutionRecord,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::resolution::insert
        insert into resolutions (
            tenant_id, ticket_id, event_seq, resolution, steps, root_cause, knowledge, impact_assessment, agent_id,
            resolved_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(event_seq)
    .bind(record.resolution.as_str())
    .bind(&record.steps)
    .bind(&record.root_cause)
    .bind(&record.knowledge)
    .bind(&record.impact_assessment)
    .bind(record.agent.map(AgentId::uuid))
    .bind(record.resolved_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    ticket_id: Uuid,
    resolution: String,
    steps: String,
    root_cause: Option<String>,
    knowledge: Option<Value>,
    impact_assessment: Option<String>,
    agent_id: Option<Uuid>,
    resolved_at: jiff_sqlx::Timestamp,
}

/// The last resolution of each of the tickets that has one.
pub(super) async fn latest_of_tickets(
    read: &mut TenantRead,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, ResolutionRecord>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::resolution::latest_of_tickets
        select distinct on (ticket_id) ticket_id, resolution, steps, root_cause, knowledge, impact_assessment, agent_id,
               resolved_at
          from resolutions
         where tenant_id = $1 and ticket_id = any($2)
         order by ticket_id, event_seq desc",
    )
    .bind(tenant)
    .bind(tickets)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(|row| Ok((row.ticket_id, row.try_into()?))).collect()
}

impl TryFrom<Row> for ResolutionRecord {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            resolution: word("resolutions", &row.resolution)?,
            steps: row.steps,
            root_cause: row.root_cause,
            knowledge: row.knowledge,
            impact_assessment: row.impact_assessment,
            agent: row.agent_id.map(AgentId::new),
            resolved_at: row.resolved_at.to_jiff(),
        })
    }
}

/// How a ticket was resolved, each time, oldest first.
pub async fn of_ticket(read: &mut TenantRead, ticket: TicketId) -> Result<Vec<ResolutionRecord>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::resolution::of_ticket
        select ticket_id, resolution, steps, root_cause, knowledge, impact_assessment, agent_id, resolved_at
          from resolutions
         where tenant_id = $1 and ticket_id = $2
         order by event_seq",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(ResolutionRecord::try_from).collect()
}
