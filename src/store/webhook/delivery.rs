//! What endpoints are told, as it is looked at and asked for again.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::id::{DeliveryId, EndpointId, EventId, TicketId};
use crate::domain::webhook::{Delivery, DeliveryState};
use crate::store::error::Error;
use crate::store::row::word;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "webhook_deliveries";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    endpoint_id: Uuid,
    position: i64,
    r#type: String,
    ticket_id: Option<Uuid>,
    event_id: Option<Uuid>,
    sequence: Option<i64>,
    state: String,
    attempts: i32,
    created_at: jiff_sqlx::Timestamp,
    queued_at: jiff_sqlx::Timestamp,
    settled_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Delivery {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: DeliveryId::new(row.id),
            endpoint: EndpointId::new(row.endpoint_id),
            event_type: word(TABLE, &row.r#type)?,
            ticket: row.ticket_id.map(TicketId::new),
            event: row.event_id.map(EventId::new),
            position: row.position,
            sequence: row.sequence,
            state: word(TABLE, &row.state)?,
            attempts: row.attempts,
            created_at: row.created_at.to_jiff(),
            queued_at: row.queued_at.to_jiff(),
            settled_at: row.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Deliveries of an endpoint before a position, newest first, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::webhook::delivery::list
        select id, endpoint_id, position, type, ticket_id, event_id, sequence, state, attempts, created_at,
               queued_at, settled_at
          from webhook_deliveries
         where tenant_id = $1 and endpoint_id = $2 and ($3::text is null or state = $3)
           and ($4::bigint is null or position < $4)
         order by position desc limit $5",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(state.map(DeliveryState::as_str))
    .bind(before)
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// One delivery of an endpoint.
pub async fn lookup(
    read: &mut TenantRead,
    endpoint: EndpointId,
    delivery: DeliveryId,
) -> Result<Option<Delivery>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::webhook::delivery::lookup
        select id, endpoint_id, position, type, ticket_id, event_id, sequence, state, attempts, created_at,
               queued_at, settled_at
          from webhook_deliveries
         where tenant_id = $1 and endpoint_id = $2 and id = $3",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(delivery.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Delivery::try_from).transpose()
}

/// Which deliveries are to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// This one.
    One(DeliveryId),
    /// Those that were made at this instant or later, whatever became of them.
    Since(Timestamp),
    /// Those that were given up.
    Dead,
}

/// Lets deliveries wait again, each in its old place; those that wait already
/// and those that were withdrawn stay as they are. Says how many these were.
pub async fn replay(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    which: Again,
    now: Timestamp,
) -> Result<u64, Error> {
    let (one, since, dead) = match which {
        Again::One(delivery) => (Some(delivery.uuid()), None, false),
        Again::Since(since) => (None, Some(since.to_sqlx()), false),
        Again::Dead => (None, None, true),
    };
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "-- store::webhook::delivery::replay
        update webhook_deliveries set state = 'pending', queued_at = $3, settled_at = null
         where tenant_id = $1 and endpoint_id = $2 and state in ('delivered', 'dead')
           and ($4::uuid is null or id = $4)
           and ($5::timestamptz is null or created_at >= $5)
           and (not $6 or state = 'dead')",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(now.to_sqlx())
    .bind(one)
    .bind(since)
    .bind(dead)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}
