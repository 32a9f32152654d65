//! Monitors: made, changed, and looked after when they are due.

mod check;
mod edit;
mod learn;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

pub use edit::{Beat, CreateMonitor, DeleteMonitor, EditMonitor};

pub(super) use check::look;

use super::desk::Desk;
use super::error::Error;
use super::execution::Work;
use crate::domain::audit::Act;
use crate::domain::id::{MonitorId, TenantId};
use crate::domain::monitor::Monitor;
use crate::domain::timer::{Timer, TimerKind};
use crate::outbound::http::Client;
use crate::store;

/// How monitors look.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What they ask by.
    pub client: Client,
}

/// A check takes this much longer than its answer, at most.
const MARGIN: Duration = Duration::from_secs(5);

const fn timer(monitor: MonitorId, due_at: Timestamp) -> Timer {
    Timer { kind: TimerKind::Monitor, subject: monitor.uuid(), due_at }
}

/// A monitor that is there, locked until the transaction ends.
async fn locked(work: &mut Work<'_>, monitor: MonitorId) -> Result<Monitor, Error> {
    store::monitor::lock(&mut work.tx, monitor).await?.ok_or(Error::NotFound("monitor"))
}

async fn audit(work: &mut Work<'_>, action: &'static str, monitor: MonitorId) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: Some(monitor.uuid()),
        detail: json!({}),
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}

impl Desk {
    /// Monitors of a tenant after `after`, oldest first, `limit` at most; of
    /// one service if it is named.
    pub async fn monitors(
        &self,
        tenant: TenantId,
        service: Option<&str>,
        after: Option<MonitorId>,
        limit: i64,
    ) -> Result<Vec<Monitor>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let monitors = store::monitor::list(&mut read, service, after, limit).await?;
        read.finish().await?;
        Ok(monitors)
    }

    /// One monitor.
    pub async fn monitor(&self, tenant: TenantId, monitor: MonitorId) -> Result<Monitor, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::monitor::lookup(&mut read, monitor).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("monitor"))
    }
}
