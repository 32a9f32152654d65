//! Which ticket goes on in place of another.

use std::collections::HashMap;

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

/// For each of the deduplication keys the open ticket that the last one with
/// this key was merged into, locked. The caller holds the keys, and no open
/// ticket has any of them.
pub async fn lookup_heirs_by_dedup_keys(
    tx: &mut TenantTx,
    dedup_keys: &[&str],
) -> Result<HashMap<String, TicketId>, Error> {
    if dedup_keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found = heirs(tx, dedup_keys).await?;
    while !found.is_empty() {
        lock(tx, &found).await?;
        // Somebody may have merged or ended one of them while it was waited for.
        let now = heirs(tx, dedup_keys).await?;
        if now == found {
            break;
        }
        found = now;
    }
    let open = found.into_iter().filter(|heir| heir.open);
    Ok(open.map(|heir| (heir.dedup_key, TicketId::new(heir.id))).collect())
}

/// The ticket that goes on from the last one with a deduplication key.
#[derive(PartialEq, Eq, sqlx::FromRow)]
struct Heir {
    dedup_key: String,
    id: Uuid,
    open: bool,
}

async fn heirs(tx: &mut TenantTx, dedup_keys: &[&str]) -> Result<Vec<Heir>, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_as(
        "-- store::succession::heirs
        with recursive chain as (
            select k.key, m.merged_into
              from unnest($2::text[]) as k(key)
             cross join lateral (
                       select t.merged_into from tickets t
                        where t.tenant_id = $1 and t.dedup_key = k.key and t.merged_into is not null
                        order by t.closed_at desc, t.id desc limit 1) m
            union all
            select c.key, t.merged_into from chain c
              join tickets t on t.tenant_id = $1 and t.id = c.merged_into
             where t.merged_into is not null)
        select c.key as dedup_key, e.id, e.status in ('new', 'open', 'pending', 'on_hold') as open
          from chain c
          join tickets e on e.tenant_id = $1 and e.id = c.merged_into
         where e.merged_into is null
         order by c.key",
    )
    .bind(tenant)
    .bind(dedup_keys)
    .fetch_all(tx.connection())
    .await?)
}

async fn lock(tx: &mut TenantTx, heirs: &[Heir]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    let tickets: Vec<Uuid> = heirs.iter().map(|heir| heir.id).collect();
    sqlx::query(
        "-- store::succession::lock
        select id from tickets where tenant_id = $1 and id = any($2) order by id for no key update",
    )
    .bind(tenant)
    .bind(tickets)
    .execute(tx.connection())
    .await?;
    Ok(())
}
