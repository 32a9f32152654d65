//! How tickets were resolved, each time.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, TicketId};
use crate::domain::ticket::record::ResolutionRecord;

#[derive(Serialize)]
struct NewRow<'a> {
    ticket_id: Uuid,
    event_seq: i64,
    resolution: &'static str,
    steps: &'a str,
    root_cause: Option<&'a str>,
    knowledge: Option<&'a Value>,
    impact_assessment: Option<&'a str>,
    agent_id: Option<Uuid>,
    resolved_at: Timestamp,
}

/// Keeps resolutions, each beside the event of its ticket that says it happened.
pub async fn insert(
    tx: &mut TenantTx,
    resolutions: &[(TicketId, i64, &ResolutionRecord)],
) -> Result<(), Error> {
    let rows: Vec<NewRow<'_>> = resolutions
        .iter()
        .map(|(ticket, event_seq, record)| NewRow {
            ticket_id: ticket.uuid(),
            event_seq: *event_seq,
            resolution: record.resolution.as_str(),
            steps: &record.steps,
            root_cause: record.root_cause.as_deref(),
            knowledge: record.knowledge.as_ref(),
            impact_assessment: record.impact_assessment.as_deref(),
            agent_id: record.agent.map(AgentId::uuid),
            resolved_at: record.resolved_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::resolution::insert
        insert into resolutions (
            tenant_id, ticket_id, event_seq, resolution, steps, root_cause, knowledge, impact_assessment, agent_id,
            resolved_at)
        select $1, ticket_id, event_seq, resolution, steps, root_cause, knowledge, impact_assessment, agent_id,
               resolved_at
          from jsonb_to_recordset($2) as r(
            ticket_id uuid, event_seq bigint, resolution text, steps text, root_cause text, knowledge jsonb,
            impact_assessment text, agent_id uuid, resolved_at timestamptz)",
    )
    .bind(tenant)
    .bind(Json(rows))
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
