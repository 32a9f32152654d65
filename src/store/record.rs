//! Tickets as they are shown: the row with everything that belongs to it.

use serde_json::Value;
use uuid::Uuid;

use super::error::Error;
use super::row::{optional_word, word, words};
use super::tenancy::TenantRead;
use super::{clock, escalation, ladder, message, resolution};
use crate::domain::id::{AgentId, RequesterId, TicketId};
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::record::{Record, Requester};
use crate::domain::ticket::{Classification, Raised, Ticket, is_spam};
use crate::domain::vocabulary::Author;

const TABLE: &str = "tickets";

/// The columns that [`Row`] reads, for every query that shows tickets.
pub(super) const COLUMNS: &str = "
    t.id, t.number, t.type, t.channel, t.status, t.subject, t.requester_id, t.service, t.external_ref, t.dedup_key,
    t.tags, t.custom, t.language, t.category, t.severity, t.impact, t.priority, t.raised_priority, t.raised_at, t.raised_step, t.scope, t.needs_review, t.triage,
    t.team, t.agent_id, t.persona, t.required_context, t.restricted, t.policy, t.policy_version, t.sla_version, t.opened_by_agent, t.occurrences, t.untold_repeats,
    t.escalations, t.reopen_count, t.resolution, t.first_resolved_at, t.resolved_at, t.closed_at, t.created_at,
    t.updated_at, t.version, t.merged_into, t.follow_up_of, r.email as requester_email, r.name as requester_name, a.name as agent_name";

/// Where those come from that are of people, beside those of `tickets t`.
pub(super) const PEOPLE: &str = "
    join requesters r on r.tenant_id = t.tenant_id and r.id = t.requester_id
    left join agents a on a.tenant_id = t.tenant_id and a.id = t.agent_id";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    number: i64,
    r#type: String,
    channel: String,
    status: String,
    subject: String,
    requester_id: Uuid,
    service: Option<String>,
    external_ref: Option<String>,
    dedup_key: Option<String>,
    tags: Vec<String>,
    custom: Value,
    language: String,
    category: String,
    severity: String,
    impact: String,
    priority: String,
    raised_priority: Option<String>,
    raised_at: Option<jiff_sqlx::Timestamp>,
    raised_step: Option<String>,
    scope: String,
    needs_review: bool,
    triage: Value,
    team: String,
    agent_id: Option<Uuid>,
    persona: Option<String>,
    required_context: Vec<String>,
    restricted: bool,
    policy: Option<String>,
    policy_version: Option<i32>,
    sla_version: String,
    opened_by_agent: bool,
    occurrences: i32,
    untold_repeats: i32,
    escalations: i32,
    reopen_count: i32,
    resolution: Option<String>,
    first_resolved_at: Option<jiff_sqlx::Timestamp>,
    resolved_at: Option<jiff_sqlx::Timestamp>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    version: i64,
    merged_into: Option<Uuid>,
    follow_up_of: Option<Uuid>,
    requester_email: Option<String>,
    requester_name: Option<String>,
    agent_name: Option<String>,
}

impl Row {
    fn state(&self) -> Result<Ticket, Error> {
        let jiff = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        Ok(Ticket {
            status: word(TABLE, &self.status)?,
            channel: word(TABLE, &self.channel)?,
            classification: Classification {
                category: word(TABLE, &self.category)?,
                severity: word(TABLE, &self.severity)?,
                impact: word(TABLE, &self.impact)?,
                priority: word(TABLE, &self.priority)?,
                ticket_type: word(TABLE, &self.r#type)?,
                scope: word(TABLE, &self.scope)?,
                needs_review: self.needs_review,
            },
            raised: self.raised()?,
            team: self.team.clone(),
            agent: self.agent_id.map(AgentId::new),
            persona: optional_word(TABLE, self.persona.as_deref())?,
            restricted: self.restricted,
            policy: self
                .policy
                .clone()
                .zip(self.policy_version)
                .map(|(key, version)| PolicyRef { key, version }),
            sla_version: self.sla_version.clone(),
            opened_by_agent: self.opened_by_agent,
            occurrences: self.occurrences,
            escalations: self.escalations,
            reopen_count: self.reopen_count,
            resolution: optional_word(TABLE, self.resolution.as_deref())?,
            first_resolved_at: jiff(self.first_resolved_at),
            resolved_at: jiff(self.resolved_at),
            closed_at: jiff(self.closed_at),
            spam: is_spam(&self.tags),
            merged_into: self.merged_into.map(TicketId::new),
            follow_up_of: self.follow_up_of.map(TicketId::new),
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            version: self.version,
        })
    }
}

impl Row {
    fn raised(&self) -> Result<Option<Raised>, Error> {
        let to = optional_word(TABLE, self.raised_priority.as_deref())?;
        let rest = self.raised_at.zip(self.raised_step.clone());
        Ok(to.zip(rest).map(|(to, (at, step))| Raised { to, at: at.to_jiff(), step }))
    }
}

impl TryFrom<Row> for Record {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = row.state()?;
        Ok(Self {
            id: TicketId::new(row.id),
            number: row.number,
            subject: row.subject,
            requester: Requester {
                id: RequesterId::new(row.requester_id),
                email: row.requester_email,
                name: row.requester_name,
            },
            service: row.service,
            external_ref: row.external_ref,
            dedup_key: row.dedup_key,
            tags: row.tags,
            custom: row.custom,
            language: row.language,
            state,
            untold_repeats: row.untold_repeats,
            opened_by: Author::Requester,
            agent_name: row.agent_name,
            triage: serde_json::from_value(row.triage).map_err(|error| Error::bad_row(TABLE, error))?,
            required_context: words(TABLE, &row.required_context)?,
            clocks: Vec::new(),
            escalations: Vec::new(),
            plan: Vec::new(),
            message_to_requester: String::new(),
            resolution: None,
        })
    }
}

/// Completes rows, in their order, with what stands in other tables: five
/// statements, however many rows.
pub(super) async fn complete(read: &mut TenantRead, rows: Vec<Row>) -> Result<Vec<Record>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut clocks = clock::of_tickets(read, &ids).await?;
    let mut escalations = escalation::of_tickets(read, &ids).await?;
    let mut openings = message::openings_of_tickets(read, &ids).await?;
    let mut plans = ladder::plans_of_tickets(read, &ids).await?;
    let mut resolutions = resolution::latest_of_tickets(read, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let mut record = Record::try_from(row)?;
            let opening = openings.remove(&id).unwrap_or_default();
            record.opened_by = opening.author.unwrap_or(record.opened_by);
            record.message_to_requester = opening.acknowledgement;
            record.clocks = clocks.remove(&id).unwrap_or_default();
            record.escalations = escalations.remove(&id).unwrap_or_default();
            record.plan = plans.remove(&id).unwrap_or_default();
            record.resolution = resolutions.remove(&id).filter(|_| record.state.resolution.is_some());
            Ok(record)
        })
        .collect()
}

/// A ticket with everything that belongs to it.
pub async fn lookup(read: &mut TenantRead, ticket: TicketId) -> Result<Option<Record>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::record::lookup
        select {COLUMNS} from tickets t {PEOPLE} where t.tenant_id = $1 and t.id = $2"
    )))
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(complete(read, row.into_iter().collect()).await?.pop())
}

/// Tickets with everything that belongs to them, by identifier; those that the
/// tenant does not have are left out.
pub async fn lookup_all(read: &mut TenantRead, tickets: &[TicketId]) -> Result<Vec<Record>, Error> {
    let tenant = read.tenant().uuid();
    let ids: Vec<Uuid> = tickets.iter().map(|ticket| ticket.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::record::lookup_all
        select {COLUMNS} from tickets t {PEOPLE} where t.tenant_id = $1 and t.id = any($2) order by t.id"
    )))
    .bind(tenant)
    .bind(ids)
    .fetch_all(read.connection())
    .await?;
    complete(read, rows).await
}
