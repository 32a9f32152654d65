//! The tickets behind a number.

use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow, Postgres};

use crate::domain::kpi::{EntryKind, Exclusion, Filter, Measure, Question, Range};
use crate::domain::search::Position;
use crate::domain::ticket::record::Record;
use crate::store::error::Error;
use crate::store::record::{self, COLUMNS, SOURCES};
use crate::store::tenancy::TenantRead;

/// Which entries are the n of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Of which kind.
    pub kind: EntryKind,
    /// Those that are left out for one of these reasons are of it too.
    pub but: Vec<Exclusion>,
    /// With one of these marks; none: with any.
    pub marks: Option<Vec<i16>>,
    /// Only those of which this is measured; none: all.
    pub measured: Option<Measure>,
}

#[derive(FromRow)]
struct Placed {
    place: jiff_sqlx::Timestamp,
    #[sqlx(flatten)]
    row: record::Row,
}

const FILTER: &str = "
       and (cardinality($2) = 0 or k.priority = any($2)) and (cardinality($3) = 0 or k.category = any($3))
       and (cardinality($4) = 0 or k.team = any($4)) and (cardinality($5) = 0 or k.channel = any($5))
       and (cardinality($6) = 0 or k.type = any($6))";

/// The tickets that count for a number, by the instant at which they do, after
/// a position, `limit` at most.
pub async fn tickets(
    read: &mut TenantRead,
    behind: &Behind,
    (from, to): Range,
    question: &Question,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<(Position, Record)>, Error> {
    let measured = match behind.measured {
        Some(Measure::Business) => " and k.business is not null",
        Some(Measure::Elapsed) => " and k.elapsed is not null",
        None => "",
    };
    let mut text = format!(
        "-- store::kpi::drill::tickets
        with counted as (
            select k.ticket_id, min(k.at) as at from kpi_entries k
             where k.tenant_id = $1 and k.at >= $8 and k.at < $9 and k.kind = $10
               and (k.excluded is null or k.excluded = any($11)) and ($12::smallint[] is null or k.marks = any($12)){measured}{FILTER}
             group by k.ticket_id)
        select k.at as place, {COLUMNS}
          from {SOURCES}
          join counted k on k.ticket_id = t.id
         where t.tenant_id = $1"
    );
    if after.is_some() {
        text.push_str(" and (k.at, t.id) > ($13, $14)");
    }
    text.push_str(" order by k.at, t.id limit $7");
    let query = filtered(read, text, &question.filter, limit)
        .bind(from.to_sqlx())
        .bind(to.to_sqlx())
        .bind(behind.kind.as_str())
        .bind(behind.but.iter().map(|reason| reason.as_str()).collect::<Vec<_>>())
        .bind(behind.marks.clone());
    placed(read, query, after).await
}

/// The tickets that wait to be resolved, oldest first.
pub async fn waiting(
    read: &mut TenantRead,
    question: &Question,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<(Position, Record)>, Error> {
    let mut text = format!(
        "-- store::kpi::drill::waiting
        select t.created_at as place, {COLUMNS}
          from {SOURCES}
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
) -> Result<Vec<(Position, Record)>, Error> {
    if let Some(position) = after {
        query = query.bind(position.at.to_sqlx()).bind(position.id.uuid());
    }
    let rows = query.fetch_all(read.connection()).await?;
    let (places, rows): (Vec<_>, Vec<_>) = rows.into_iter().map(|placed| (placed.place, placed.row)).unzip();
    let records = record::complete(read, rows).await?;
    let position = |(place, record): (jiff_sqlx::Timestamp, Record)| {
        (Position { at: place.to_jiff(), id: record.id }, record)
    };
    Ok(places.into_iter().zip(records).map(position).collect())
}
