//! The tickets behind a number.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow, Postgres};

use crate::domain::kpi::{Behind, Counted, Exclusion, Filter, Marks, Measure, Outcome, Question, Range};
use crate::domain::search::Position;
use crate::domain::ticket::record::Record;
use crate::store::error::Error;
use crate::store::record::{self, COLUMNS, PEOPLE};
use crate::store::row::optional_word;
use crate::store::tenancy::TenantRead;

const TABLE: &str = "kpi_entries";

#[derive(FromRow)]
struct Placed {
    place: jiff_sqlx::Timestamp,
    times: i64,
    left_out: Option<String>,
    decision: Option<i16>,
    #[sqlx(flatten)]
    row: record::Row,
}

const FILTER: &str = "
       and (cardinality($2) = 0 or k.priority = any($2)) and (cardinality($3) = 0 or k.category = any($3))
       and (cardinality($4) = 0 or k.team = any($4)) and (cardinality($5) = 0 or k.channel = any($5))
       and (cardinality($6) = 0 or k.type = any($6))";

/// The tickets behind a number, by the instant at which they first count, after
/// a position, `limit` at most.
pub async fn tickets(
    read: &mut TenantRead,
    behind: &Behind,
    (from, to): Range,
    question: &Question,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Counted>, Error> {
    let column = |measure| match measure {
        Measure::Business => "k.business",
        Measure::Elapsed => "k.elapsed",
    };
    let measured = behind.measured.map(|one| format!(" and {} is not null", column(one)));
    let measured = measured.unwrap_or_default();
    let unmeasured = behind.unmeasured.map(|one| format!("k.excluded is null and {} is null", column(one)));
    let unmeasured = unmeasured.unwrap_or_else(|| "false".to_owned());
    let mut text = format!(
        "-- store::kpi::drill::tickets
        with entry as (
            select k.ticket_id, k.at, case when {unmeasured} then 'without_promise' else k.excluded end as excluded,
                   case when k.kind = 'decided' then k.marks end as decision,
                   case when $14::smallint[] is null then 1
                        else (select count(*) from unnest($14) as mark where k.marks & mark = mark) end as times
              from kpi_entries k
             where k.tenant_id = $1 and k.at >= $8 and k.at < $9 and k.kind = any($10)
               and ($11 and k.excluded is null or k.excluded = any($12) or {unmeasured})
               and ($13::smallint[] is null or k.marks = any($13)) and k.marks & $15 = 0{measured}{FILTER}
        ), counted as (
            select ticket_id, min(at) as at, sum(times)::bigint as times, min(excluded) as excluded,
                   min(decision) as decision
              from entry where times > 0 group by ticket_id)
        select k.at as place, k.times, k.excluded as left_out, k.decision, {COLUMNS}
          from tickets t {PEOPLE}
          join counted k on k.ticket_id = t.id
         where t.tenant_id = $1"
    );
    if after.is_some() {
        text.push_str(" and (k.at, t.id) > ($16, $17)");
    }
    text.push_str(" order by k.at, t.id limit $7");
    let numbers = |marks: &Option<Vec<Marks>>| {
        marks.as_ref().map(|marks| marks.iter().map(|one| one.0).collect::<Vec<_>>())
    };
    let query = filtered(read, text, &question.filter, limit)
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .bind(behind.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
        .bind(behind.unless_left_out)
        .bind(behind.left_out.iter().map(|reason| reason.as_str()).collect::<Vec<_>>())
        .bind(numbers(&behind.marks))
        .bind(numbers(&behind.each))
        .bind(behind.without.0);
    placed(read, query, after).await
}

/// The tickets that wait to be resolved, oldest first.
pub async fn waiting(
    read: &mut TenantRead,
    question: &Question,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Counted>, Error> {
    let mut text = format!(
        "-- store::kpi::drill::waiting
        select t.created_at as place, 1::bigint as times, null::text as left_out, null::smallint as decision, {COLUMNS}
          from tickets t {PEOPLE}
         where t.tenant_id = $1 and t.status in ('new', 'open', 'pending', 'on_hold') and t.merged_into is null{}",
        FILTER.replace("k.priority", "least(t.priority, t.raised_priority)").replace("k.", "t.")
    );
    if after.is_some() {
        text.push_str(" and (t.created_at, t.id) > ($8, $9)");
    }
    text.push_str(" order by t.created_at, t.id limit $7");
    let query = filtered(read, text, &question.filter, limit);
    placed(read, query, after).await
}

/// Binds `$1` to `$7`.
fn filtered<'q>(
    read: &TenantRead,
    text: String,
    filter: &Filter,
    limit: i64,
) -> QueryAs<'q, Postgres, Placed, PgArguments> {
    let Filter { priority, category, team, channel, ticket_type } = filter;
    sqlx::query_as(AssertSqlSafe(text))
        .bind(read.tenant().uuid())
        .bind(priority.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(category.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(team.clone())
        .bind(channel.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(ticket_type.iter().map(|word| word.as_str()).collect::<Vec<_>>())
        .bind(limit)
}

async fn placed(
    read: &mut TenantRead,
    mut query: QueryAs<'_, Postgres, Placed, PgArguments>,
    after: Option<&Position>,
) -> Result<Vec<Counted>, Error> {
    if let Some(position) = after {
        query = query.bind(position.at.to_sqlx()).bind(position.id.uuid());
    }
    let (mut places, mut rows) = (Vec::new(), Vec::new());
    for placed in query.fetch_all(read.connection()).await? {
        let Placed { place, times, left_out, decision, row } = placed;
        let reason = optional_word(TABLE, left_out.as_deref())?;
        let outcome = decision.and_then(|marks| Marks(marks).decision()).map(|(_, _, outcome)| outcome);
        places.push((place.to_jiff(), times, reason.or(outcome.and_then(Outcome::exclusion))));
        rows.push(row);
    }
    let records = record::complete(read, rows).await?;
    let counted = |((at, times, left_out), record): ((Timestamp, i64, Option<Exclusion>), Record)| Counted {
        position: Position { at, id: record.id },
        times: u64::try_from(times).unwrap_or_default(),
        left_out,
        record,
    };
    Ok(places.into_iter().zip(records).map(counted).collect())
}
