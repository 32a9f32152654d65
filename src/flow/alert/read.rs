//! Looking at groups of alerts.

use super::super::desk::Desk;
use super::super::error::Error;
use crate::domain::alert::{Shown, Wanted};
use crate::domain::id::{AlertId, TenantId};
use crate::store;

impl Desk {
    /// Groups of alerts, newest first, from before `before` on, `limit` at most.
    pub async fn alerts(
        &self,
        tenant: TenantId,
        wanted: &Wanted,
        before: Option<AlertId>,
        limit: i64,
    ) -> Result<Vec<Shown>, Error> {
        let mut read = match wanted.ticket {
            Some(ticket) => self.begin_about(tenant, ticket).await?,
            None => self.store().begin_read(tenant).await?,
        };
        let found = store::alert::list::list(&mut read, wanted, before, limit).await?;
        read.finish().await?;
        Ok(found)
    }

    /// One group of alerts.
    pub async fn alert(&self, tenant: TenantId, alert: AlertId) -> Result<Shown, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::alert::list::lookup(&mut read, alert).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("group of alerts"))
    }
}
