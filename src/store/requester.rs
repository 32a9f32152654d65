//! The people who are helped.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::error::Error;
use super::opening::Question;
use super::part::numbered;
use super::row::column;
use super::tenancy::TenantTx;
use crate::domain::id::RequesterId;
use crate::domain::ticket::record::Requester;

/// The people behind addresses, or of identifiers where there is none. Each is
/// found by its key: `offset 0` keeps the planner from reading everybody.
pub(super) const PEOPLE: &str = "
    from unnest($?::uuid[], $?::text[]) with ordinality as g(id, email, place)
   cross join lateral (
         (select k.id, k.email, k.name from requesters k where k.tenant_id = $1 and k.email = g.email)
         union all
         (select k.id, k.email, k.name from requesters k
           where k.tenant_id = $1 and k.id = g.id and g.email is null)
         offset 0) as r";

static FIND: LazyLock<String> = LazyLock::new(|| {
    numbered(&format!(
        "-- store::requester::find
        select r.id, r.email, r.name {PEOPLE} order by g.place"
    ))
});

#[derive(Clone, Copy)]
pub(super) struct NewRow<'a> {
    id: Uuid,
    email: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> NewRow<'a> {
    /// Those of people.
    pub(super) fn all(people: &'a [Requester]) -> Vec<Self> {
        column(people, |r| Self { id: r.id.uuid(), email: r.email.as_deref(), name: r.name.as_deref() })
    }
}

#[derive(Debug, Clone, Deserialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    email: Option<String>,
    name: Option<String>,
}

/// Who of people who are wanted is known.
#[derive(Debug, Clone, Deserialize)]
pub struct Found(Vec<Row>);

/// Finds or makes each of `wanted`; the answer is in the same order. An
/// address stands for one person of the tenant, whose first known name stays.
/// Only a trusted caller gives a name to an address that is known without one.
pub async fn ensure(
    tx: &mut TenantTx,
    wanted: &[Requester],
    trusted: bool,
    now: Timestamp,
) -> Result<Vec<Requester>, Error> {
    let found = Found(find(tx, &NewRow::all(wanted)).await?);
    complete(tx, wanted, found, trusted, now).await
}

/// The same, where it was found out who is known.
pub async fn complete(
    tx: &mut TenantTx,
    wanted: &[Requester],
    Found(mut found): Found,
    trusted: bool,
    now: Timestamp,
) -> Result<Vec<Requester>, Error> {
    let rows = NewRow::all(wanted);
    if found.len() < rows.len() {
        let made = insert(tx, &missing(&rows, &found), now).await?;
        found.extend(made);
        found = match in_order(&rows, &found) {
            Some(found) => found,
            // Somebody else added one of them meanwhile.
            None => find(tx, &rows).await?,
        };
    }
    let unnamed: Vec<(Uuid, &str)> = found
        .iter()
        .zip(wanted)
        .filter(|(row, _)| trusted && row.name.is_none())
        .filter_map(|(row, requester)| Some((row.id, requester.name.as_deref()?)))
        .collect();
    if !unnamed.is_empty() {
        name(tx, &unnamed).await?;
        found = find(tx, &rows).await?;
    }
    if found.len() != wanted.len() {
        return Err(Error::bad_row("requesters", "a requester vanished between two statements"));
    }
    let people = found.into_iter().zip(wanted).map(|(row, wanted)| Requester {
        id: RequesterId::new(row.id),
        email: row.email,
        name: row.name.or_else(|| wanted.name.clone()),
    });
    Ok(people.collect())
}

/// Those of `rows` whom nobody of `known` is.
fn missing<'a>(rows: &[NewRow<'a>], known: &[Row]) -> Vec<NewRow<'a>> {
    let addresses: HashSet<&str> = known.iter().filter_map(|row| row.email.as_deref()).collect();
    let ids: HashSet<Uuid> = known.iter().map(|row| row.id).collect();
    let is_known = |row: &NewRow<'_>| match row.email {
        Some(email) => addresses.contains(email),
        None => ids.contains(&row.id),
    };
    rows.iter().filter(|row| !is_known(row)).copied().collect()
}

/// Who of `people` each of `rows` is; none if somebody is not among them.
fn in_order(rows: &[NewRow<'_>], people: &[Row]) -> Option<Vec<Row>> {
    let by_address: HashMap<&str, &Row> =
        people.iter().filter_map(|row| Some((row.email.as_deref()?, row))).collect();
    let by_id: HashMap<Uuid, &Row> = people.iter().map(|row| (row.id, row)).collect();
    let one = |row: &NewRow<'_>| match row.email {
        Some(email) => by_address.get(email).copied().cloned(),
        None => by_id.get(&row.id).copied().cloned(),
    };
    rows.iter().map(one).collect()
}

/// Adds people, and answers those who were not there.
async fn insert(tx: &mut TenantTx, rows: &[NewRow<'_>], now: Timestamp) -> Result<Vec<Row>, Error> {
    let tenant = tx.tenant().uuid();
    // Sorted by address, so that two transactions with the same new people
    // meet in one order and cannot block each other for ever.
    let made = sqlx::query_as(
        "-- store::requester::insert
        insert into requesters (tenant_id, id, email, name, created_at)
        select $1, min(g.id::text)::uuid, g.email, min(g.name), $3
          from unnest($2::uuid[], $4::text[], $5::text[]) as g(id, email, name)
         group by g.email, case when g.email is null then g.id end
         order by g.email
        on conflict (tenant_id, email) do nothing
        returning id, email, name",
    )
    .bind(tenant)
    .bind(column(rows, |row| row.id))
    .bind(jiff_sqlx::ToSqlx::to_sqlx(now))
    .bind(column(rows, |row| row.email))
    .bind(column(rows, |row| row.name))
    .fetch_all(tx.connection())
    .await?;
    Ok(made)
}

/// Who is known, in the order given.
async fn find(tx: &mut TenantTx, rows: &[NewRow<'_>]) -> Result<Vec<Row>, Error> {
    let tenant = tx.tenant().uuid();
    let statement = sqlx::query_as(FIND.as_str()).bind(tenant);
    Ok(bind(statement, rows).fetch_all(tx.connection()).await?)
}

/// What [`PEOPLE`] asks for.
pub(super) fn bind<'q, R>(statement: Question<'q, R>, rows: &[NewRow<'q>]) -> Question<'q, R> {
    statement.bind(column(rows, |row| row.id)).bind(column(rows, |row| row.email))
}

/// Gives people who have no name the one given.
async fn name(tx: &mut TenantTx, people: &[(Uuid, &str)]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    for (id, name) in people {
        sqlx::query(
            "-- store::requester::name
            update requesters set name = $3 where tenant_id = $1 and id = $2 and name is null",
        )
        .bind(tenant)
        .bind(id)
        .bind(name)
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Gives a person the name that is in `requester`.
pub async fn rename(tx: &mut TenantTx, requester: &Requester) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::requester::rename
        update requesters set name = $3 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(requester.id.uuid())
    .bind(requester.name.as_deref())
    .execute(tx.connection())
    .await?;
    Ok(())
}
