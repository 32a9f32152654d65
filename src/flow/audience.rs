//! Whoever listens to streams in this process: how many may, and how they hear
//! that there is something new.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::error::Error;
use super::kpi::version::version;
use crate::domain::id::TenantId;
use crate::store;

/// How many may listen, and how they are kept awake.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Streams of this process.
    pub most: usize,
    /// Streams of one tenant in it.
    pub most_of_tenant: usize,
    /// How long a stream is silent before it says that it is alive.
    pub heartbeat: Duration,
}

/// How far a tenant is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The end of its feed.
    pub feed: i64,
    /// How often its numbers have changed.
    pub kpis: i64,
}

/// Everybody who listens. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Audience {
    settings: Settings,
    rows: Arc<Mutex<Rows>>,
    leaving: CancellationToken,
}

#[derive(Debug, Default)]
struct Rows {
    seats: usize,
    of_tenants: HashMap<TenantId, Row>,
}

#[derive(Debug)]
struct Row {
    seats: usize,
    news: watch::Sender<News>,
}

/// A place among those who listen; given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    audience: Audience,
    tenant: TenantId,
    news: watch::Receiver<News>,
}

impl Audience {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, rows: Arc::default(), leaving: CancellationToken::new() }
    }

    /// How long a stream is silent before it says that it is alive.
    #[must_use]
    pub const fn heartbeat(&self) -> Duration {
        self.settings.heartbeat
    }

    /// Takes a seat for a stream of a tenant.
    ///
    /// # Errors
    /// [`Error::Busy`]: all seats, or all of the tenant, are taken, or everybody
    /// is asked to leave.
    pub fn take(&self, tenant: TenantId) -> Result<Seat, Error> {
        if self.leaving.is_cancelled() {
            return Err(Error::Busy("the service is stopping"));
        }
        let mut rows = self.rows();
        if rows.seats >= self.settings.most {
            return Err(Error::Busy("too many streams are open"));
        }
        let row =
            rows.of_tenants.entry(tenant).or_insert_with(|| Row { seats: 0, news: watch::Sender::default() });
        if row.seats >= self.settings.most_of_tenant {
            return Err(Error::Busy("too many streams of the tenant are open"));
        }
        row.seats += 1;
        let news = row.news.subscribe();
        rows.seats += 1;
        Ok(Seat { audience: self.clone(), tenant, news })
    }

    /// Asks everybody to leave, now and from now on.
    pub fn dismiss(&self) {
        self.leaving.cancel();
    }

    /// The tenants whose streams are listened to.
    fn tenants(&self) -> Vec<TenantId> {
        self.rows().of_tenants.keys().copied().collect()
    }

    fn announce(&self, tenant: TenantId, news: News) {
        if let Some(row) = self.rows().of_tenants.get(&tenant) {
            row.news.send_if_modified(|known| std::mem::replace(known, news) != news);
        }
    }

    /// The counts are whole after every statement, so a panic elsewhere while
    /// the lock was held leaves them usable.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Ends when there is something new, or was since the last call. `false`:
    /// everybody is asked to leave.
    pub async fn heard(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.audience.leaving.cancelled() => false,
            changed = self.news.changed() => changed.is_ok(),
        }
    }

    /// Whether everybody is asked to leave.
    #[must_use]
    pub fn is_dismissed(&self) -> bool {
        self.audience.leaving.is_cancelled()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rows = self.audience.rows();
        rows.seats = rows.seats.saturating_sub(1);
        if let Some(row) = rows.of_tenants.get_mut(&self.tenant) {
            row.seats = row.seats.saturating_sub(1);
            if row.seats == 0 {
                rows.of_tenants.remove(&self.tenant);
            }
        }
    }
}

impl Desk {
    /// Looks how far the tenants are whose streams are listened to, and wakes
    /// the streams of those that have moved on. What can't be looked at now is
    /// looked at another time.
    pub async fn report_news(&self) {
        for tenant in self.audience().tenants() {
            match self.news(tenant).await {
                Ok(news) => self.audience().announce(tenant, news),
                Err(error) => tracing::debug!(%error, %tenant, "flow.audience.failed"),
            }
        }
    }

    async fn news(&self, tenant: TenantId) -> Result<News, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let feed = store::feed::end(&mut read).await?;
        let kpis = version(&mut read, Some(Timestamp::MAX)).await?.changes();
        read.finish().await?;
        Ok(News { feed, kpis })
    }
}
