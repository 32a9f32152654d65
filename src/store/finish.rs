//! The end of a lease, in the transaction that did the work. A worker that was
//! away for too long finds its token gone, and everything it did is undone.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::connect::Store;
use super::error::Error;
use super::tenancy::TenantTx;
use crate::domain::timer::Lease;

/// Locks the timer and proves that the lease still holds; without it the work
/// must not be done.
pub async fn holds(tx: &mut TenantTx, lease: &Lease) -> Result<(), Error> {
    let held: Option<i32> = sqlx::query_scalar(
        "-- store::finish::holds
        select 1 from timers
         where tenant_id = $1 and kind = $2 and subject = $3 and lease = $4 for update",
    )
    .bind(lease.tenant.uuid())
    .bind(lease.kind.as_str())
    .bind(lease.subject)
    .bind(lease.token)
    .fetch_optional(tx.connection())
    .await?;
    held.map(|_| ()).ok_or(Error::LeaseLost)
}

/// Nothing is left to do: the timer goes.
pub async fn done(tx: &mut TenantTx, lease: &Lease) -> Result<(), Error> {
    let gone = sqlx::query(
        "-- store::finish::done
        delete from timers where tenant_id = $1 and kind = $2 and subject = $3 and lease = $4",
    )
    .bind(lease.tenant.uuid())
    .bind(lease.kind.as_str())
    .bind(lease.subject)
    .bind(lease.token)
    .execute(tx.connection())
    .await?;
    one(gone.rows_affected())
}

/// The work goes on: nobody else gets it before `until`.
pub async fn extend(tx: &mut TenantTx, lease: &Lease, until: Timestamp) -> Result<(), Error> {
    let held = sqlx::query(
        "-- store::finish::extend
        update timers set ready_at = greatest($5, due_at)
         where tenant_id = $1 and kind = $2 and subject = $3 and lease = $4",
    )
    .bind(lease.tenant.uuid())
    .bind(lease.kind.as_str())
    .bind(lease.subject)
    .bind(lease.token)
    .bind(until.to_sqlx())
    .execute(tx.connection())
    .await?;
    one(held.rows_affected())
}

/// Something is left to do at a later instant.
pub async fn again(tx: &mut TenantTx, lease: &Lease, due_at: Timestamp) -> Result<(), Error> {
    let set = sqlx::query(
        "-- store::finish::again
        update timers set due_at = $5, ready_at = $5, lease = null, attempts = 0
         where tenant_id = $1 and kind = $2 and subject = $3 and lease = $4",
    )
    .bind(lease.tenant.uuid())
    .bind(lease.kind.as_str())
    .bind(lease.subject)
    .bind(lease.token)
    .bind(due_at.to_sqlx())
    .execute(tx.connection())
    .await?;
    one(set.rows_affected())
}

const fn one(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::LeaseLost) }
}

impl Store {
    /// The work failed: the timer rests until `ready_at` and keeps the instant
    /// it was due at. A lease that was lost stays lost.
    pub async fn put_off(&self, lease: &Lease, ready_at: Timestamp) -> Result<(), Error> {
        let mut lent = self.lend().await?;
        sqlx::query(
            "-- store::finish::put_off
            update timers set ready_at = greatest($5, due_at), lease = null
             where tenant_id = $1 and kind = $2 and subject = $3 and lease = $4",
        )
        .bind(lease.tenant.uuid())
        .bind(lease.kind.as_str())
        .bind(lease.subject)
        .bind(lease.token)
        .bind(ready_at.to_sqlx())
        .execute(lent.connection())
        .await?;
        lent.pass_on();
        Ok(())
    }
}
