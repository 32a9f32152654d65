//! New tickets as rows: their numbers, and all that each is made of at once.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::{Query, QueryAs};
use sqlx::types::Json;

use super::error::Error;
use super::history::{self, APPENDED};
use super::kpi::delta::Hours;
use super::kpi::entry::{self, Change, ENTERED};
use super::ladder::{AVAILABLE, DirectoryRow, REACHED};
use super::part::numbered;
use super::requester::{Found, PEOPLE};
use super::row::{column, instant};
use super::tenancy::TenantTx;
use super::ticket::StateColumns;
use super::{clock, ladder, message, requester, timer};
use crate::domain::escalation::ladder::Directory;
use crate::domain::id::{AgentId, RequesterId, TicketId};
use crate::domain::ticket::Event;
use crate::domain::ticket::record::{Message, Record, Requester};
use crate::domain::timer::Timer;

/// A new ticket.
pub struct New<'a> {
    /// The ticket, with its clocks and the plan of its ladders.
    pub record: &'a Record,
    /// Its messages, the one that it is opened with first; each with the requester
    /// who wrote it, if one did.
    pub messages: Vec<(&'a Message, Option<RequesterId>)>,
}

/// New tickets with all that is written when they are opened.
#[derive(Default)]
pub struct Opening<'a> {
    /// The tickets.
    pub tickets: Vec<New<'a>>,
    /// What happened to them, to be told later.
    pub events: Vec<(TicketId, &'a Event)>,
    /// What they contribute to KPIs.
    pub entries: &'a [Change],
    /// What is due on them later, one of a kind at most; as they are new, none is set.
    pub timers: &'a [Timer],
}

struct NewRow<'a> {
    record: &'a Record,
    body: &'a str,
    state: StateColumns<'a>,
}

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;
pub(super) type Question<'q, R> = QueryAs<'q, Postgres, R, PgArguments>;

/// Makes the rows of tickets. Lists within a row come as JSON or as one text: arrays
/// of arrays would be taken apart to the last word.
const MADE: &str = "
    made as (
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
          from unnest($?::uuid[], $?::bigint[], $?::uuid[], $?::text[], $?::text[], $?::text[], $?::text[], $?::jsonb[],
            $?::text[], $?::jsonb[], $?::jsonb[], $?::text[], $?::text[],
            $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[],
            $?::timestamptz[], $?::text[], $?::text[], $?::boolean[], $?::text[], $?::uuid[], $?::text[],
            $?::boolean[], $?::text[], $?::integer[], $?::text[], $?::boolean[], $?::uuid[],
            $?::integer[], $?::integer[], $?::integer[], $?::text[], $?::timestamptz[], $?::timestamptz[],
            $?::timestamptz[], $?::timestamptz[], $?::timestamptz[], $?::bigint[])
            as g(id, number, requester_id, subject, service, external_ref, dedup_key, custom, language, triage, tags,
            required_context, body, type, channel, status, category, severity, impact, priority, raised_priority,
            raised_at, raised_step, scope, needs_review, team, agent_id, persona, restricted, policy, policy_version,
            sla_version, opened_by_agent, follow_up_of, occurrences, escalations, reopen_count, resolution,
            first_resolved_at, resolved_at, closed_at, created_at, updated_at, version)
    )";

/// Makes what they come with: messages, clocks, plans of ladders, timers.
const EQUIPPED: &str = "
    said as (
        insert into messages (
            tenant_id, id, ticket_id, visibility, author, purpose, agent_id, requester_id, body, created_at)
        select $1, g.* from unnest($?::uuid[], $?::uuid[], $?::text[], $?::text[], $?::text[], $?::uuid[],
            $?::uuid[], $?::text[], $?::timestamptz[]) as g
    ), promised as (
        insert into sla_clocks (
            tenant_id, ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at, late_after,
            stopped_at, breached_at, breach_at, business_seconds, elapsed_seconds)
        select $1, g.* from unnest($?::uuid[], $?::text[], $?::integer[], $?::text[], $?::bigint[], $?::text[],
            $?::timestamptz[], $?::timestamptz[], $?::timestamptz[], $?::timestamptz[], $?::timestamptz[],
            $?::timestamptz[], $?::bigint[], $?::bigint[]) as g
    ), to_climb as (
        insert into ladder_plans (tenant_id, ticket_id, items)
        select $1, g.* from unnest($?::uuid[], $?::jsonb[]) as g
    ), timed as (
        insert into timers (tenant_id, kind, subject, due_at, ready_at)
        select $1, kind, subject, due_at, due_at
          from unnest($?::text[], $?::uuid[], $?::timestamptz[]) as g(kind, subject, due_at)
    )";

static INSERT: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::opening::insert
        with {MADE}, {EQUIPPED}, {APPENDED}, {ENTERED}
        select"
    ))
});

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

/// What is asked before tickets are opened.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// How many tickets there will be.
    pub count: usize,
    /// Who asks for help.
    pub people: &'a [Requester],
    /// Whom ladders name.
    pub named: &'a [AgentId],
    /// The present instant.
    pub now: Timestamp,
}

/// What new tickets begin with.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// Numbers for people, one for each; unique, with gaps.
    pub numbers: Vec<i64>,
    /// Which edits of the rules are in force.
    pub revisions: Revisions,
    /// Who of those who ask is known.
    pub found: Found,
    /// Who can be reached, as of those who were named.
    pub directory: Directory,
}

#[derive(sqlx::FromRow)]
struct BeginningRow {
    numbers: Vec<i64>,
    #[sqlx(flatten)]
    revisions: Revisions,
    #[sqlx(json)]
    found: Found,
    #[sqlx(flatten)]
    directory: DirectoryRow,
}

static BEGIN: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::opening::begin
        with {AVAILABLE}
        select {REACHED},
               (select coalesce(jsonb_agg(jsonb_build_array(r.id, r.email, r.name) order by g.place), '[]')
                  {PEOPLE}) as found,
               draw_ticket_numbers($?) as numbers,
               coalesce((select revision from sla_books where tenant_id = $1), 0) as sla,
               coalesce((select version from escalation_matrices where tenant_id = $1
                          order by version desc limit 1), 0) as matrix,
               coalesce((select version from escalation_policies where tenant_id = $1
                          order by version desc limit 1), 0) as ladders"
    ))
});

/// What new tickets begin with, in one statement.
pub async fn begin(tx: &mut TenantTx, asked: &Asked<'_>) -> Result<Beginning, Error> {
    let people = requester::NewRow::all(asked.people);
    let tenant = tx.tenant().uuid();
    let statement = sqlx::query_as(BEGIN.as_str()).bind(tenant);
    let statement = requester::bind(ladder::ask(statement, asked.named, asked.now), &people);
    let row: BeginningRow =
        statement.bind(i32::try_from(asked.count).unwrap_or(i32::MAX)).fetch_one(tx.connection()).await?;
    let BeginningRow { numbers, revisions, found, directory } = row;
    Ok(Beginning { numbers, revisions, found, directory: directory.try_into()? })
}

/// Adds tickets with all that each begins with, and the text it is searched by, in
/// one statement: each one more would cost all of them a way to the server.
pub async fn insert(tx: &mut TenantTx, opening: &Opening<'_>) -> Result<(), Error> {
    let Opening { tickets, events, entries, timers } = opening;
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
    let events = history::NewRow::all(events)?;
    let (entries, hours) = (entry::NewRow::all(entries), Hours::of(entries)?);
    let tenant = tx.tenant().uuid();
    let statement = bind_content(sqlx::query(INSERT.as_str()).bind(tenant), &rows);
    let statement = bind_past(bind_state(statement, &rows), &rows);
    let statement = clock::bind(message::bind(statement, &messages), &clocks);
    let statement = timer::bind(ladder::bind(statement, &plans), timers);
    let statement = entry::bind(history::bind(statement, &events, true), &entries, hours);
    statement.execute(tx.connection()).await?;
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
