//! Facts that nobody has been told of yet. [`history::append`](super::history::append)
//! puts them here, in the statement that records them.

use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{TenantId, TicketId};

/// Those that follow each other in the history of a ticket and were recorded
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Their place in the order of telling.
    position: i64,
    ticket: TicketId,
    first: i64,
    facts: i32,
}

impl Waiting {
    /// Each of them: its ticket, and its place in the ticket's history.
    pub fn places(&self) -> impl Iterator<Item = (TicketId, i64)> {
        let ticket = self.ticket;
        (self.first..self.first + i64::from(self.facts)).map(move |seq| (ticket, seq))
    }
}

impl Store {
    /// Tenants with something to tell, by identifier.
    pub async fn untold(&self) -> Result<Vec<TenantId>, Error> {
        let mut lent = self.lend().await?;
        let tenants: Vec<Uuid> = sqlx::query_scalar(
            "-- store::outbox::untold
            with recursive owners as (
                (select tenant_id from outbox order by tenant_id limit 1)
                union all
                select (select o.tenant_id from outbox o where o.tenant_id > w.tenant_id
                         order by o.tenant_id limit 1)
                  from owners w where w.tenant_id is not null
            )
            select tenant_id from owners where tenant_id is not null",
        )
        .fetch_all(lent.connection())
        .await?;
        lent.pass_on();
        Ok(tenants.into_iter().map(TenantId::new).collect())
    }

    /// How many facts wait to be told, over all tenants; `most` if there are
    /// more.
    pub async fn count_untold(&self, most: i64) -> Result<i64, Error> {
        let mut lent = self.lend().await?;
        let found = sqlx::query_scalar(
            "-- store::outbox::count_untold
            select least(coalesce(sum(facts), 0), $1) from (select facts from outbox limit $1) as o",
        )
        .bind(most)
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(found)
    }
}

/// Takes the tenant's turn at telling. `false`: another process has it.
pub async fn turn(tx: &mut TenantTx) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::outbox::turn
        select pg_try_advisory_xact_lock(hashtextextended('outbox:' || $1::text, 0))",
    )
    .bind(tenant)
    .fetch_one(tx.connection())
    .await?)
}

/// The first ones, `limit` facts at most or those of one row, in order. Facts of one
/// ticket are in the order of its history, because each was recorded under the
/// ticket's lock.
pub async fn list(tx: &mut TenantTx, limit: i64) -> Result<Vec<Waiting>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<(i64, Uuid, i64, i32)> = sqlx::query_as(
        "-- store::outbox::list
        select position, ticket_id, first_seq, facts from outbox
         where tenant_id = $1 order by position limit $2",
    )
    .bind(tenant)
    .bind(limit)
    .fetch_all(tx.connection())
    .await?;
    let mut facts = 0;
    let waiting = rows.into_iter().map(|(position, ticket, first, facts)| Waiting {
        position,
        ticket: TicketId::new(ticket),
        first,
        facts,
    });
    let fits = |one: &Waiting| {
        let before = facts;
        facts += i64::from(one.facts);
        before == 0 || facts <= limit
    };
    Ok(waiting.take_while(fits).collect())
}

/// They have been told.
pub async fn remove(tx: &mut TenantTx, told: &[Waiting]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let positions: Vec<i64> = told.iter().map(|one| one.position).collect();
    sqlx::query(
        "-- store::outbox::remove
        delete from outbox where tenant_id = $1 and position = any($2)",
    )
    .bind(tenant)
    .bind(positions)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The newest fact that waits, by its place in the order of telling.
pub async fn newest(read: &mut TenantRead) -> Result<Option<i64>, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::outbox::newest
        select max(position) from outbox where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// Whether any fact up to a place in that order still waits.
pub async fn is_waiting(read: &mut TenantRead, until: i64) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::outbox::is_waiting
        select exists (select from outbox where tenant_id = $1 and position <= $2)",
    )
    .bind(tenant)
    .bind(until)
    .fetch_one(read.connection())
    .await?)
}
