//! What waits for endpoints: put at the end, taken from the head, and removed
//! when it is old.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::delivery::Row;
use crate::domain::id::{DeliveryId, EndpointId, EventId, TicketId};
use crate::domain::webhook::event::EventType;
use crate::domain::webhook::{Delivery, DeliveryState};
use crate::store::error::Error;
use crate::store::row::column;
use crate::store::tenancy::TenantTx;

/// A delivery to be made.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its identifier.
    pub id: DeliveryId,
    /// To whom.
    pub endpoint: EndpointId,
    /// What it tells of.
    pub event_type: EventType,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// The fact it tells of.
    pub event: Option<EventId>,
    /// The event without its sequence number.
    pub envelope: Value,
    /// It is made because a team is told by the endpoint, which did not choose it.
    pub is_notice: bool,
}

#[derive(Serialize)]
struct NewRow<'a> {
    place: usize,
    id: Uuid,
    endpoint_id: Uuid,
    r#type: &'static str,
    ticket_id: Option<Uuid>,
    event_id: Option<Uuid>,
    envelope: &'a Value,
    is_notice: bool,
}

/// Puts deliveries at the ends of their endpoints' queues, in the order given.
/// The endpoints are locked by the caller.
pub async fn push(tx: &mut TenantTx, deliveries: &[NewDelivery], now: Timestamp) -> Result<(), Error> {
    let rows: Vec<NewRow<'_>> = deliveries
        .iter()
        .enumerate()
        .map(|(place, delivery)| NewRow {
            place,
            id: delivery.id.uuid(),
            endpoint_id: delivery.endpoint.uuid(),
            r#type: delivery.event_type.as_str(),
            ticket_id: delivery.ticket.map(TicketId::uuid),
            event_id: delivery.event.map(EventId::uuid),
            envelope: &delivery.envelope,
            is_notice: delivery.is_notice,
        })
        .collect();
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::queue::push
        with given as (
            select r.id, r.endpoint_id, r.type, r.ticket_id, r.event_id, r.envelope, r.is_notice,
                   row_number() over (partition by r.endpoint_id order by r.place) as place
              from jsonb_to_recordset($2) as r(place bigint, id uuid, endpoint_id uuid, type text,
                                               ticket_id uuid, event_id uuid, envelope jsonb, is_notice boolean)
        ), counted as (
            select endpoint_id, count(*) as more from given group by endpoint_id
        ), lengthened as (
            update webhook_endpoints e set queued = e.queued + c.more
              from counted c where e.tenant_id = $1 and e.id = c.endpoint_id
            returning e.id, e.queued - c.more as before
        )
        insert into webhook_deliveries
            (tenant_id, id, endpoint_id, position, type, ticket_id, event_id, envelope, is_notice, created_at,
             queued_at)
        select $1, g.id, g.endpoint_id, l.before + g.place, g.type, g.ticket_id, g.event_id, g.envelope,
               g.is_notice, $3, $3
          from given g join lengthened l on l.id = g.endpoint_id",
    )
    .bind(tenant)
    .bind(sqlx::types::Json(rows))
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The delivery at the head of a queue.
#[derive(Debug, Clone)]
pub struct Head {
    /// The delivery.
    pub delivery: Delivery,
    /// The event without its sequence number.
    pub envelope: Value,
    /// The bytes that are sent; none before the first attempt.
    pub body: Option<Vec<u8>>,
    /// Its ticket has become confidential.
    pub is_confidential: bool,
    /// It was made because a team is told by the endpoint, which did not choose it.
    pub is_notice: bool,
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    #[sqlx(flatten)]
    row: Row,
    envelope: Value,
    body: Option<Vec<u8>>,
    is_confidential: bool,
    is_notice: bool,
}

/// How many of a queue's heads are found at once.
pub const AT_ONCE: usize = 20;

/// Finds the heads of a tenant's endpoint. The planner must not choose here: where
/// it believes that all are waiting it goes through those that are not. Comparing
/// rows of state and position leaves it one index.
pub const HEADS: &str = "-- store::webhook::queue::heads
    select d.id, d.endpoint_id, d.position, d.type, d.ticket_id, d.event_id, d.sequence, d.state, d.attempts,
           d.created_at, d.queued_at, d.settled_at, d.envelope, d.body, d.is_notice,
           coalesce((select t.restricted from tickets t where t.tenant_id = $1 and t.id = d.ticket_id), false)
               as is_confidential
      from webhook_deliveries d
     where d.tenant_id = $1 and d.endpoint_id = $2 and (d.state, d.position) >= ('pending', 0)
       and (d.state, d.position) <= ('pending', 9223372036854775807)
     order by d.state, d.position limit 20";

/// The first deliveries that wait for an endpoint, in order, [`AT_ONCE`] at most.
pub async fn heads(tx: &mut TenantTx, endpoint: EndpointId) -> Result<Vec<Head>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<HeadRow> =
        sqlx::query_as(HEADS).bind(tenant).bind(endpoint.uuid()).fetch_all(tx.connection()).await?;
    let head = |row| {
        let HeadRow { row, envelope, body, is_confidential, is_notice } = row;
        Ok(Head { delivery: row.try_into()?, envelope, body, is_confidential, is_notice })
    };
    rows.into_iter().map(head).collect()
}

/// Writes down what is sent, before it is sent for the first time: bodies that
/// are numbered on from `last`.
pub async fn write(tx: &mut TenantTx, bodies: &[(DeliveryId, &[u8])], last: i64) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::queue::write
        update webhook_deliveries
           set sequence = $4 + array_position($2, id), body = ($3::bytea[])[array_position($2, id)]
         where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(column(bodies, |(delivery, _)| delivery.uuid()))
    .bind(column(bodies, |(_, body)| *body))
    .bind(last)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes back what was written down to be sent and was not.
pub async fn unwrite(tx: &mut TenantTx, deliveries: &[DeliveryId]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::queue::unwrite
        update webhook_deliveries set sequence = null, body = null where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(column(deliveries, |delivery| delivery.uuid()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes that deliveries have arrived, each at one attempt more.
pub async fn arrived(tx: &mut TenantTx, deliveries: &[DeliveryId], now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::queue::arrived
        update webhook_deliveries set state = 'delivered', attempts = attempts + 1, settled_at = $3
         where tenant_id = $1 and id = any($2)",
    )
    .bind(tenant)
    .bind(column(deliveries, |delivery| delivery.uuid()))
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes what became of a delivery, and how often it was tried.
pub async fn record(
    tx: &mut TenantTx,
    delivery: DeliveryId,
    state: DeliveryState,
    attempts: i32,
    now: Timestamp,
) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::queue::record
        update webhook_deliveries
           set state = $3, attempts = $4, settled_at = case when $3 = 'pending' then null else $5 end
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(delivery.uuid())
    .bind(state.as_str())
    .bind(attempts)
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether anything waits for an endpoint.
pub async fn is_waiting(tx: &mut TenantTx, endpoint: EndpointId) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::webhook::queue::is_waiting
        select exists (select from webhook_deliveries
                        where tenant_id = $1 and endpoint_id = $2 and state = 'pending')",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .fetch_one(tx.connection())
    .await?)
}

/// When the oldest delivery of an endpoint was made.
pub async fn oldest(tx: &mut TenantTx, endpoint: EndpointId) -> Result<Option<Timestamp>, Error> {
    let tenant = tx.tenant().uuid();
    let oldest: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "-- store::webhook::queue::oldest
        select created_at from webhook_deliveries where tenant_id = $1 and endpoint_id = $2
         order by position limit 1",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .fetch_optional(tx.connection())
    .await?;
    Ok(oldest.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Looks at the first `limit` deliveries of an endpoint: gives up those that
/// have waited since before `until`, and removes those that were made by then
/// and don't wait. Where the first one was made later, so were all but for moments:
/// no other is looked at, and what is old among them goes the next time. Says how many were removed.
pub async fn clear_out(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    until: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    let tenant = tx.tenant().uuid();
    let removed = sqlx::query(
        "-- store::webhook::queue::clear_out
        with first as (
            select id, state, created_at, queued_at from webhook_deliveries
             where tenant_id = $1 and endpoint_id = $2
               and $3 >= (select created_at from webhook_deliveries where tenant_id = $1 and endpoint_id = $2
                           order by position limit 1)
             order by position limit $5
        ), given_up as (
            update webhook_deliveries set state = 'dead', settled_at = $4
             where tenant_id = $1 and id in (
                select id from first where state = 'pending' and queued_at <= $3)
        )
        delete from webhook_deliveries
         where tenant_id = $1 and id in (
            select id from first where state <> 'pending' and created_at <= $3)",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(until.to_sqlx())
    .bind(now.to_sqlx())
    .bind(limit)
    .execute(tx.connection())
    .await?;
    Ok(removed.rows_affected())
}

/// Removes the first `limit` deliveries of an endpoint, whatever became of
/// them. Says how many these were.
pub async fn remove(tx: &mut TenantTx, endpoint: EndpointId, limit: i64) -> Result<u64, Error> {
    let tenant = tx.tenant().uuid();
    let removed = sqlx::query(
        "-- store::webhook::queue::remove
        delete from webhook_deliveries
         where tenant_id = $1 and id in (
            select id from webhook_deliveries where tenant_id = $1 and endpoint_id = $2 order by position limit $3)",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(limit)
    .execute(tx.connection())
    .await?;
    Ok(removed.rows_affected())
}
