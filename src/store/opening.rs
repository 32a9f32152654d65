//! New tickets as rows: their numbers, and all that each is made of at once.

use jiff_sqlx::ToSqlx as _;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;

use super::error::Error;
use super::row::{column, instant};
use super::tenancy::TenantTx;
use super::ticket::StateColumns;
use super::{clock, ladder, message};
use crate::domain::id::RequesterId;
use crate::domain::ticket::record::{Message, Record};

/// A new ticket.
pub struct New<'a> {
    /// The ticket, with its clocks and the plan of its ladders.
    pub record: &'a Record,
    /// Its messages, the one that it is opened with first; each with the requester
    /// who wrote it, if one did.
    pub messages: Vec<(&'a Message, Option<RequesterId>)>,
}

struct NewRow<'a> {
    record: &'a Record,
    body: &'a str,
    state: StateColumns<'a>,
}

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Lists within a row come as JSON or as one text: arrays of arrays would be
/// taken apart to the last word.
const INSERT: &str = "-- store::opening::insert
    with said as (
        insert into messages (
            tenant_id, id, ticket_id, visibility, author, purpose, agent_id, requester_id, body, created_at)
        select $1, g.* from unnest($46::uuid[], $47::uuid[], $48::text[], $49::text[], $50::text[], $51::uuid[],
            $52::uuid[], $53::text[], $54::timestamptz[]) as g
    ), promised as (
        insert into sla_clocks (
            tenant_id, ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at, late_after,
            stopped_at, breached_at, breach_at, business_seconds, elapsed_seconds)
        select $1, g.* from unnest($55::uuid[], $56::text[], $57::integer[], $58::text[], $59::bigint[], $60::text[],
            $61::timestamptz[], $62::timestamptz[], $63::timestamptz[], $64::timestamptz[], $65::timestamptz[],
            $66::timestamptz[], $67::bigint[], $68::bigint[]) as g
    ), to_climb as (
        insert into ladder_plans (tenant_id, ticket_id, items)
        select $1, g.* from unnest($69::uuid[], $70::jsonb[]) as g
    )
    insert into tickets (
        tenant_id, id, number, requester_id, subject, service, external_ref, dedup_key, custom, language, triage,
        type, channel, status, category, severity, impact, priority, raised_priority, raised_at, raised_step,
        scope, needs_review, team, agent_id, persona, restricted, policy, policy_version, sla_version,
        opened_by_agent, follow_up_of, occurrences, escalations, reopen_count, resolution,
        first_resolved_at, resolved_at, closed_at, created_at, updated_at, version, tags, required_context, search)
    select $1, id, number, requester_id, subject, service, external_ref, dedup_key, custom, language, triage,
        type, channel, status, category, severity, impact, priority, raised_priority, raised_at, raised_step,
        scope, needs_review, team, agent_id, persona, restricted, policy, policy_version, sla_version,
        opened_by_agent, follow_up_of, occurrences, escalations, reopen_count, resolution,
        first_resolved_at, resolved_at, closed_at, created_at, updated_at, version,
        array(select jsonb_array_elements_text(tags)), string_to_array(required_context, ','),
        setweight(to_tsvector('english', subject), 'A') || to_tsvector('english', left(body, 100000))
      from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
        $10::text[], $11::jsonb[], $12::jsonb[], $13::text[], $14::text[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
        $23::timestamptz[], $24::text[], $25::text[], $26::boolean[], $27::text[], $28::uuid[], $29::text[],
        $30::boolean[], $31::text[], $32::integer[], $33::text[], $34::boolean[], $35::uuid[],
        $36::integer[], $37::integer[], $38::integer[], $39::text[], $40::timestamptz[], $41::timestamptz[],
        $42::timestamptz[], $43::timestamptz[], $44::timestamptz[], $45::bigint[])
        as g(id, number, requester_id, subject, service, external_ref, dedup_key, custom, language, triage, tags,
        required_context, body, type, channel, status, category, severity, impact, priority, raised_priority,
        raised_at, raised_step, scope, needs_review, team, agent_id, persona, restricted, policy, policy_version,
        sla_version, opened_by_agent, follow_up_of, occurrences, escalations, reopen_count, resolution,
        first_resolved_at, resolved_at, closed_at, created_at, updated_at, version)";

/// Which edits of its rules are in force for a tenant: the number of the newest
/// edit of each; 0: there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Revisions {
    /// Of what is promised.
    pub sla: i64,
    /// Of the escalation matrix.
    pub matrix: i32,
    /// Of the policies of ladders.
    pub ladders: i32,
}

/// What new tickets begin with.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Beginning {
    /// Numbers for people, one for each; unique, with gaps.
    pub numbers: Vec<i64>,
    /// Which edits of the rules are in force.
    #[sqlx(flatten)]
    pub revisions: Revisions,
}

/// What `count` new tickets begin with, in one statement.
pub async fn begin(tx: &mut TenantTx, count: usize) -> Result<Beginning, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_as(
        "-- store::opening::begin
        select array(select nextval('ticket_number') from generate_series(1, $2)) as numbers,
               coalesce((select revision from sla_books where tenant_id = $1), 0) as sla,
               coalesce((select version from escalation_matrices where tenant_id = $1
                          order by version desc limit 1), 0) as matrix,
               coalesce((select version from escalation_policies where tenant_id = $1
                          order by version desc limit 1), 0) as ladders",
    )
    .bind(tenant)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_one(tx.connection())
    .await?)
}

/// Adds tickets with their messages, clocks and plans, each with the text it is
/// searched by: a statement more would cost all of them a way to the server.
pub async fn insert(tx: &mut TenantTx, tickets: &[New<'_>]) -> Result<(), Error> {
    let rows: Vec<_> = tickets
        .iter()
        .map(|New { record, messages }| {
            let body = messages.first().map_or("", |(message, _)| message.body.as_str());
            NewRow { record, body, state: StateColumns::from(&record.state) }
        })
        .collect();
    let messages: Vec<_> = tickets.iter().flat_map(|new| new.messages.iter().copied()).collect();
    let clocks: Vec<_> = tickets.iter().map(|new| (new.record.id, new.record.clocks.as_slice())).collect();
    let clocks = clock::NewRow::all(&clocks);
    let plans: Vec<_> = tickets.iter().map(|new| (new.record.id, new.record.plan.as_slice())).collect();
    let tenant = tx.tenant().uuid();
    let statement = bind_content(sqlx::query(INSERT).bind(tenant), &rows);
    let statement = bind_past(bind_state(statement, &rows), &rows);
    let statement = clock::bind(message::bind(statement, &messages), &clocks);
    ladder::bind(statement, &plans).execute(tx.connection()).await?;
    Ok(())
}

fn bind_content<'q>(statement: Statement<'q>, rows: &[NewRow<'q>]) -> Statement<'q> {
    let text = |read: fn(&Record) -> Option<&String>| {
        rows.iter().map(|row| read(row.record).map(String::as_str)).collect::<Vec<_>>()
    };
    let context = |row: &NewRow<'_>| {
        row.record.required_context.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
    };
    statement
        .bind(column(rows, |row| row.record.id.uuid()))
        .bind(column(rows, |row| row.record.number))
        .bind(column(rows, |row| row.record.requester.id.uuid()))
        .bind(column(rows, |row| row.record.subject.as_str()))
        .bind(text(|record| record.service.as_ref()))
        .bind(text(|record| record.external_ref.as_ref()))
        .bind(text(|record| record.dedup_key.as_ref()))
        .bind(column(rows, |row| Json(&row.record.custom)))
        .bind(column(rows, |row| row.record.language.as_str()))
        .bind(column(rows, |row| Json(&row.record.triage)))
        .bind(column(rows, |row| Json(row.record.tags.as_slice())))
        .bind(column(rows, context))
        .bind(column(rows, |row| row.body))
}

/// What they are.
fn bind_state<'q>(statement: Statement<'q>, rows: &[NewRow<'q>]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.state.r#type))
        .bind(column(rows, |row| row.state.channel))
        .bind(column(rows, |row| row.state.status))
        .bind(column(rows, |row| row.state.category))
        .bind(column(rows, |row| row.state.severity))
        .bind(column(rows, |row| row.state.impact))
        .bind(column(rows, |row| row.state.priority))
        .bind(column(rows, |row| row.state.raised_priority))
        .bind(column(rows, |row| instant(row.state.raised_at)))
        .bind(column(rows, |row| row.state.raised_step))
        .bind(column(rows, |row| row.state.scope))
        .bind(column(rows, |row| row.state.needs_review))
        .bind(column(rows, |row| row.state.team))
        .bind(column(rows, |row| row.state.agent_id))
        .bind(column(rows, |row| row.state.persona))
        .bind(column(rows, |row| row.state.restricted))
        .bind(column(rows, |row| row.state.policy))
        .bind(column(rows, |row| row.state.policy_version))
        .bind(column(rows, |row| row.state.sla_version))
        .bind(column(rows, |row| row.state.opened_by_agent))
}

/// What has become of them so far.
fn bind_past<'q>(statement: Statement<'q>, rows: &[NewRow<'q>]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.state.follow_up_of))
        .bind(column(rows, |row| row.state.occurrences))
        .bind(column(rows, |row| row.state.escalations))
        .bind(column(rows, |row| row.state.reopen_count))
        .bind(column(rows, |row| row.state.resolution))
        .bind(column(rows, |row| instant(row.state.first_resolved_at)))
        .bind(column(rows, |row| instant(row.state.resolved_at)))
        .bind(column(rows, |row| instant(row.state.closed_at)))
        .bind(column(rows, |row| row.state.created_at.to_sqlx()))
        .bind(column(rows, |row| row.state.updated_at.to_sqlx()))
        .bind(column(rows, |row| row.state.version))
}
