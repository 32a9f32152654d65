//! Lists and search of tickets.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::error::Error;
use super::record::{COLUMNS, PEOPLE, Row, complete};
use super::tenancy::TenantRead;
use crate::domain::search::{Position, Search, Sort};
use crate::domain::ticket::record::Record;

/// Tickets that are looked through for words one after the other, before all that
/// have the words are fetched: what many have is found among these.
const NEAR: i64 = 2_000;
/// Of those, the ones that show how many have the words.
const SAMPLE: i64 = 500;
/// Where more of the sample have them, those that have them are not fetched: to go
/// through tickets until the page is full costs less.
const FEW: i64 = 25;
/// What the indexes `tickets_urgent` and `tickets_urgent_updated` are about, in their
/// words; follows from [`Search::is_for_urgent`]. What is bound proves nothing to the
/// planner.
const URGENT: &str = " and t.status in ('new', 'open', 'pending', 'on_hold')
                       and least(t.priority, t.raised_priority) in ('P1', 'P2')";

/// Tickets that fit, after a position, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    search: &Search,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let page = Page { search, after, limit };
    let rows = match &search.text {
        None => page.rows(read, None).await?,
        Some(text) => page.found(read, text).await?,
    };
    complete(read, rows).await
}

/// Which tickets are listed.
struct Page<'s> {
    search: &'s Search,
    after: Option<&'s Position>,
    limit: i64,
}

impl Page<'_> {
    /// Its tickets, which have the words `text`.
    async fn found(&self, read: &mut TenantRead, text: &str) -> Result<Vec<Row>, Error> {
        let near = self.rows(read, Some(NEAR)).await?;
        let is_full = i64::try_from(near.len()).is_ok_and(|found| found >= self.limit);
        if is_full || !self.goes_beyond(read).await? {
            return Ok(near);
        }
        if self.in_sample(read, text).await? > FEW {
            self.rows(read, None).await
        } else {
            self.far(read, text).await
        }
    }

    /// Its tickets; of the next `among` after its beginning, if so many are given.
    async fn rows(&self, read: &mut TenantRead, among: Option<i64>) -> Result<Vec<Row>, Error> {
        let tenant = read.tenant().uuid();
        let mut query = QueryBuilder::<Postgres>::new(if among.is_some() {
            format!(
                "-- store::search::near\nselect {COLUMNS} from (select * from tickets t where t.tenant_id = "
            )
        } else {
            format!("-- store::search::list\nselect {COLUMNS} from tickets t {PEOPLE} where t.tenant_id = ")
        });
        query.push_bind(tenant);
        if let Some(most) = among {
            self.begin(&mut query);
            self.end(&mut query, "t", most);
            query.push(") as t").push(PEOPLE).push(" where t.tenant_id = ").push_bind(tenant);
        }
        narrow(&mut query, self.search);
        narrow_words(&mut query, self.search);
        self.begin(&mut query);
        self.end(&mut query, "t", self.limit);
        Ok(query.build_query_as().fetch_all(read.connection()).await?)
    }

    /// Whether tickets come after those that were looked through.
    async fn goes_beyond(&self, read: &mut TenantRead) -> Result<bool, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "-- store::search::goes_beyond
            select exists (select from tickets t where t.tenant_id = ",
        );
        query.push_bind(read.tenant().uuid());
        self.begin(&mut query);
        query
            .push(" order by t.")
            .push(order(self.search.sort).0)
            .push(" offset ")
            .push_bind(NEAR)
            .push(" limit 1)");
        Ok(query.build_query_scalar().fetch_one(read.connection()).await?)
    }

    /// How many of the sample have the words, whatever else is asked of them.
    async fn in_sample(&self, read: &mut TenantRead, text: &str) -> Result<i64, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "-- store::search::in_sample
            select count(*) from (select t.search from tickets t where t.tenant_id = ",
        );
        query.push_bind(read.tenant().uuid());
        self.begin(&mut query);
        self.end(&mut query, "t", SAMPLE);
        query.push(") as s where s.search @@ websearch_to_tsquery('english', ").push_bind(text).push(")");
        Ok(query.build_query_scalar().fetch_one(read.connection()).await?)
    }

    /// Its tickets, from all that have the words. The index of words gives these at
    /// once: left to itself, the planner takes words for rarer or more frequent than
    /// they are together, and looks through all tickets.
    async fn far(&self, read: &mut TenantRead, text: &str) -> Result<Vec<Row>, Error> {
        become_searcher(read, text).await?;
        let (column, _) = order(self.search.sort);
        let mut query = QueryBuilder::<Postgres>::new(format!(
            "-- store::search::far
            select f.id from (select t.id, t.{column} from tickets t {PEOPLE} where t.tenant_id = "
        ));
        query.push_bind(read.tenant().uuid());
        narrow(&mut query, self.search);
        narrow_words(&mut query, self.search);
        self.begin(&mut query);
        query.push(" offset 0) as f");
        self.end(&mut query, "f", self.limit);
        let ids: Vec<Uuid> = query.build_query_scalar().fetch_all(read.connection()).await?;
        sqlx::raw_sql("-- store::search::done\nrollback to savepoint searching")
            .execute(read.connection())
            .await?;
        let mut query = QueryBuilder::<Postgres>::new(format!(
            "-- store::search::found
            select {COLUMNS} from tickets t {PEOPLE} where t.tenant_id = "
        ));
        query.push_bind(read.tenant().uuid()).push(" and t.id = any(").push_bind(ids).push(")");
        self.end(&mut query, "t", self.limit);
        Ok(query.build_query_as().fetch_all(read.connection()).await?)
    }

    /// Where it begins, and what it lies between.
    fn begin(&self, query: &mut QueryBuilder<Postgres>) {
        if let Some(from) = self.search.created_from {
            query.push(" and t.created_at >= ").push_bind(jiff_sqlx::ToSqlx::to_sqlx(from));
        }
        if let Some(to) = self.search.created_to {
            query.push(" and t.created_at < ").push_bind(jiff_sqlx::ToSqlx::to_sqlx(to));
        }
        let Some(position) = self.after else { return };
        let (column, ascending) = order(self.search.sort);
        let sign = if ascending { ">" } else { "<" };
        query.push(format!(" and (t.{column}, t.id) {sign} ("));
        query.push_bind(jiff_sqlx::ToSqlx::to_sqlx(position.at)).push(", ");
        query.push_bind(position.id.uuid()).push(")");
    }

    /// Its order, and where it ends.
    fn end(&self, query: &mut QueryBuilder<Postgres>, table: &str, limit: i64) {
        let (column, ascending) = order(self.search.sort);
        let direction = if ascending { "asc" } else { "desc" };
        let order = format!(" order by {table}.{column} {direction}, {table}.id {direction} limit ");
        query.push(order).push_bind(limit);
    }
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
    if search.is_for_urgent() {
        query.push(URGENT);
    }
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
    if let Some(text) = &search.text {
        query.push(" and (t.search @@ websearch_to_tsquery('english', ").push_bind(text.clone()).push(")");
        if let Some(number) = number(text) {
            query.push(" or t.number = ").push_bind(number);
        }
        query.push(")");
    }
}
