//! Transactions that belong to a tenant: no tenant, no connection.

use sqlx::PgConnection;

use super::error::Error;
use super::lending::{Lending, Lent};
use super::share::Place;
use crate::domain::id::TenantId;

/// A transaction of one tenant that may only read.
pub struct TenantRead {
    transaction: Lent,
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
        self.transaction.connection()
    }

    /// Ends the reading. A reading that is dropped ends too, only later.
    pub async fn finish(self) -> Result<(), Error> {
        self.transaction.roll_back().await
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
        self.read.transaction.connection()
    }

    /// Makes everything last.
    pub async fn commit(self) -> Result<(), Error> {
        self.read.transaction.commit().await
    }

    /// Undoes everything.
    pub async fn roll_back(self) -> Result<(), Error> {
        self.read.transaction.roll_back().await
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
pub(super) async fn begin(lending: &Lending, tenant: TenantId, place: Place) -> Result<TenantTx, Error> {
    let opening = opening(tenant, "read write").0
        + "; set local plan_cache_mode = force_generic_plan; set local max_parallel_workers_per_gather = 0";
    let transaction = lending.begin(sqlx::AssertSqlSafe(opening)).await?;
    Ok(TenantTx { read: TenantRead { transaction, tenant, _place: place } })
}

/// Every statement sees what the first one saw.
pub(super) async fn begin_steady(
    lending: &Lending,
    tenant: TenantId,
    place: Place,
) -> Result<TenantTx, Error> {
    let transaction = lending.begin(opening(tenant, "isolation level repeatable read read write")).await?;
    Ok(TenantTx { read: TenantRead { transaction, tenant, _place: place } })
}

pub(super) async fn begin_read(
    lending: &Lending,
    tenant: TenantId,
    place: Place,
) -> Result<TenantRead, Error> {
    let transaction = lending.begin(opening(tenant, "isolation level repeatable read read only")).await?;
    Ok(TenantRead { transaction, tenant, _place: place })
}
