//! Hand-overs.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::row::{optional_word, word, words};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, EscalationId, TicketId};
use crate::domain::ticket::record::Escalation;
use crate::domain::vocabulary::{EvidenceKind, Persona};

const TABLE: &str = "escalations";

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    ticket_id: Uuid,
    kind: &'static str,
    persona: &'static str,
    team: &'a str,
    state: &'static str,
    rule: &'a str,
    automatic: bool,
    reason: &'a str,
    required_context: Vec<&'static str>,
    missing_context: Vec<&'static str>,
    fallback: Option<&'static str>,
    requested_by: Option<Uuid>,
    requested_at: Timestamp,
    acknowledge_by: Timestamp,
    updated_at: Timestamp,
}

fn names(kinds: &[EvidenceKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

/// Adds hand-overs.
pub async fn insert(tx: &mut TenantTx, escalations: &[Escalation]) -> Result<(), Error> {
    if escalations.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = escalations
        .iter()
        .map(|e| NewRow {
            id: e.id.uuid(),
            ticket_id: e.ticket.uuid(),
            kind: e.kind.as_str(),
            persona: e.persona.as_str(),
            team: &e.team,
            state: e.state.as_str(),
            rule: &e.rule,
            automatic: e.automatic,
            reason: &e.reason,
            required_context: names(&e.required_context),
            missing_context: names(&e.missing_context),
            fallback: e.fallback.map(Persona::as_str),
            requested_by: e.requested_by.map(AgentId::uuid),
            requested_at: e.requested_at,
            acknowledge_by: e.acknowledge_by,
            updated_at: e.updated_at,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::escalation::insert
        insert into escalations (
            tenant_id, id, ticket_id, kind, persona, team, state, rule, automatic, reason, required_context,
            missing_context, fallback, requested_by, requested_at, acknowledge_by, updated_at)
        select $1, id, ticket_id, kind, persona, team, state, rule, automatic, reason, required_context,
            missing_context, fallback, requested_by, requested_at, acknowledge_by, updated_at
          from jsonb_to_recordset($2) as r(
            id uuid, ticket_id uuid, kind text, persona text, team text, state text, rule text, automatic boolean,
            reason text, required_context text[], missing_context text[], fallback text, requested_by uuid,
            requested_at timestamptz, acknowledge_by timestamptz, updated_at timestamptz)",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says what a hand-over still needs.
pub async fn set_missing_context(
    tx: &mut TenantTx,
    escalation: EscalationId,
    missing: &[EvidenceKind],
    now: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::escalation::set_missing_context
        update escalations set missing_context = $3, updated_at = $4 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(escalation.uuid())
    .bind(names(missing))
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends hand-overs that their ticket no longer needs.
pub async fn close(tx: &mut TenantTx, escalations: &[EscalationId], now: Timestamp) -> Result<(), Error> {
    if escalations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = escalations.iter().map(|escalation| escalation.uuid()).collect();
    sqlx::query(
        "-- store::escalation::close
        update escalations set state = 'closed', updated_at = $3 where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(ids)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

const COLUMNS: &str = "
    id, ticket_id, kind, persona, team, state, rule, automatic, reason, required_context, missing_context, fallback,
    requested_by, requested_at, acknowledge_by, updated_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Uuid,
    kind: String,
    persona: String,
    team: String,
    state: String,
    rule: String,
    automatic: bool,
    reason: String,
    required_context: Vec<String>,
    missing_context: Vec<String>,
    fallback: Option<String>,
    requested_by: Option<Uuid>,
    requested_at: jiff_sqlx::Timestamp,
    acknowledge_by: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl TryFrom<Row> for Escalation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: EscalationId::new(row.id),
            ticket: TicketId::new(row.ticket_id),
            kind: word(TABLE, &row.kind)?,
            persona: word(TABLE, &row.persona)?,
            team: row.team,
            state: word(TABLE, &row.state)?,
            rule: row.rule,
            automatic: row.automatic,
            reason: row.reason,
            required_context: words(TABLE, &row.required_context)?,
            missing_context: words(TABLE, &row.missing_context)?,
            fallback: optional_word(TABLE, row.fallback.as_deref())?,
            requested_by: row.requested_by.map(AgentId::new),
            requested_at: row.requested_at.to_jiff(),
            acknowledge_by: row.acknowledge_by.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// The hand-overs of each of the tickets, oldest first.
pub(super) async fn of_tickets(
    read: &mut TenantRead,
    tickets: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Escalation>>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::escalation::of_tickets
        select {COLUMNS} from escalations
         where tenant_id = $1 and ticket_id = any($2) order by requested_at, id"
    )))
    .bind(tenant)
    .bind(tickets)
    .fetch_all(read.connection())
    .await?;
    let mut found: HashMap<Uuid, Vec<Escalation>> = HashMap::new();
    for row in rows {
        found.entry(row.ticket_id).or_default().push(row.try_into()?);
    }
    Ok(found)
}

/// One hand-over.
pub async fn lookup(read: &mut TenantRead, escalation: EscalationId) -> Result<Option<Escalation>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::escalation::lookup
        select {COLUMNS} from escalations where tenant_id = $1 and id = $2"
    )))
    .bind(tenant)
    .bind(escalation.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Escalation::try_from).transpose()
}

/// Hand-overs after `after`, oldest first, of one ticket or of all, `limit`
/// at most.
pub async fn list(
    read: &mut TenantRead,
    ticket: Option<TicketId>,
    after: Option<EscalationId>,
    limit: i64,
) -> Result<Vec<Escalation>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::escalation::list
        select {COLUMNS} from escalations
         where tenant_id = $1 and ($2::uuid is null or ticket_id = $2) and ($3::uuid is null or id > $3)
         order by id limit $4"
    )))
    .bind(tenant)
    .bind(ticket.map(TicketId::uuid))
    .bind(after.map(EscalationId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Escalation::try_from).collect()
}
