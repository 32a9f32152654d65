//! The people who are helped.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::id::RequesterId;
use crate::domain::ticket::record::Requester;

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    email: Option<&'a str>,
    name: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    given: Uuid,
    id: Uuid,
    email: Option<String>,
    name: Option<String>,
}

/// Finds or makes each of `wanted`; the answer is in the same order. An
/// address stands for one person of the tenant, whose first known name stays.
/// Only a trusted caller gives a name to an address that is known without one.
pub async fn ensure(
    tx: &mut TenantTx,
    wanted: &[Requester],
    trusted: bool,
    now: Timestamp,
) -> Result<Vec<Requester>, Error> {
    let rows: Vec<_> = wanted
        .iter()
        .map(|r| NewRow { id: r.id.uuid(), email: r.email.as_deref(), name: r.name.as_deref() })
        .collect();
    let tenant = tx.tenant().uuid();
    // Sorted by address, so that two transactions with the same new people
    // meet in one order and cannot block each other for ever.
    sqlx::query(
        "-- store::requester::ensure
        insert into requesters (tenant_id, id, email, name, created_at)
        select $1, min(g.id::text)::uuid, g.email, min(g.name), $3
          from jsonb_to_recordset($2) as g(id uuid, email text, name text)
         where g.email is null or not exists (
               select from requesters r where r.tenant_id = $1 and r.email = g.email)
         group by g.email, case when g.email is null then g.id end
         order by g.email
        on conflict (tenant_id, email) do nothing",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(&rows))
    .bind(jiff_sqlx::ToSqlx::to_sqlx(now))
    .execute(tx.connection())
    .await?;
    let found = find(tx, &rows, trusted).await?;
    wanted
        .iter()
        .map(|requester| {
            found
                .iter()
                .find(|row| row.given == requester.id.uuid())
                .map(|row| Requester {
                    id: RequesterId::new(row.id),
                    email: row.email.clone(),
                    name: row.name.clone(),
                })
                .ok_or_else(|| Error::bad_row("requesters", "a requester vanished between two statements"))
        })
        .collect()
}

/// The people behind the addresses; with `trusted`, those without a name get
/// the one that is given.
async fn find(tx: &mut TenantTx, rows: &[NewRow<'_>], trusted: bool) -> Result<Vec<Row>, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_as(
        "-- store::requester::found
        with named as (
            update requesters r set name = g.name
              from jsonb_to_recordset($2) as g(id uuid, email text, name text)
             where r.tenant_id = $1 and r.email = g.email and $3 and r.name is null and g.name is not null
        )
        select g.id as given, r.id, r.email, coalesce(r.name, g.name) as name
          from jsonb_to_recordset($2) as g(id uuid, email text, name text)
          join requesters r on r.tenant_id = $1
           and case when g.email is null then r.id = g.id else r.email = g.email end",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .bind(trusted)
    .fetch_all(tx.connection())
    .await?)
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
