//! Where deliveries go.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::domain::id::EndpointId;
use crate::domain::webhook::event::EventType;
use crate::domain::webhook::{DisabledBecause, Endpoint, Health, SigningSecret};
use crate::store::error::Error;
use crate::store::row::{optional_word, words};
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "webhook_endpoints";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    url: String,
    events: Option<Vec<String>>,
    description: Option<String>,
    disabled: Option<String>,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<jiff_sqlx::Timestamp>,
    sequence: i64,
    failures: i32,
    failing_since: Option<jiff_sqlx::Timestamp>,
    due_at: Option<jiff_sqlx::Timestamp>,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    enabled_at: jiff_sqlx::Timestamp,
    deleted: bool,
}

impl TryFrom<Row> for Endpoint {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let until = row.previous_until.map(jiff_sqlx::Timestamp::to_jiff);
        Ok(Self {
            id: EndpointId::new(row.id),
            url: row.url,
            events: row.events.as_deref().map(|events| words(TABLE, events)).transpose()?,
            description: row.description,
            disabled: optional_word(TABLE, row.disabled.as_deref())?,
            secret: SigningSecret::new(row.secret),
            previous: row.previous_secret.map(SigningSecret::new).zip(until),
            sequence: row.sequence,
            health: Health {
                failures: row.failures,
                failing_since: row.failing_since.map(jiff_sqlx::Timestamp::to_jiff),
            },
            due_at: row.due_at.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
            enabled_at: row.enabled_at.to_jiff(),
            deleted: row.deleted,
        })
    }
}

fn names(events: Option<&Vec<EventType>>) -> Option<Vec<&'static str>> {
    events.map(|events| events.iter().map(|event| event.as_str()).collect())
}

/// Adds an endpoint.
pub async fn insert(tx: &mut TenantTx, endpoint: &Endpoint) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::endpoint::insert
        insert into webhook_endpoints
            (tenant_id, id, url, events, description, disabled, secret, created_at, updated_at, enabled_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant)
    .bind(endpoint.id.uuid())
    .bind(&endpoint.url)
    .bind(names(endpoint.events.as_ref()))
    .bind(&endpoint.description)
    .bind(endpoint.disabled.map(DisabledBecause::as_str))
    .bind(endpoint.secret.expose())
    .bind(endpoint.created_at.to_sqlx())
    .bind(endpoint.updated_at.to_sqlx())
    .bind(endpoint.enabled_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many endpoints there are.
pub async fn count(read: &mut TenantRead) -> Result<i64, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::webhook::endpoint::count
        select count(*) from webhook_endpoints where tenant_id = $1 and deleted_at is null",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// Endpoints after `after`, oldest first, `limit` at most.
pub async fn list(
    read: &mut TenantRead,
    after: Option<EndpointId>,
    limit: i64,
) -> Result<Vec<Endpoint>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::webhook::endpoint::list
        select id, url, events, description, disabled, secret, previous_secret, previous_until, sequence,
               failures, failing_since, due_at, created_at, updated_at, enabled_at,
               deleted_at is not null as deleted
          from webhook_endpoints
         where tenant_id = $1 and deleted_at is null and ($2::uuid is null or id > $2)
         order by id limit $3",
    )
    .bind(tenant)
    .bind(after.map(EndpointId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Endpoint::try_from).collect()
}

/// One endpoint, unless it was deleted.
pub async fn lookup(read: &mut TenantRead, endpoint: EndpointId) -> Result<Option<Endpoint>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::webhook::endpoint::lookup
        select id, url, events, description, disabled, secret, previous_secret, previous_until, sequence,
               failures, failing_since, due_at, created_at, updated_at, enabled_at,
               deleted_at is not null as deleted
          from webhook_endpoints
         where tenant_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Endpoint::try_from).transpose()
}

/// One endpoint, deleted ones included, which nobody else changes until the
/// transaction ends.
pub async fn lock(tx: &mut TenantTx, endpoint: EndpointId) -> Result<Option<Endpoint>, Error> {
    let tenant = tx.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::webhook::endpoint::lock
        select id, url, events, description, disabled, secret, previous_secret, previous_until, sequence,
               failures, failing_since, due_at, created_at, updated_at, enabled_at,
               deleted_at is not null as deleted
          from webhook_endpoints
         where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .fetch_optional(tx.connection())
    .await?;
    row.map(Endpoint::try_from).transpose()
}

/// Whether any endpoint is switched on.
pub async fn is_any_listening(read: &mut TenantRead) -> Result<bool, Error> {
    let tenant = read.tenant().uuid();
    Ok(sqlx::query_scalar(
        "-- store::webhook::endpoint::is_any_listening
        select exists (select from webhook_endpoints
                        where tenant_id = $1 and deleted_at is null and disabled is null)",
    )
    .bind(tenant)
    .fetch_one(read.connection())
    .await?)
}

/// The endpoints that are switched on, locked in one order.
pub async fn lock_listening(tx: &mut TenantTx) -> Result<Vec<Endpoint>, Error> {
    let tenant = tx.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::webhook::endpoint::lock_listening
        select id, url, events, description, disabled, secret, previous_secret, previous_until, sequence,
               failures, failing_since, due_at, created_at, updated_at, enabled_at,
               deleted_at is not null as deleted
          from webhook_endpoints
         where tenant_id = $1 and deleted_at is null and disabled is null
         order by id for update",
    )
    .bind(tenant)
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Endpoint::try_from).collect()
}

/// Writes everything about an endpoint that can change.
pub async fn update(tx: &mut TenantTx, endpoint: &Endpoint) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::endpoint::update
        update webhook_endpoints
           set url = $3, events = $4, description = $5, disabled = $6, secret = $7, previous_secret = $8,
               previous_until = $9, sequence = $10, failures = $11, failing_since = $12, due_at = $13,
               updated_at = $14, enabled_at = $15
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(endpoint.id.uuid())
    .bind(&endpoint.url)
    .bind(names(endpoint.events.as_ref()))
    .bind(&endpoint.description)
    .bind(endpoint.disabled.map(DisabledBecause::as_str))
    .bind(endpoint.secret.expose())
    .bind(endpoint.previous.as_ref().map(|(secret, _)| secret.expose()))
    .bind(endpoint.previous.as_ref().map(|(_, until)| until.to_sqlx()))
    .bind(endpoint.sequence)
    .bind(endpoint.health.failures)
    .bind(endpoint.health.failing_since.map(ToSqlx::to_sqlx))
    .bind(endpoint.due_at.map(ToSqlx::to_sqlx))
    .bind(endpoint.updated_at.to_sqlx())
    .bind(endpoint.enabled_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Hides an endpoint for good, and forgets its secrets; its row goes when its
/// deliveries are gone.
pub async fn delete(tx: &mut TenantTx, endpoint: EndpointId, now: Timestamp) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::endpoint::delete
        update webhook_endpoints
           set deleted_at = $3, updated_at = $3, secret = '', previous_secret = null, previous_until = null
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes an endpoint that has no deliveries.
pub async fn remove(tx: &mut TenantTx, endpoint: EndpointId) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::webhook::endpoint::remove
        delete from webhook_endpoints where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(endpoint.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}
