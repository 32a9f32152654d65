//! Tickets whose promise an edit of policies may concern, and their change to
//! another version.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::error::Error;
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::TicketId;
use crate::domain::sla::{Conditions, Facts};
use crate::domain::ticket::Ticket;
use crate::domain::ticket::event::PolicyRef;
use crate::domain::vocabulary::Status;

const TABLE: &str = "tickets";

/// An unresolved ticket as policies look at it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which one.
    pub id: TicketId,
    /// When it came in.
    pub created_at: Timestamp,
    /// The policy that it has.
    pub policy: Option<PolicyRef>,
    /// The text of policies that it is from.
    pub sla_version: String,
    row: Words,
}

#[derive(Debug, Clone)]
struct Words {
    category: crate::domain::vocabulary::Category,
    priority: crate::domain::vocabulary::Priority,
    channel: crate::domain::vocabulary::Channel,
    ticket_type: crate::domain::vocabulary::TicketType,
    service: Option<String>,
    tags: Vec<String>,
}

impl Candidate {
    /// What the conditions of policies look at.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            category: self.row.category,
            priority: self.row.priority,
            channel: self.row.channel,
            ticket_type: self.row.ticket_type,
            service: self.row.service.as_deref(),
            tags: &self.row.tags,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    created_at: jiff_sqlx::Timestamp,
    category: String,
    priority: String,
    channel: String,
    r#type: String,
    service: Option<String>,
    tags: Vec<String>,
    policy: Option<String>,
    policy_version: Option<i32>,
    sla_version: String,
}

impl TryFrom<Row> for Candidate {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: TicketId::new(row.id),
            created_at: row.created_at.to_jiff(),
            policy: row.policy.zip(row.policy_version).map(|(key, version)| PolicyRef { key, version }),
            sla_version: row.sla_version,
            row: Words {
                category: word(TABLE, &row.category)?,
                priority: word(TABLE, &row.priority)?,
                channel: word(TABLE, &row.channel)?,
                ticket_type: word(TABLE, &row.r#type)?,
                service: row.service,
                tags: row.tags,
            },
        })
    }
}

/// Tickets in a state that have one of these policies or that fit one of these
/// conditions, oldest first, after a place, `limit` at most. Found by state and
/// age, so that those which are over cost nothing.
pub async fn candidates(
    read: &mut TenantRead,
    status: Status,
    (policies, conditions): (&[String], &[Conditions]),
    after: Option<(Timestamp, TicketId)>,
    limit: i64,
) -> Result<Vec<Candidate>, Error> {
    let tenant = read.tenant().uuid();
    // One text for every page, so that its plan always begins at the place; no ticket is from before 1970.
    let (at, id) = after.unwrap_or((Timestamp::default(), TicketId::new(Uuid::nil())));
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::sla_move::candidates
        select t.id, t.created_at, t.category, least(t.priority, t.raised_priority) as priority, t.channel, t.type, t.service, t.tags, t.policy,
               t.policy_version, t.sla_version
          from tickets t
         where t.tenant_id = $1 and t.status = $2 and (t.created_at, t.id) > ($5, $6)
           and (t.policy = any($3) or exists (
                select from jsonb_to_recordset($4) as c(category text[], priority text[], channel text[],
                                                        type text[], service text[], tags text[])
                 where (cardinality(c.category) = 0 or t.category = any(c.category))
                   and (cardinality(c.priority) = 0 or least(t.priority, t.raised_priority) = any(c.priority))
                   and (cardinality(c.channel) = 0 or t.channel = any(c.channel))
                   and (cardinality(c.type) = 0 or t.type = any(c.type))
                   and (cardinality(c.service) = 0 or t.service = any(c.service))
                   and (cardinality(c.tags) = 0 or t.tags && c.tags)))
         order by t.created_at, t.id limit $7",
    )
    .bind(tenant)
    .bind(status.as_str())
    .bind(policies)
    .bind(Json(conditions))
    .bind(at.to_sqlx())
    .bind(id.uuid())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Candidate::try_from).collect()
}

/// Locks tickets until the transaction ends, always in the same order.
pub async fn lock(tx: &mut TenantTx, tickets: &[TicketId]) -> Result<(), Error> {
    let ids: Vec<Uuid> = tickets.iter().map(|ticket| ticket.uuid()).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::sla_move::lock
        select number from tickets where tenant_id = $1 and id = any($2) order by id for no key update",
    )
    .bind(tenant)
    .bind(ids)
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct Moved<'a> {
    id: Uuid,
    policy: Option<&'a str>,
    policy_version: Option<i32>,
    sla_version: &'a str,
    updated_at: Timestamp,
    version: i64,
}

/// Writes what a change of policy does to the rows of tickets.
pub async fn update(tx: &mut TenantTx, tickets: &[(TicketId, &Ticket)]) -> Result<(), Error> {
    let rows: Vec<Moved<'_>> = tickets
        .iter()
        .map(|(id, state)| Moved {
            id: id.uuid(),
            policy: state.policy.as_ref().map(|policy| policy.key.as_str()),
            policy_version: state.policy.as_ref().map(|policy| policy.version),
            sla_version: &state.sla_version,
            updated_at: state.updated_at,
            version: state.version,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::sla_move::update
        update tickets t set policy = r.policy, policy_version = r.policy_version, sla_version = r.sla_version,
            updated_at = r.updated_at, version = r.version
          from jsonb_to_recordset($2) as r(id uuid, policy text, policy_version integer, sla_version text,
                                           updated_at timestamptz, version bigint)
         where t.tenant_id = $1 and t.id = r.id",
    )
    .bind(tenant)
    .bind(Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}
