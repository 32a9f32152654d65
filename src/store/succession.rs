//! Which ticket goes on in place of another.

use uuid::Uuid;

use super::error::Error;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::TicketId;

/// Where a ticket went by being merged, in the end; itself if it was not.
/// `None`: the tenant has no such ticket.
pub async fn end_of_merges(read: &mut TenantRead, ticket: TicketId) -> Result<Option<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let found: Option<Uuid> = sqlx::query_scalar(
        "-- store::succession::end_of_merges
        with recursive chain as (
            select t.id, t.merged_into from tickets t where t.tenant_id = $1 and t.id = $2
            union all
            select t.id, t.merged_into from chain c
              join tickets t on t.tenant_id = $1 and t.id = c.merged_into)
        select id from chain where merged_into is null",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(found.map(TicketId::new))
}

/// The last ticket that goes on from this one.
pub async fn follow_up(read: &mut TenantRead, ticket: TicketId) -> Result<Option<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let found: Option<Uuid> = sqlx::query_scalar(
        "-- store::succession::follow_up
        select id from tickets where tenant_id = $1 and follow_up_of = $2 order by created_at desc, id desc limit 1",
    )
    .bind(tenant)
    .bind(ticket.uuid())
    .fetch_optional(read.connection())
    .await?;
    Ok(found.map(TicketId::new))
}

/// The open ticket that the last one with this deduplication key was merged
/// into, locked. The caller holds the key, and no open ticket has it.
pub async fn lookup_heir_by_dedup_key(tx: &mut TenantTx, dedup_key: &str) -> Result<Option<TicketId>, Error> {
    let tenant = tx.tenant().uuid();
    let found: Option<Uuid> = sqlx::query_scalar(
        "-- store::succession::lookup_heir_by_dedup_key
        with recursive chain as (
            (select t.merged_into from tickets t
              where t.tenant_id = $1 and t.dedup_key = $2 and t.merged_into is not null
              order by t.closed_at desc, t.id desc limit 1)
            union all
            select t.merged_into from chain c
              join tickets t on t.tenant_id = $1 and t.id = c.merged_into
             where t.merged_into is not null)
        select e.id from tickets e
         where e.tenant_id = $1 and e.id in (select merged_into from chain)
           and e.status in ('new', 'open', 'pending', 'on_hold')
           for no key update",
    )
    .bind(tenant)
    .bind(dedup_key)
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.map(TicketId::new))
}
