//! What a tenant decides about alerts: read and replaced as a whole.

use serde_json::json;

use super::super::desk::Desk;
use super::super::error::Error;
use super::super::execution::{UseCase, Work};
use crate::domain::alert::Settings;
use crate::domain::audit::Act;
use crate::domain::id::TenantId;
use crate::store;

/// Puts settings in the place of those in force.
#[derive(Debug, Clone)]
pub struct ReplaceSettings {
    /// What they are to be.
    pub settings: Settings,
    /// The versions that they are meant to follow.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for ReplaceSettings {
    type Output = (i64, Settings);

    async fn run(&self, work: &mut Work<'_>) -> Result<(i64, Settings), Error> {
        store::alert::settings::hold(&mut work.tx).await?;
        let (version, present) = store::alert::settings::lookup(work.tx.read()).await?;
        if self.expected.as_ref().is_some_and(|versions| !versions.contains(&version)) {
            return Err(Error::VersionMismatch);
        }
        if present == self.settings {
            return Ok((version, present));
        }
        let version = version + 1;
        store::alert::settings::put(&mut work.tx, version, &self.settings, work.now).await?;
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "alert_settings.edit",
            target: None,
            detail: json!({ "version": version }),
        };
        store::audit::append(&mut work.tx, &act).await?;
        Ok((version, self.settings.clone()))
    }
}

impl Desk {
    /// The settings in force with their version; 0: those that are shipped.
    pub async fn alert_settings(&self, tenant: TenantId) -> Result<(i64, Settings), Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::alert::settings::lookup(&mut read).await?;
        read.finish().await?;
        Ok(found)
    }
}
