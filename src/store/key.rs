//! API keys.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::hint::{self, Hint};
use super::row::word;
use super::tenancy::{TenantRead, TenantTx};
use crate::domain::id::{AgentId, KeyId, TenantId};
use crate::domain::key::{FoundKey, Key};
use crate::domain::vocabulary::Role;

const TABLE: &str = "api_keys";

#[derive(sqlx::FromRow)]
struct FoundRow {
    tenant_id: Option<Uuid>,
    id: Uuid,
    role: String,
    name: String,
    agent_id: Option<Uuid>,
    origins: Vec<String>,
    creates_tenants: bool,
    expires_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
}

impl Store {
    /// The key whose secret has this SHA-256, whatever its tenant: the one
    /// look-up before a tenant is known.
    pub async fn find_key(&self, secret_hash: &[u8; 32]) -> Result<Option<FoundKey>, Error> {
        let mut lent = self.lend().await?;
        let row: Option<FoundRow> = sqlx::query_as(
            "-- store::key::find
            select tenant_id, id, role, name, agent_id, origins, creates_tenants, expires_at, revoked_at
              from find_api_key($1)",
        )
        .bind(secret_hash.as_slice())
        .fetch_optional(lent.connection())
        .await?;
        lent.pass_on();
        row.map(|row| {
            Ok(FoundKey {
                tenant: row.tenant_id.map(TenantId::new),
                id: KeyId::new(row.id),
                role: word(TABLE, &row.role)?,
                name: row.name,
                agent: row.agent_id.map(AgentId::new),
                origins: row.origins,
                creates_tenants: row.creates_tenants,
                expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
                revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            })
        })
        .transpose()
    }
}

/// Adds a key of the transaction's tenant.
pub async fn insert(tx: &mut TenantTx, key: &Key, secret_hash: &[u8; 32]) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::key::insert
        insert into api_keys (
            tenant_id, id, role, name, secret_hash, hint, agent_id, origins, creates_tenants, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tenant)
    .bind(key.id.uuid())
    .bind(key.role.as_str())
    .bind(&key.name)
    .bind(secret_hash.as_slice())
    .bind(&key.hint)
    .bind(key.agent.map(AgentId::uuid))
    .bind(&key.origins)
    .bind(key.creates_tenants)
    .bind(key.created_at.to_sqlx())
    .bind(key.expires_at.map(ToSqlx::to_sqlx))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends a key now, and tells all processes when that is committed. `false`: the
/// tenant has no such key.
pub async fn revoke(tx: &mut TenantTx, key: KeyId, now: Timestamp) -> Result<bool, Error> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query(
        "-- store::key::revoke
        update api_keys set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(key.uuid())
    .bind(now.to_sqlx())
    .execute(tx.connection())
    .await?;
    hint::give_with(tx, Hint::Keys).await?;
    Ok(done.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    role: String,
    name: String,
    hint: String,
    agent_id: Option<Uuid>,
    origins: Vec<String>,
    creates_tenants: bool,
    created_at: jiff_sqlx::Timestamp,
    expires_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Key {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let role: Role = word(TABLE, &row.role)?;
        Ok(Self {
            id: KeyId::new(row.id),
            role,
            name: row.name,
            hint: row.hint,
            agent: row.agent_id.map(AgentId::new),
            origins: row.origins,
            creates_tenants: row.creates_tenants,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Keys after `after`, oldest first, `limit` at most.
pub async fn list(read: &mut TenantRead, after: Option<KeyId>, limit: i64) -> Result<Vec<Key>, Error> {
    let tenant = read.tenant().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::key::list
        select id, role, name, hint, agent_id, origins, creates_tenants, created_at, expires_at, revoked_at
          from api_keys
         where tenant_id = $1 and ($2::uuid is null or id > $2)
         order by id limit $3",
    )
    .bind(tenant)
    .bind(after.map(KeyId::uuid))
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// One key.
pub async fn lookup(read: &mut TenantRead, key: KeyId) -> Result<Option<Key>, Error> {
    let tenant = read.tenant().uuid();
    let row: Option<Row> = sqlx::query_as(
        "-- store::key::lookup
        select id, role, name, hint, agent_id, origins, creates_tenants, created_at, expires_at, revoked_at
          from api_keys
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(key.uuid())
    .fetch_optional(read.connection())
    .await?;
    row.map(Key::try_from).transpose()
}
