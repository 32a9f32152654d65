//! The upkeep of KPIs while the desk works: those of tenants that lack theirs
//! are made anew, and what a process with another target writes is mended.

use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::clock::Clock;
use crate::domain::id::TenantId;
use crate::flow::Desk;
use crate::flow::kpi::rebuild::{Need, Rebuild};
use crate::shutdown::Shutdown;
use crate::store::Owner;

/// How long KPIs that can't be made now are left alone: at first, and at most
/// after further failures.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// The upkeep of the KPIs of all tenants by this process.
pub(super) struct Upkeep {
    desk: Desk,
    owner_url: String,
    lacking: Vec<Lacking>,
    /// How long until all tenants are looked after again.
    every: Duration,
    /// When they are next.
    round: Instant,
}

/// A tenant whose KPIs are to be made anew.
struct Lacking {
    tenant: TenantId,
    slug: String,
    rebuild: Rebuild,
    due: Instant,
    /// How long it waits after the next failure.
    wait: Duration,
}

impl Upkeep {
    /// Finds out which tenants lack their KPIs: their tickets are older than the
    /// tables that KPIs are read from, or those were made for another target.
    /// Until they are made anew nobody reads them here; the same where it can't
    /// be found out.
    ///
    /// # Errors
    /// It can't be seen which tenants there are.
    pub(super) async fn begin(
        desk: Desk,
        owner: &mut Owner,
        owner_url: &str,
        every: Duration,
    ) -> Result<Self, Failure> {
        let (owner_url, lacking, round) = (owner_url.to_owned(), Vec::new(), Clock::monotonic());
        let mut upkeep = Self { desk, owner_url, lacking, every, round };
        for (tenant, slug) in owner.tenants().await? {
            let lacks = upkeep.desk.lacks_kpis(tenant).await.unwrap_or_else(|error| {
                tracing::error!(%error, slug, "it can't be seen now whether KPIs are to be made anew");
                true
            });
            if lacks {
                upkeep.withhold(tenant, slug);
            }
        }
        Ok(upkeep)
    }

    fn withhold(&mut self, tenant: TenantId, slug: String) {
        self.desk.withhold_kpis(tenant);
        let (rebuild, due) = (Rebuild::default(), Clock::monotonic());
        self.lacking.push(Lacking { tenant, slug, rebuild, due, wait: WAITS.0 });
    }

    /// Goes on until the shutdown begins: tenants that lack their KPIs come
    /// first, each in its turn; one that can't be helped now keeps none waiting.
    pub(super) async fn run(mut self, shutdown: Shutdown) {
        loop {
            let due = self.lacking.iter().map(|one| one.due).min();
            let next = due.map_or(self.round, |due| due.min(self.round));
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep_until(next.into()) => {}
            }
            // The next start goes on from what is cut off.
            tokio::select! {
                () = shutdown.draining() => return,
                () = self.go_on() => {}
            }
        }
    }

    async fn go_on(&mut self) {
        let now = Clock::monotonic();
        let first = self.lacking.iter().enumerate().min_by_key(|(_, one)| one.due);
        if let Some(place) = first.filter(|(_, one)| one.due <= now).map(|(place, _)| place) {
            let one = self.lacking.remove(place);
            self.help(one).await;
        } else {
            self.look_after_all().await;
            self.round = Clock::monotonic() + self.every;
        }
    }

    /// Makes the KPIs of a tenant anew, or has it wait behind the others.
    async fn help(&mut self, mut one: Lacking) {
        let before = one.rebuild.tickets();
        let made = self.make(&mut one).await;
        let (slug, tickets) = (&one.slug, one.rebuild.tickets());
        let wait = match made {
            Ok(true) => {
                tracing::info!(slug, tickets, "the KPIs of older tickets have been made up");
                return;
            }
            // Another process is at it.
            Ok(false) => WAITS.0,
            Err(error) => {
                tracing::error!(%error, slug, tickets, "KPIs can't be made up now");
                if tickets > before { WAITS.0 } else { one.wait }
            }
        };
        one.due = Clock::monotonic() + wait;
        one.wait = (wait * 2).min(WAITS.1);
        self.lacking.push(one);
    }

    /// `false`: another process makes them.
    async fn make(&self, one: &mut Lacking) -> Result<bool, Failure> {
        let mut owner = Owner::connect(&self.owner_url).await?;
        if !owner.lock_kpis(one.tenant).await? {
            owner.close().await?;
            return Ok(false);
        }
        let made = self.desk.make_kpis(one.tenant, &mut one.rebuild).await;
        let left = owner.close().await;
        made?;
        left?;
        Ok(true)
    }

    async fn look_after_all(&mut self) {
        let tenants = match self.tenants().await {
            Ok(tenants) => tenants,
            Err(error) => {
                tracing::warn!(%error, "it can't be seen now whose KPIs are to be mended");
                return;
            }
        };
        for (tenant, slug) in tenants {
            if self.desk.expect_kpis(tenant).is_ok()
                && let Err(error) = self.look_after(tenant, &slug).await
            {
                tracing::warn!(%error, slug, "KPIs can't be mended now");
            }
        }
    }

    async fn tenants(&self) -> Result<Vec<(TenantId, String)>, Failure> {
        let mut owner = Owner::connect(&self.owner_url).await?;
        let tenants = owner.tenants().await?;
        owner.close().await?;
        Ok(tenants)
    }

    /// Mends what other processes wrote, and finds what one of them began to make
    /// anew and left.
    async fn look_after(&mut self, tenant: TenantId, slug: &str) -> Result<(), Failure> {
        let need = self.desk.kpi_need(tenant).await?;
        if need == Need::Nothing {
            return Ok(());
        }
        let mut owner = Owner::connect(&self.owner_url).await?;
        if owner.lock_kpis(tenant).await? {
            if need == Need::Making {
                self.withhold(tenant, slug.to_owned());
            } else {
                let tickets = self.desk.mend_kpis(tenant).await?;
                tracing::debug!(slug, tickets, "app.upkeep.mended");
            }
        }
        Ok(owner.close().await?)
    }
}
