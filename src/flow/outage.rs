//! Outages: reported, closed, looked at.

use jiff::Timestamp;
use serde_json::json;

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::audit::Act;
use crate::domain::id::{OutageId, TenantId};
use crate::domain::outage::{NewOutage, Outage, OutagePatch, Wanted};
use crate::store;

/// Reports an outage.
#[derive(Debug, Clone)]
pub struct ReportOutage(pub NewOutage);

impl UseCase for ReportOutage {
    type Output = Outage;

    async fn run(&self, work: &mut Work<'_>) -> Result<Outage, Error> {
        let NewOutage { service, from, to, reason } = &self.0;
        for (field, at) in [("/from", Some(*from)), ("/to", *to)] {
            expect_past(work, field, at)?;
        }
        let outage = Outage {
            id: OutageId::new(work.desk.clock().new_id()),
            service: service.clone(),
            monitor: None,
            from: *from,
            to: *to,
            reason: reason.clone(),
            created_at: work.now,
            updated_at: work.now,
        };
        store::outage::insert(&mut work.tx, &outage).await?;
        store::uptime::change(&mut work.tx, work.now).await?;
        audit(work, "outage.report", &outage).await?;
        Ok(outage)
    }
}

/// Time that has not come was not observed by anybody.
fn expect_past(work: &Work<'_>, field: &str, at: Option<Timestamp>) -> Result<(), Error> {
    match at {
        Some(at) if at > work.now => Err(Error::invalid(
            field,
            "in_future",
            "must not be later than now; announce maintenance instead",
        )),
        _ => Ok(()),
    }
}

/// Closes an outage that somebody reported, or says more of it.
#[derive(Debug, Clone)]
pub struct EditOutage {
    /// Which one.
    pub outage: OutageId,
    /// What is to change.
    pub patch: OutagePatch,
}

impl UseCase for EditOutage {
    type Output = Outage;

    async fn run(&self, work: &mut Work<'_>) -> Result<Outage, Error> {
        let found = store::outage::lock(&mut work.tx, self.outage).await?;
        let mut outage = found.ok_or(Error::NotFound("outage"))?;
        let before = outage.clone();
        let OutagePatch { to, reason } = &self.patch;
        if let Some(to) = to {
            if outage.monitor.is_some() {
                let detail = "the outage was found by a monitor, which ends it";
                return Err(Error::Conflict(detail.to_owned()));
            }
            expect_past(work, "/to", Some(*to))?;
            if *to < outage.from {
                return Err(Error::invalid("/to", "not_after", "must not be earlier than its beginning"));
            }
            outage.to = Some(*to);
        }
        if let Some(reason) = reason {
            outage.reason.clone_from(reason);
        }
        if outage != before {
            outage.updated_at = work.now;
            store::outage::update(&mut work.tx, &outage).await?;
            store::uptime::change(&mut work.tx, work.now).await?;
            audit(work, "outage.update", &outage).await?;
        }
        Ok(outage)
    }
}

async fn audit(work: &mut Work<'_>, action: &'static str, outage: &Outage) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: Some(outage.id.uuid()),
        detail: json!({ "service": outage.service, "from": outage.from, "to": outage.to }),
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}

impl Desk {
    /// Outages that began before the place of another one, the latest first,
    /// `limit` at most.
    pub async fn outages(
        &self,
        tenant: TenantId,
        wanted: &Wanted,
        before: Option<(Timestamp, OutageId)>,
        limit: i64,
    ) -> Result<Vec<Outage>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let outages = store::outage::list(&mut read, wanted, before, limit).await?;
        read.finish().await?;
        Ok(outages)
    }

    /// One outage.
    pub async fn outage(&self, tenant: TenantId, outage: OutageId) -> Result<Outage, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::outage::lookup(&mut read, outage).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("outage"))
    }
}
