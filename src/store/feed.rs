//! The order in which a tenant's facts are told to whoever reads all of them.

use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{EventId, TicketId};

/// A fact in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place in the feed, from 1.
    pub position: i64,
    /// Of which ticket.
    pub ticket: TicketId,
    /// Which fact of its history.
    pub seq: i64,
}

/// Puts facts at the end, in the order given: each by its ticket and its place
/// in the ticket's history. The caller has the tenant's turn at telling.
pub async fn append(tx: &mut TenantTx, told: &[(TicketId, i64)]) -> Result<(), Error> {
    if told.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let tickets: Vec<Uuid> = told.iter().map(|(ticket, _)| ticket.uuid()).collect();
    let seqs: Vec<i64> = told.iter().map(|(_, seq)| *seq).collect();
    sqlx::query(
        "-- store::feed::append
        with given as (
            select e.id as event_id, g.ticket_id, g.seq, row_number() over (order by g.place) as place
              from unnest($2::uuid[], $3::bigint[]) with ordinality as g(ticket_id, seq, place)
             cross join lateral (
                   select id from ticket_events e
                    where e.tenant_id = $1 and e.ticket_id = g.ticket_id and e.seq = g.seq offset 0) as e
        ), lengthened as (
            insert into feed_ends (tenant_id, position) select $1, count(*) from given
            on conflict (tenant_id) do update set position = feed_ends.position + excluded.position
            returning position
        )
        insert into feed (tenant_id, position, event_id, ticket_id, seq)
        select $1, l.position - (select count(*) from given) + g.place, g.event_id, g.ticket_id, g.seq
          from given g cross join lengthened l",
    )
    .bind(tenant)
    .bind(tickets)
    .bind(seqs)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What comes after a place, in order, `limit` facts at most; those of
/// confidential tickets are left out.
pub async fn list(read: &mut TenantRead, after: i64, limit: i64) -> Result<Vec<Placed>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<(i64, Uuid, i64)> = sqlx::query_as(
        "-- store::feed::list
        select f.position, f.ticket_id, f.seq
          from feed f join tickets t on t.tenant_id = f.tenant_id and t.id = f.ticket_id
         where f.tenant_id = $1 and f.position > $2 and not t.restricted
         order by f.position limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    let placed = |(position, ticket, seq)| Placed { position, ticket: TicketId::new(ticket), seq };
    Ok(rows.into_iter().map(placed).collect())
}

/// The last place that was given; 0: none.
pub async fn end(read: &mut TenantRead) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::feed::end
        select coalesce((select position from feed_ends where tenant_id = $1), 0)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// The place of a fact of a ticket that is not confidential.
pub async fn place_of(read: &mut TenantRead, event: EventId) -> Result<Option<i64>, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::feed::place_of
        select f.position from feed f join tickets t on t.tenant_id = f.tenant_id and t.id = f.ticket_id
         where f.tenant_id = $1 and f.event_id = $2 and not t.restricted",
    )
    .bind(tenant)
    .bind(event.uuid())
    .fetch_optional(read.connection())
    .await?)
}
