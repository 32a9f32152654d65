//! New tickets as rows: their numbers, and all of their columns at once.

use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;

use super::error::Error;
use super::row::{column, instant};
use super::tenancy::TenantTx;
use super::ticket::{StateColumns, triage_column};
use crate::domain::ticket::record::Record;

struct NewRow<'a> {
    record: &'a Record,
    body: &'a str,
    triage: Json<Value>,
    state: StateColumns,
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Numbers for people, one for each of `count` new tickets; unique, with gaps.
pub async fn numbers(tx: &mut TenantTx, count: usize) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar(
        "-- store::opening::numbers
        select nextval('ticket_number') from generate_series(1, $1)",
    )
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_all(tx.connection())
    .await?)
}

/// Adds tickets, each with the text it is searched by.
pub async fn insert(tx: &mut TenantTx, tickets: &[(&Record, &str)]) -> Result<(), Error> {
    let rows = tickets
        .iter()
        .map(|(record, body)| {
            let triage = Json(triage_column(record)?);
            Ok(NewRow { record, body, triage, state: StateColumns::from(&record.state) })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let tenant = tx.tenant().uuid();
    // Lists within a row come as JSON or as one text: arrays of arrays would be
    // taken apart to the last word.
    let statement = sqlx::query(
        "-- store::opening::insert
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
            first_resolved_at, resolved_at, closed_at, created_at, updated_at, version)",
    );
    let statement = bind_content(statement.bind(tenant), &rows);
    bind_past(bind_state(statement, &rows), &rows).execute(tx.connection()).await?;
    Ok(())
}

fn bind_content<'q>(statement: Statement<'q>, rows: &[NewRow<'_>]) -> Statement<'q> {
    let text = |read: fn(&Record) -> Option<&String>| {
        rows.iter().map(|row| read(row.record).cloned()).collect::<Vec<_>>()
    };
    let context = |row: &NewRow<'_>| {
        row.record.required_context.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
    };
    statement
        .bind(column(rows, |row| row.record.id.uuid()))
        .bind(column(rows, |row| row.record.number))
        .bind(column(rows, |row| row.record.requester.id.uuid()))
        .bind(column(rows, |row| row.record.subject.clone()))
        .bind(text(|record| record.service.as_ref()))
        .bind(text(|record| record.external_ref.as_ref()))
        .bind(text(|record| record.dedup_key.as_ref()))
        .bind(column(rows, |row| Json(row.record.custom.clone())))
        .bind(column(rows, |row| row.record.language.clone()))
        .bind(column(rows, |row| row.triage.clone()))
        .bind(column(rows, |row| Json(row.record.tags.clone())))
        .bind(column(rows, context))
        .bind(column(rows, |row| row.body.to_owned()))
}

/// What they are.
fn bind_state<'q>(statement: Statement<'q>, rows: &[NewRow<'_>]) -> Statement<'q> {
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
        .bind(column(rows, |row| row.state.raised_step.clone()))
        .bind(column(rows, |row| row.state.scope))
        .bind(column(rows, |row| row.state.needs_review))
        .bind(column(rows, |row| row.state.team.clone()))
        .bind(column(rows, |row| row.state.agent_id))
        .bind(column(rows, |row| row.state.persona))
        .bind(column(rows, |row| row.state.restricted))
        .bind(column(rows, |row| row.state.policy.clone()))
        .bind(column(rows, |row| row.state.policy_version))
        .bind(column(rows, |row| row.state.sla_version.clone()))
        .bind(column(rows, |row| row.state.opened_by_agent))
}

/// What has become of them so far.
fn bind_past<'q>(statement: Statement<'q>, rows: &[NewRow<'_>]) -> Statement<'q> {
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
