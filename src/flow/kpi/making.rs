//! Tenants whose numbers this process makes anew. Until they are there nobody
//! reads them here; whatever happens to tickets meanwhile goes into both.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::id::TenantId;
use crate::domain::kpi::Question;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::kpi::rebuild::Rebuild;
use crate::store;

/// Those tenants. A clone is another handle on the same set.
#[derive(Debug, Clone, Default)]
pub(in crate::flow) struct Making(Arc<RwLock<BTreeSet<TenantId>>>);

impl Making {
    fn holds(&self, tenant: TenantId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&tenant)
    }

    fn put(&self, tenant: TenantId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }

    fn take(&self, tenant: TenantId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }
}

impl Desk {
    /// From now on the numbers of a tenant are not read until they are made anew
    /// by [`Desk::make_kpis`].
    pub fn withhold_kpis(&self, tenant: TenantId) {
        self.making().put(tenant);
    }

    /// Makes the numbers of a tenant anew from where `rebuild` stands, if that is
    /// still needed, and lets them be read again.
    ///
    /// # Errors
    /// The database's; then they are still not read.
    pub async fn make_kpis(&self, tenant: TenantId, rebuild: &mut Rebuild) -> Result<(), Error> {
        if self.lacks_kpis(tenant).await? {
            self.go_on_rebuilding(tenant, rebuild).await?;
        }
        // Another process may have made them for another target meanwhile.
        self.mend_kpis(tenant).await?;
        self.making().take(tenant);
        // Streams tell of a state once, and this one could not be read until now.
        let mut tx = self.store().begin(tenant).await?;
        store::kpi::delta::pass(&mut tx, 1).await?;
        tx.commit().await?;
        self.bell().ring();
        Ok(())
    }

    /// That the numbers of a tenant can be read.
    ///
    /// # Errors
    /// [`Error::Busy`] while they are made anew.
    pub fn expect_kpis(&self, tenant: TenantId) -> Result<(), Error> {
        if self.making().holds(tenant) {
            return Err(Error::Busy("the KPIs are being made anew"));
        }
        Ok(())
    }

    /// That a question can be answered: it rests on no tickets, or their numbers
    /// can be read.
    ///
    /// # Errors
    /// [`Error::Busy`] while they are made anew.
    pub fn expect_answer(&self, tenant: TenantId, question: &Question) -> Result<(), Error> {
        if question.is_of_tickets() { self.expect_kpis(tenant) } else { Ok(()) }
    }
}
