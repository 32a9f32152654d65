//! Lists and search of tickets.

use sqlx::{Postgres, QueryBuilder};

use super::error::Error;
use super::record::{COLUMNS, Row, SOURCES, complete};
use super::tenancy::TenantRead;
use crate::domain::search::{Position, Search, Sort};
use crate::domain::ticket::record::Record;

/// Tickets that fit, after a position, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    search: &Search,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let rows = match &search.text {
        Some(text) => {
            become_searcher(read, text).await?;
            let rows = found(read, search, after, limit).await?;
            sqlx::raw_sql("-- store::search::done\nrollback to savepoint searching")
                .execute(read.connection())
                .await?;
            rows
        }
        None => found(read, search, after, limit).await?,
    };
    complete(read, rows).await
}

/// Lets the index of words be used: it may by the policy of a role that is shown
/// nothing but what is searched for. Until the transaction returns to where it was.
async fn become_searcher(read: &mut TenantRead, text: &str) -> Result<(), Error> {
    sqlx::raw_sql("-- store::search::begin\nsavepoint searching").execute(read.connection()).await?;
    sqlx::query(
        "-- store::search::become_searcher
        select set_config('app.search', $1, true), set_config('app.number', $2, true),
               set_config('role', 'support_search', true)",
    )
    .bind(text)
    .bind(number(text).map_or_else(String::new, |number| number.to_string()))
    .execute(read.connection())
    .await?;
    Ok(())
}

/// The number of a ticket that words are.
fn number(text: &str) -> Option<i64> {
    text.trim().trim_start_matches('#').parse().ok()
}

async fn found(
    read: &mut TenantRead,
    search: &Search,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let mut query = QueryBuilder::<Postgres>::new(format!(
        "-- store::search::list
        select {COLUMNS} from {SOURCES} where t.tenant_id = "
    ));
    query.push_bind(read.tenant().uuid());
    narrow(&mut query, search);
    narrow_words(&mut query, search);
    let (column, ascending) = order(search.sort);
    if let Some(position) = after {
        let sign = if ascending { ">" } else { "<" };
        query.push(format!(" and (t.{column}, t.id) {sign} ("));
        query.push_bind(jiff_sqlx::ToSqlx::to_sqlx(position.at)).push(", ");
        query.push_bind(position.id.uuid()).push(")");
    }
    let direction = if ascending { "asc" } else { "desc" };
    query.push(format!(" order by t.{column} {direction}, t.id {direction} limit ")).push_bind(limit);
    Ok(query.build_query_as().fetch_all(read.connection()).await?)
}

const fn order(sort: Sort) -> (&'static str, bool) {
    match sort {
        Sort::CreatedDescending => ("created_at", false),
        Sort::CreatedAscending => ("created_at", true),
        Sort::UpdatedDescending => ("updated_at", false),
        Sort::UpdatedAscending => ("updated_at", true),
    }
}

/// The filters on closed words.
fn narrow(query: &mut QueryBuilder<Postgres>, search: &Search) {
    let lists: [(&str, Vec<&'static str>); 8] = [
        ("t.status", search.status.iter().map(|word| word.as_str()).collect()),
        ("least(t.priority, t.raised_priority)", search.priority.iter().map(|word| word.as_str()).collect()),
        ("t.category", search.category.iter().map(|word| word.as_str()).collect()),
        ("t.severity", search.severity.iter().map(|word| word.as_str()).collect()),
        ("t.impact", search.impact.iter().map(|word| word.as_str()).collect()),
        ("t.type", search.ticket_type.iter().map(|word| word.as_str()).collect()),
        ("t.channel", search.channel.iter().map(|word| word.as_str()).collect()),
        ("t.scope", search.scope.iter().map(|word| word.as_str()).collect()),
    ];
    for (column, words) in lists {
        if !words.is_empty() {
            query.push(format!(" and {column} = any(")).push_bind(words).push(")");
        }
    }
    if let Some(persona) = search.persona {
        query.push(" and t.persona = ").push_bind(persona.as_str());
    }
    if let Some(needs_review) = search.needs_review {
        query.push(" and t.needs_review = ").push_bind(needs_review);
    }
}

/// The filters on free values.
fn narrow_words(query: &mut QueryBuilder<Postgres>, search: &Search) {
    if !search.team.is_empty() {
        query.push(" and t.team = any(").push_bind(search.team.clone()).push(")");
    }
    if let Some(agent) = search.agent {
        query.push(" and t.agent_id = ").push_bind(agent);
    }
    for (column, ticket) in [("merged_into", search.merged_into), ("follow_up_of", search.follow_up_of)] {
        if let Some(ticket) = ticket {
            query.push(format!(" and t.{column} = ")).push_bind(ticket.uuid());
        }
    }
    let texts = [
        ("t.service", &search.service),
        ("r.email", &search.requester_email),
        ("t.external_ref", &search.external_ref),
        ("t.dedup_key", &search.dedup_key),
    ];
    for (column, value) in texts {
        if let Some(value) = value {
            query.push(format!(" and {column} = ")).push_bind(value.clone());
        }
    }
    if let Some(tag) = &search.tag {
        query.push(" and ").push_bind(tag.clone()).push(" = any(t.tags)");
    }
    if let Some(from) = search.created_from {
        query.push(" and t.created_at >= ").push_bind(jiff_sqlx::ToSqlx::to_sqlx(from));
    }
    if let Some(to) = search.created_to {
        query.push(" and t.created_at < ").push_bind(jiff_sqlx::ToSqlx::to_sqlx(to));
    }
    if let Some(text) = &search.text {
        query.push(" and (t.search @@ websearch_to_tsquery('english', ").push_bind(text.clone()).push(")");
        if let Some(number) = number(text) {
            query.push(" or t.number = ").push_bind(number);
        }
        query.push(")");
    }
}
