//! What waits to be resolved, counted.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::FromRow;

use crate::domain::kpi::{Age, Filter, Part, STEPS, Waiting};
use crate::store::error::Error;
use crate::store::row::word;
use crate::store::tenancy::TenantRead;

const TABLE: &str = "tickets";

#[derive(FromRow)]
struct Row {
    priority: String,
    category: String,
    team: String,
    channel: String,
    r#type: String,
    status: String,
    age: i32,
    n: i64,
}

impl TryFrom<Row> for Waiting {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let age = usize::try_from(row.age).ok().and_then(|age| Age::ALL.get(age));
        Ok(Self {
            part: Part {
                priority: Some(word(TABLE, &row.priority)?),
                category: Some(word(TABLE, &row.category)?),
                team: Some(row.team),
                channel: Some(word(TABLE, &row.channel)?),
                ticket_type: Some(word(TABLE, &row.r#type)?),
            },
            status: word(TABLE, &row.status)?,
            age: *age.ok_or_else(|| Error::bad_row(TABLE, "an age that there is not"))?,
            n: row.n.unsigned_abs(),
        })
    }
}

/// The unresolved tickets that fit, as old as they are at `now`.
pub async fn count(read: &mut TenantRead, filter: &Filter, now: Timestamp) -> Result<Vec<Waiting>, Error> {
    let tenant = read.tenant().uuid();
    let Filter { priority, category, team, channel, ticket_type } = filter;
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::kpi::waiting::count
        select w.*, count(*) as n from (
            select least(t.priority, t.raised_priority) as priority, t.category, t.team, t.channel, t.type, t.status,
                   (select count(*)::integer from unnest($7::bigint[]) as step
                     where t.created_at <= $8 - make_interval(hours => step::integer)) as age
              from tickets t
             where t.tenant_id = $1 and t.status in ('new', 'open', 'pending', 'on_hold') and t.merged_into is null
               and (cardinality($2) = 0 or least(t.priority, t.raised_priority) = any($2))
               and (cardinality($3) = 0 or t.category = any($3)) and (cardinality($4) = 0 or t.team = any($4))
               and (cardinality($5) = 0 or t.channel = any($5)) and (cardinality($6) = 0 or t.type = any($6))) as w
         group by priority, category, team, channel, type, status, age",
    )
    .bind(tenant)
    .bind(priority.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(category.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(team.clone())
    .bind(channel.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(ticket_type.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    .bind(STEPS.to_vec())
    .bind(now.to_sqlx())
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Waiting::try_from).collect()
}
