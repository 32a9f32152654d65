//! Keys of whoever runs the install. The app role can't read them; only the
//! owner, that is the command line, makes and ends them.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::error::Error;
use super::owner::Owner;
use crate::domain::id::KeyId;
use crate::domain::key::Key;
use crate::domain::vocabulary::Role;

/// Adds an operator key; its role, agent and origins are not kept.
pub async fn insert(owner: &mut Owner, key: &Key, secret_hash: &[u8; 32]) -> Result<(), Error> {
    sqlx::query(
        "-- store::operator::insert
        insert into operator_keys (id, name, secret_hash, hint, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id.uuid())
    .bind(&key.name)
    .bind(secret_hash.as_slice())
    .bind(&key.hint)
    .bind(key.created_at.to_sqlx())
    .bind(key.expires_at.map(ToSqlx::to_sqlx))
    .execute(&mut owner.connection)
    .await?;
    Ok(())
}

/// Ends an operator key now. `false`: there is no such key.
pub async fn revoke(owner: &mut Owner, key: KeyId, now: Timestamp) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- store::operator::revoke
        update operator_keys set revoked_at = coalesce(revoked_at, $2) where id = $1",
    )
    .bind(key.uuid())
    .bind(now.to_sqlx())
    .execute(&mut owner.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    hint: String,
    created_at: jiff_sqlx::Timestamp,
    expires_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for Key {
    fn from(row: Row) -> Self {
        Self {
            id: KeyId::new(row.id),
            role: Role::Operator,
            name: row.name,
            hint: row.hint,
            agent: None,
            origins: Vec::new(),
            creates_tenants: true,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// Every operator key, oldest first.
pub async fn list(owner: &mut Owner) -> Result<Vec<Key>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "-- store::operator::list
        select id, name, hint, created_at, expires_at, revoked_at from operator_keys order by id",
    )
    .fetch_all(&mut owner.connection)
    .await?;
    Ok(rows.into_iter().map(Key::from).collect())
}
