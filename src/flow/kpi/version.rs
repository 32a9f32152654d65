//! Which state a tenant's numbers are in: what a dashboard that polls asks for
//! far more often than for the numbers.

use jiff::Timestamp;

use crate::domain::id::TenantId;
use crate::domain::kpi::Name;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::shared::Shared;
use crate::store;

/// The name of a state, and the instant of the tenant's last event; nothing
/// where there is no such name.
type Version = Option<(i64, Option<Timestamp>)>;

/// Readings of it, shared by those who ask at once; with uptime or without.
pub(in crate::flow) type Versions = Shared<(TenantId, bool), Version>;

impl Desk {
    /// Names the state of a tenant's numbers, without looking at them: as they
    /// are, and the instant of the tenant's last event.
    /// With uptime among the numbers there is no such name while anything is
    /// watched: it changes all the time.
    pub async fn kpi_version(&self, tenant: TenantId, names: &[Name]) -> Result<Version, Error> {
        let uptime = names.contains(&Name::Uptime);
        let desk = self.clone();
        let reading = move || {
            let desk = desk.clone();
            async move { desk.version_now(tenant, uptime).await.ok() }
        };
        match self.versions().read((tenant, uptime), reading).await {
            Some(version) => Ok(version),
            // Each finds out by itself what is wrong.
            None => self.version_now(tenant, uptime).await,
        }
    }

    async fn version_now(&self, tenant: TenantId, uptime: bool) -> Result<Version, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let moves = uptime && store::kpi::delta::watched(&mut read).await?;
        let version = store::kpi::delta::version(&mut read).await?;
        read.finish().await?;
        Ok((!moves).then_some(version))
    }
}
