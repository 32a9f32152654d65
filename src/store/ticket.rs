//! Tickets as rows: written from their state, never the other way round.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, TicketId};
use crate::domain::ticket::Ticket;
use crate::domain::ticket::record::{Record, TriageRecord};

/// The columns that follow from the history, the same for a new row and for a
/// changed one.
#[derive(Serialize)]
pub(super) struct StateColumns<'t> {
    pub(super) r#type: &'static str,
    pub(super) channel: &'static str,
    pub(super) status: &'static str,
    pub(super) category: &'static str,
    pub(super) severity: &'static str,
    pub(super) impact: &'static str,
    pub(super) priority: &'static str,
    pub(super) raised_priority: Option<&'static str>,
    pub(super) raised_at: Option<Timestamp>,
    pub(super) raised_step: Option<&'t str>,
    pub(super) scope: &'static str,
    pub(super) needs_review: bool,
    pub(super) team: &'t str,
    pub(super) agent_id: Option<Uuid>,
    pub(super) persona: Option<&'static str>,
    pub(super) restricted: bool,
    pub(super) policy: Option<&'t str>,
    pub(super) policy_version: Option<i32>,
    pub(super) sla_version: &'t str,
    pub(super) opened_by_agent: bool,
    pub(super) merged_into: Option<Uuid>,
    pub(super) follow_up_of: Option<Uuid>,
    pub(super) occurrences: i32,
    pub(super) escalations: i32,
    pub(super) reopen_count: i32,
    pub(super) resolution: Option<&'static str>,
    pub(super) first_resolved_at: Option<Timestamp>,
    pub(super) resolved_at: Option<Timestamp>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) version: i64,
}

impl<'t> From<&'t Ticket> for StateColumns<'t> {
    fn from(state: &'t Ticket) -> Self {
        let class = &state.classification;
        Self {
            r#type: class.ticket_type.as_str(),
            channel: state.channel.as_str(),
            status: state.status.as_str(),
            category: class.category.as_str(),
            severity: class.severity.as_str(),
            impact: class.impact.as_str(),
            priority: class.priority.as_str(),
            raised_priority: state.raised.as_ref().map(|raised| raised.to.as_str()),
            raised_at: state.raised.as_ref().map(|raised| raised.at),
            raised_step: state.raised.as_ref().map(|raised| raised.step.as_str()),
            scope: class.scope.as_str(),
            needs_review: class.needs_review,
            team: &state.team,
            agent_id: state.agent.map(AgentId::uuid),
            persona: state.persona.map(crate::domain::vocabulary::Persona::as_str),
            restricted: state.restricted,
            policy: state.policy.as_ref().map(|policy| policy.key.as_str()),
            policy_version: state.policy.as_ref().map(|policy| policy.version),
            sla_version: &state.sla_version,
            opened_by_agent: state.opened_by_agent,
            merged_into: state.merged_into.map(TicketId::uuid),
            follow_up_of: state.follow_up_of.map(TicketId::uuid),
            occurrences: state.occurrences,
            escalations: state.escalations,
            reopen_count: state.reopen_count,
            resolution: state.resolution.map(crate::domain::vocabulary::Resolution::as_str),
            first_resolved_at: state.first_resolved_at,
            resolved_at: state.resolved_at,
            closed_at: state.closed_at,
            created_at: state.created_at,
            updated_at: state.updated_at,
            version: state.version,
        }
    }
}

#[derive(Serialize)]
struct ChangedRow<'a> {
    triage: &'a TriageRecord,
    required_context: Vec<&'static str>,
    dedup_key: Option<&'a str>,
    untold_repeats: i32,
    #[serde(flatten)]
    state: StateColumns<'a>,
}

/// Writes a ticket's state as its history now says it is.
pub async fn update(tx: &mut TenantTx, record: &Record) -> Result<(), Error> {
    let row = ChangedRow {
        triage: &record.triage,
        required_context: record.required_context.iter().map(|kind| kind.as_str()).collect(),
        dedup_key: record.dedup_key.as_deref(),
        untold_repeats: record.untold_repeats,
        state: StateColumns::from(&record.state),
    };
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::update
        update tickets t set
            type = r.type, status = r.status, category = r.category, severity = r.severity, impact = r.impact,
            priority = r.priority, raised_priority = r.raised_priority, raised_at = r.raised_at, raised_step = r.raised_step,
            scope = r.scope, needs_review = r.needs_review, triage = r.triage, team = r.team,
            agent_id = r.agent_id, persona = r.persona, required_context = r.required_context,
            restricted = r.restricted, policy = r.policy, policy_version = r.policy_version, sla_version = r.sla_version, occurrences = r.occurrences,
            untold_repeats = r.untold_repeats, escalations = r.escalations, reopen_count = r.reopen_count, resolution = r.resolution,
            first_resolved_at = r.first_resolved_at, resolved_at = r.resolved_at, closed_at = r.closed_at,
            updated_at = r.updated_at, version = r.version, merged_into = r.merged_into
          from jsonb_to_record($3) as r(
            type text, status text, category text, severity text, impact text, priority text,
            raised_priority text, raised_at timestamptz, raised_step text, scope text, needs_review boolean, triage jsonb, team text, agent_id uuid, persona text, required_context text[],
            restricted boolean, policy text, policy_version integer, sla_version text, occurrences integer, untold_repeats integer, escalations integer,
            reopen_count integer, resolution text, first_resolved_at timestamptz, resolved_at timestamptz,
            closed_at timestamptz, updated_at timestamptz, version bigint, merged_into uuid)
         where t.tenant_id = $1 and t.id = $2",
    )
    .bind(tenant)
    .bind(record.id.uuid())
    .bind(sqlx::types::Json(row))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes what people edit of a ticket and its history does not hold. The
/// text that is searched is left to [`index`].
pub async fn edit(tx: &mut TenantTx, record: &Record) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::edit
        update tickets
           set subject = $3, requester_id = $4, service = $5, external_ref = $6, dedup_key = $7, tags = $8, custom = $9
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(record.id.uuid())
    .bind(&record.subject)
    .bind(record.requester.id.uuid())
    .bind(record.service.as_deref())
    .bind(record.external_ref.as_deref())
    .bind(record.dedup_key.as_deref())
    .bind(&record.tags)
    .bind(&record.custom)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes the text that a ticket is searched by anew: its subject, and what was
/// written with it.
pub async fn index(tx: &mut TenantTx, ticket: TicketId) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::index
        update tickets t
           set search = setweight(to_tsvector('english', t.subject), 'A') || to_tsvector('english', left(m.body, 100000))
          from messages m
         where t.tenant_id = $1 and t.id = $2
           and m.tenant_id = $1 and m.ticket_id = $2 and m.purpose = 'request'",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Locks a ticket until the transaction ends, so that what is decided next
/// rests on its latest state. `false`: the tenant has no such ticket.
pub async fn lock(tx: &mut TenantTx, ticket: TicketId) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<i64> = sqlx::query_scalar(
        "-- store::ticket::lock
        select number from tickets where tenant_id = $1 and id = $2 for no key update",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Holds a deduplication key for the rest of the transaction, then looks for
/// the open ticket that has it.
pub async fn lookup_open_by_dedup_key(tx: &mut TenantTx, dedup_key: &str) -> Result<Option<TicketId>, Error> {
    Ok(lookup_open_by_dedup_keys(tx, &[dedup_key]).await?.remove(dedup_key))
}

/// The same for many keys, in two statements. The keys are held in the given
/// order; who always sorts them cannot be blocked for ever.
pub async fn lookup_open_by_dedup_keys(
    tx: &mut TenantTx,
    dedup_keys: &[&str],
) -> Result<HashMap<String, TicketId>, Error> {
    if dedup_keys.is_empty() {
        return Ok(HashMap::new());
    }
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::hold_dedup_keys
        select pg_advisory_xact_lock(hashtextextended('dedup ' || $1::text || ' ' || k.key, 0))
          from unnest($2::text[]) with ordinality as k(key, place) order by k.place",
    )
    .bind(tenant)
    .bind(dedup_keys)
    .execute(tx.connection())
    .await?;
    let found: Vec<(String, Uuid)> = sqlx::query_as(
        "-- store::ticket::lookup_open_by_dedup_keys
        select dedup_key, id from tickets
         where tenant_id = $1 and dedup_key = any($2) and status in ('new', 'open', 'pending', 'on_hold')
         order by id
           for no key update",
    )
    .bind(tenant)
    .bind(dedup_keys)
    .fetch_all(tx.connection())
    .await?;
    Ok(found.into_iter().map(|(key, id)| (key, TicketId::new(id))).collect())
}

/// Writes that tickets were reported again: what their histories now say of
/// occurrences, last change and version.
pub async fn count_repeats(tx: &mut TenantTx, tickets: &[Record]) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Repeated {
        id: Uuid,
        occurrences: i32,
        updated_at: Timestamp,
        version: i64,
    }
    let rows: Vec<_> = tickets
        .iter()
        .map(|record| Repeated {
            id: record.id.uuid(),
            occurrences: record.state.occurrences,
            updated_at: record.state.updated_at,
            version: record.state.version,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::count_repeats
        update tickets t set occurrences = r.occurrences, updated_at = r.updated_at, version = r.version
          from jsonb_to_recordset($2) as r(id uuid, occurrences integer, updated_at timestamptz, version bigint)
         where t.tenant_id = $1 and t.id = r.id",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes how many repeats of a ticket its history has not been told of.
pub async fn count_untold(tx: &mut TenantTx, ticket: TicketId, untold: i32) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::ticket::count_untold
        update tickets set untold_repeats = $3 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .bind(untold)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether the tenant has no ticket.
pub async fn is_empty(read: &mut TenantRead) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::ticket::is_empty
        select not exists (select from tickets where tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// Whether the tenant has such a ticket.
pub async fn exists(read: &mut TenantRead, ticket: TicketId) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::ticket::exists
        select exists (select from tickets where tenant_id = $1 and id = $2)",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_one(read.connection())
    .await?)
}
