//! Transactions that belong to a tenant: no tenant, no connection.

use sqlx::{PgConnection, Postgres, Transaction};

use super::error::Error;
use super::share::Place;
use crate::domain::id::TenantId;

/// A transaction of one tenant that may only read.
pub struct TenantRead {
    transaction: Transaction<'static, Postgres>,
    tenant: TenantId,
    /// Kept as long as the connection.
    _place: Place,
}

impl TenantRead {
    /// The tenant whose rows are seen.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// For statements, within the store.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Ends the reading. A reading that is dropped ends too, only later.
    pub async fn finish(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}

/// A transaction of one tenant that may write. Dropped without
/// [`TenantTx::commit`], it has done nothing.
pub struct TenantTx {
    read: TenantRead,
}

impl TenantTx {
    /// The tenant whose rows are seen and written.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.read.tenant
    }

    /// The same transaction, for functions that only read.
    pub const fn read(&mut self) -> &mut TenantRead {
        &mut self.read
    }

    /// For statements, within the store.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.read.transaction
    }

    /// Makes everything last.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.read.transaction.commit().await?)
    }

    /// Undoes everything.
    pub async fn roll_back(self) -> Result<(), Error> {
        Ok(self.read.transaction.rollback().await?)
    }
}

/// The one place that says whose transaction it is. The setting is written as
/// a literal, which a database distributed by tenant passes on to its shards,
/// and made from a UUID, which cannot be anything but one.
pub(super) fn opening(tenant: TenantId, mode: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("-- store::begin\nbegin {mode}; set local app.tenant_id = '{tenant}'"))
}

/// Whoever writes finds rows by their keys, whatever the values: one plan of a
/// statement does for all of them. One made for a tenant that the planner knows
/// nothing of would take any index that begins with the tenant. Nor do further
/// processes help: beginning them takes longer than finding few rows.
pub(super) async fn begin(pool: &sqlx::PgPool, tenant: TenantId, place: Place) -> Result<TenantTx, Error> {
    let opening = opening(tenant, "read write").0
        + "; set local plan_cache_mode = force_generic_plan; set local max_parallel_workers_per_gather = 0";
    let transaction = pool.begin_with(sqlx::AssertSqlSafe(opening)).await?;
    Ok(TenantTx { read: TenantRead { transaction, tenant, _place: place } })
}

/// Every statement sees what the first one saw.
pub(super) async fn begin_steady(
    pool: &sqlx::PgPool,
    tenant: TenantId,
    place: Place,
) -> Result<TenantTx, Error> {
    let transaction = pool.begin_with(opening(tenant, "isolation level repeatable read read write")).await?;
    Ok(TenantTx { read: TenantRead { transaction, tenant, _place: place } })
}

pub(super) async fn begin_read(
    pool: &sqlx::PgPool,
    tenant: TenantId,
    place: Place,
) -> Result<TenantRead, Error> {
    let transaction = pool.begin_with(opening(tenant, "isolation level repeatable read read only")).await?;
    Ok(TenantRead { transaction, tenant, _place: place })
}
