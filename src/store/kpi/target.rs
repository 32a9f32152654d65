//! Which version and which target of first responses entries were made for.

use uuid::Uuid;

use crate::domain::id::TicketId;
use crate::domain::kpi::VERSION;
use crate::store::error::Error;
use crate::store::tenancy::TenantRead;

/// Tickets with entries that were judged by another target of first responses
/// than the one that the entries of the tenant are made for, `limit` at most;
/// none where that is not this one, or they are being made anew.
pub async fn strangers(
    read: &mut TenantRead,
    first_response_seconds: i64,
    limit: i64,
) -> Result<Vec<TicketId>, Error> {
    let tenant = read.tenant().uuid();
    let tickets: Vec<Uuid> = sqlx::query_scalar(
        "-- store::kpi::target::strangers
        select distinct ticket_id from (
            (select ticket_id from kpi_entries where tenant_id = $1 and target < $2 limit $3)
            union all
            (select ticket_id from kpi_entries where tenant_id = $1 and target > $2 limit $3)) as e
         where $2 = coalesce((select first_response_seconds from kpi_states where tenant_id = $1), 1800)
         order by ticket_id limit $3",
    )
    .bind(tenant)
    .bind(first_response_seconds)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(tickets.into_iter().map(TicketId::new).collect())
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
