//! Hand-overs.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::row::{optional_word, word, words};
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::escalation::Origin;
use crate::domain::id::{AgentId, EscalationId, TicketId};
use crate::domain::search::EscalationSearch;
use crate::domain::ticket::record::{Acknowledged, Escalation};
use crate::domain::vocabulary::{EvidenceKind, Persona};

const TABLE: &str = "escalations";

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    ticket_id: Uuid,
    kind: &'static str,
    persona: &'static str,
    team: &'a str,
    rule: &'a str,
    matrix_version: Option<&'a str>,
    origin: Option<&'static str>,
    automatic: bool,
    reason: &'a str,
    fallback: Option<&'static str>,
    requested_by: Option<Uuid>,
    requested_at: Timestamp,
    acknowledge_within_seconds: i64,
    follows: Option<Uuid>,
    #[serde(flatten)]
    state: StateColumns<'a>,
}

/// What changes in the life of a hand-over.
#[derive(Serialize)]
struct StateColumns<'a> {
    state: &'static str,
    required_context: Vec<&'static str>,
    missing_context: Vec<&'static str>,
    acknowledge_by: Timestamp,
    acknowledged_at: Option<Timestamp>,
    acknowledged_by: Option<Uuid>,
    acknowledged_until: Option<Timestamp>,
    answer: Option<&'a str>,
    answered_at: Option<Timestamp>,
    declined_reason: Option<&'a str>,
    note: Option<&'a str>,
    followed_by: Option<Uuid>,
    updated_at: Timestamp,
    version: i64,
}

impl<'a> From<&'a Escalation> for StateColumns<'a> {
    fn from(e: &'a Escalation) -> Self {
        Self {
            state: e.state.as_str(),
            required_context: names(&e.required_context),
            missing_context: names(&e.missing_context),
            acknowledge_by: e.acknowledge_by,
            acknowledged_at: e.acknowledged.map(|acknowledged| acknowledged.at),
            acknowledged_by: e.acknowledged.and_then(|acknowledged| acknowledged.by).map(AgentId::uuid),
            acknowledged_until: e.acknowledged.and_then(|acknowledged| acknowledged.until),
            answer: e.answer.as_deref(),
            answered_at: e.answered_at,
            declined_reason: e.declined_reason.as_deref(),
            note: e.note.as_deref(),
            followed_by: e.followed_by.map(EscalationId::uuid),
            updated_at: e.updated_at,
            version: e.version,
        }
    }
}

fn names(kinds: &[EvidenceKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

/// Adds hand-overs.
pub async fn insert(tx: &mut TenantTx, escalations: &[&Escalation]) -> Result<(), Error> {
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
            rule: &e.rule,
            matrix_version: e.matrix.as_deref(),
            origin: e.origin.map(Origin::as_str),
            automatic: e.automatic,
            reason: &e.reason,
            fallback: e.fallback.map(Persona::as_str),
            requested_by: e.requested_by.map(AgentId::uuid),
            requested_at: e.requested_at,
            acknowledge_within_seconds: e.acknowledge_within_seconds,
            follows: e.follows.map(EscalationId::uuid),
            state: StateColumns::from(*e),
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::escalation::insert
        insert into escalations (
            tenant_id, id, ticket_id, kind, persona, team, state, rule, matrix_version, origin, automatic, reason,
            required_context, missing_context, fallback, requested_by, requested_at, acknowledge_by,
            acknowledge_within_seconds, acknowledged_at, acknowledged_by, acknowledged_until, answer, answered_at,
            declined_reason, note, follows, followed_by, updated_at, version)
        select $1, id, ticket_id, kind, persona, team, state, rule, matrix_version, origin, automatic, reason,
            required_context, missing_context, fallback, requested_by, requested_at, acknowledge_by,
            acknowledge_within_seconds, acknowledged_at, acknowledged_by, acknowledged_until, answer, answered_at,
            declined_reason, note, follows, followed_by, updated_at, version
          from jsonb_to_recordset($2) as r(
            id uuid, ticket_id uuid, kind text, persona text, team text, state text, rule text, matrix_version text,
            origin text, automatic boolean, reason text, required_context text[], missing_context text[],
            fallback text, requested_by uuid, requested_at timestamptz, acknowledge_by timestamptz,
            acknowledge_within_seconds bigint, acknowledged_at timestamptz, acknowledged_by uuid,
            acknowledged_until timestamptz, answer text, answered_at timestamptz, declined_reason text, note text,
            follows uuid, followed_by uuid, updated_at timestamptz, version bigint)",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct ChangedRow<'a> {
    id: Uuid,
    #[serde(flatten)]
    state: StateColumns<'a>,
}

/// Writes hand-overs as their facts now say they are.
pub async fn update(tx: &mut TenantTx, escalations: &[&Escalation]) -> Result<(), Error> {
    if escalations.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> =
        escalations.iter().map(|e| ChangedRow { id: e.id.uuid(), state: StateColumns::from(*e) }).collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::escalation::update
        update escalations e set
            state = r.state, required_context = r.required_context, missing_context = r.missing_context,
            acknowledge_by = r.acknowledge_by, acknowledged_at = r.acknowledged_at,
            acknowledged_by = r.acknowledged_by, acknowledged_until = r.acknowledged_until, answer = r.answer,
            answered_at = r.answered_at, declined_reason = r.declined_reason, note = r.note,
            followed_by = r.followed_by, updated_at = r.updated_at, version = r.version
          from jsonb_to_recordset($2) as r(
            id uuid, state text, required_context text[], missing_context text[], acknowledge_by timestamptz,
            acknowledged_at timestamptz, acknowledged_by uuid, acknowledged_until timestamptz, answer text,
            answered_at timestamptz, declined_reason text, note text, followed_by uuid, updated_at timestamptz,
            version bigint)
         where e.tenant_id = $1 and e.id = r.id",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .execute(tx.connection())
    .await?;
    Ok(())
}

const COLUMNS: &str = "
    id, ticket_id, kind, persona, team, state, rule, matrix_version, origin, automatic, reason, required_context,
    missing_context, fallback, requested_by, requested_at, acknowledge_by, acknowledge_within_seconds,
    acknowledged_at, acknowledged_by, acknowledged_until, answer, answered_at, declined_reason, note, follows,
    followed_by, updated_at, version";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    ticket_id: Uuid,
    kind: String,
    persona: String,
    team: String,
    state: String,
    rule: String,
    matrix_version: Option<String>,
    origin: Option<String>,
    automatic: bool,
    reason: String,
    required_context: Vec<String>,
    missing_context: Vec<String>,
    fallback: Option<String>,
    requested_by: Option<Uuid>,
    requested_at: jiff_sqlx::Timestamp,
    acknowledge_by: jiff_sqlx::Timestamp,
    acknowledge_within_seconds: Option<i64>,
    acknowledged_at: Option<jiff_sqlx::Timestamp>,
    acknowledged_by: Option<Uuid>,
    acknowledged_until: Option<jiff_sqlx::Timestamp>,
    answer: Option<String>,
    answered_at: Option<jiff_sqlx::Timestamp>,
    declined_reason: Option<String>,
    note: Option<String>,
    follows: Option<Uuid>,
    followed_by: Option<Uuid>,
    updated_at: jiff_sqlx::Timestamp,
    version: i64,
}

impl TryFrom<Row> for Escalation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let (requested_at, acknowledge_by) = (row.requested_at.to_jiff(), row.acknowledge_by.to_jiff());
        let instant = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        let (until, by) = (instant(row.acknowledged_until), row.acknowledged_by.map(AgentId::new));
        let first_target = acknowledge_by.duration_since(requested_at).as_secs();
        Ok(Self {
            id: EscalationId::new(row.id),
            ticket: TicketId::new(row.ticket_id),
            kind: word(TABLE, &row.kind)?,
            persona: word(TABLE, &row.persona)?,
            team: row.team,
            state: word(TABLE, &row.state)?,
            rule: row.rule,
            matrix: row.matrix_version,
            origin: optional_word(TABLE, row.origin.as_deref())?,
            automatic: row.automatic,
            reason: row.reason,
            required_context: words(TABLE, &row.required_context)?,
            missing_context: words(TABLE, &row.missing_context)?,
            fallback: optional_word(TABLE, row.fallback.as_deref())?,
            requested_by: row.requested_by.map(AgentId::new),
            requested_at,
            acknowledge_by,
            acknowledge_within_seconds: row.acknowledge_within_seconds.unwrap_or(first_target),
            acknowledged: instant(row.acknowledged_at).map(|at| Acknowledged { at, by, until }),
            answer: row.answer,
            answered_at: instant(row.answered_at),
            declined_reason: row.declined_reason,
            note: row.note,
            follows: row.follows.map(EscalationId::new),
            followed_by: row.followed_by.map(EscalationId::new),
            updated_at: row.updated_at.to_jiff(),
            version: row.version,
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

/// Hand-overs that fit after `after`, oldest first, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    search: &EscalationSearch,
    after: Option<EscalationId>,
    limit: i64,
) -> Result<Vec<Escalation>, Error> {
    let tenant = read.tenant().uuid();
    let states: Vec<&str> = search.state.iter().map(|state| state.as_str()).collect();
    let personas: Vec<&str> = search.persona.iter().map(|persona| persona.as_str()).collect();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "-- store::escalation::list
        select {COLUMNS} from escalations
         where tenant_id = $1 and ($2::uuid is null or ticket_id = $2) and ($3::uuid is null or id > $3)
           and (cardinality($4::text[]) = 0 or state = any($4))
           and (cardinality($5::text[]) = 0 or persona = any($5))
           and (cardinality($6::text[]) = 0 or team = any($6))
         order by id limit $7"
    )))
    .bind(tenant)
    .bind(search.ticket.map(TicketId::uuid))
    .bind(after.map(EscalationId::uuid))
    .bind(states)
    .bind(personas)
    .bind(&search.team)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Escalation::try_from).collect()
}
