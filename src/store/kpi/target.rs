//! Which version and which target of first responses entries were made for.

use uuid::Uuid;

use crate::domain::id::TicketId;
use crate::domain::kpi::VERSION;
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

/// Tickets with entries that were judged by another target of first responses
/// than the one that the entries of the tenant are noted for, or do not say by
/// which, `limit` at most; none where that is not this one, or they are being
/// made anew, or nothing is noted.
pub async fn strangers(
    read: &mut TenantRead,
    first_response_seconds: i64,
    limit: i64,
) -> Result<Vec<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "-- store::kpi::target::strangers
        select distinct ticket_id from (
            (select ticket_id from kpi_entries where tenant_id = $1 and target < $2
                and kind in ('answered', 'overdue_business', 'overdue_elapsed') limit $3)
            union all
            (select ticket_id from kpi_entries where tenant_id = $1 and target > $2
                and kind in ('answered', 'overdue_business', 'overdue_elapsed') limit $3)
            union all
            (select ticket_id from kpi_entries where tenant_id = $1 and target is null
                and kind in ('answered', 'overdue_business', 'overdue_elapsed') limit $3)) as e
         where $2 = (select first_response_seconds from kpi_states where tenant_id = $1)
         order by ticket_id limit $3",
    )
    .bind(tenant)
    .bind(first_response_seconds)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(tickets.into_iter().map(TicketId::new).collect())
}

/// The target of first responses that the entries are noted for, in seconds; 0:
/// they are being made anew, or were when that was cut off; none: nothing is noted.
pub async fn noted(read: &mut TenantRead) -> Result<Option<i64>, Error> {
    let tenant = read.tenant().uuid();
    let noted: Option<Option<i64>> = sqlx::query_scalar(
        "-- store::kpi::target::noted
        select first_response_seconds from kpi_states where tenant_id = $1",
    )
    .bind(tenant)
    .fetch_optional(read.connection())
    .await?;
    Ok(noted.flatten())
}

/// Notes a target where nothing is noted, if that is the one that such entries
/// were made for, or there are no tickets yet.
pub async fn adopt(tx: &mut TenantTx, first_response_seconds: i64) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::target::adopt
        insert into kpi_states (tenant_id, folded, first_response_seconds)
        select $1, 0, $2::bigint
         where $2::bigint = 1800 or not exists (select from tickets where tenant_id = $1)
        on conflict (tenant_id) do update set first_response_seconds = excluded.first_response_seconds
         where kpi_states.first_response_seconds is null",
    )
    .bind(tenant)
    .bind(first_response_seconds)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether there are tickets, and no entry of the first or the last of them, or
/// sums of another version, or entries for another target of first responses.
pub async fn lacks(read: &mut TenantRead, first_response_seconds: i64) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::kpi::target::lacks
        select exists (
            select from (
                (select id from tickets where tenant_id = $1 order by id limit 1)
                union all (select id from tickets where tenant_id = $1 order by id desc limit 1)) as t
             where not exists (select from kpi_entries e where e.tenant_id = $1 and e.ticket_id = t.id))
            or exists (select from kpi_cubes where tenant_id = $1 and get_byte(total, 0) <> $2)
            or exists (select from kpi_deltas where tenant_id = $1 and get_byte(whole, 0) <> $2)
            or exists (select from tickets where tenant_id = $1)
               and $3 <> coalesce((select first_response_seconds from kpi_states where tenant_id = $1), 1800)",
    )
    .bind(tenant)
    .bind(i32::from(VERSION))
    .bind(first_response_seconds)
    .fetch_one(read.connection())
    .await?)
}
