//! Which state a tenant's numbers are in: what a dashboard that polls asks for
//! far more often than for the numbers.

use jiff::Timestamp;

use crate::domain::id::TenantId;
use crate::domain::kpi::{Name, Question};
use crate::domain::uptime;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::shared::Shared;
use crate::store::{self, TenantRead};

/// Names the state that an answer rests on. Equal ones mean that no fact has
/// changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// How often contributions of tickets have changed.
    pub tickets: i64,
    /// The state of what is known of services; none: it does not rest on that.
    pub services: Option<uptime::Version>,
    /// The instant of the last thing that it rests on.
    pub as_of: Option<Timestamp>,
}

impl Version {
    /// The same of an answer that rests on services alone.
    #[must_use]
    pub fn without_tickets(self) -> Self {
        Self { tickets: 0, as_of: self.services.and_then(|services| services.as_of), ..self }
    }

    /// How many changes there were. It grows with each.
    #[must_use]
    pub fn changes(&self) -> i64 {
        self.tickets + self.services.map_or(0, |services| services.changes)
    }
}

/// Readings of it, shared by those who ask at once; with what is known of
/// services before an instant, or without.
pub(in crate::flow) type Versions = Shared<(TenantId, Option<Timestamp>), Version>;

/// Before which instant a question asks about services; none: it does not.
#[must_use]
pub fn services_until(question: &Question) -> Option<Timestamp> {
    let end = if question.open { Timestamp::MAX } else { question.window.to };
    question.names.contains(&Name::Uptime).then_some(end)
}

/// Names the state of a tenant's numbers, with what is known of services before
/// an instant or without.
pub(in crate::flow) async fn version(
    read: &mut TenantRead,
    services_until: Option<Timestamp>,
) -> Result<Version, Error> {
    let (tickets, told_at) = store::kpi::delta::version(read).await?;
    let services = match services_until {
        Some(end) => Some(store::uptime::version(read, end).await?),
        None => None,
    };
    Ok(Version { tickets, services, as_of: told_at.max(services.and_then(|services| services.as_of)) })
}

impl Desk {
    /// Names the state of a tenant's numbers without looking at them, with what
    /// is known of services before an instant or without.
    pub async fn kpi_version(
        &self,
        tenant: TenantId,
        services_until: Option<Timestamp>,
    ) -> Result<Version, Error> {
        let desk = self.clone();
        let reading = move || {
            let desk = desk.clone();
            async move { desk.version_now(tenant, services_until).await.ok() }
        };
        match self.versions().read((tenant, services_until), reading).await {
            Some(version) => Ok(version),
            // Each finds out by itself what is wrong.
            None => self.version_now(tenant, services_until).await,
        }
    }

    async fn version_now(
        &self,
        tenant: TenantId,
        services_until: Option<Timestamp>,
    ) -> Result<Version, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let version = version(&mut read, services_until).await?;
        read.finish().await?;
        Ok(version)
    }
}
