//! Maintenance: announced, called off, looked at.

use jiff::Timestamp;
use serde_json::json;

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::audit::Act;
use crate::domain::id::{MaintenanceId, TenantId};
use crate::domain::maintenance::{Maintenance, NewMaintenance};
use crate::store;

/// Announces maintenance.
#[derive(Debug, Clone)]
pub struct Announce(pub NewMaintenance);

impl UseCase for Announce {
    type Output = Maintenance;

    async fn run(&self, work: &mut Work<'_>) -> Result<Maintenance, Error> {
        let NewMaintenance { services, from, to, reason } = &self.0;
        let window = Maintenance {
            id: MaintenanceId::new(work.desk.clock().new_id()),
            services: services.clone(),
            from: *from,
            to: *to,
            reason: reason.clone(),
            cancelled_at: None,
            created_at: work.now,
        };
        store::maintenance::insert(&mut work.tx, &window).await?;
        store::uptime::change(&mut work.tx, work.now).await?;
        audit(work, "maintenance.announce", &window).await?;
        Ok(window)
    }
}

/// Calls maintenance off; one that runs ends now.
#[derive(Debug, Clone, Copy)]
pub struct CallOff(pub MaintenanceId);

impl UseCase for CallOff {
    type Output = Maintenance;

    async fn run(&self, work: &mut Work<'_>) -> Result<Maintenance, Error> {
        let found = store::maintenance::lock(&mut work.tx, self.0).await?;
        let mut window = found.ok_or(Error::NotFound("maintenance"))?;
        let before = window.cancelled_at;
        window.cancel(work.now);
        if window.cancelled_at != before {
            store::maintenance::cancel(&mut work.tx, &window).await?;
            store::uptime::change(&mut work.tx, work.now).await?;
            audit(work, "maintenance.cancel", &window).await?;
        }
        Ok(window)
    }
}

async fn audit(work: &mut Work<'_>, action: &'static str, window: &Maintenance) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: Some(window.id.uuid()),
        detail: json!({ "services": window.services, "from": window.from, "to": window.to }),
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}

impl Desk {
    /// Windows announced before another one, the latest first, `limit` at
    /// most; about one service if it is named, and of those that reach beyond
    /// the first and begin before the second instant.
    pub async fn maintenance_windows(
        &self,
        tenant: TenantId,
        service: Option<&str>,
        between: (Option<Timestamp>, Option<Timestamp>),
        before: Option<MaintenanceId>,
        limit: i64,
    ) -> Result<Vec<Maintenance>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let windows = store::maintenance::list(&mut read, service, between, before, limit).await?;
        read.finish().await?;
        Ok(windows)
    }

    /// One window.
    pub async fn maintenance(&self, tenant: TenantId, window: MaintenanceId) -> Result<Maintenance, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::maintenance::lookup(&mut read, window).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("maintenance"))
    }
}
