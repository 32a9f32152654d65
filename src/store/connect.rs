//! Pools of connections, each lowered to the app role and guarded against
//! transactions that somebody left open.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};

use super::error::Error;
use super::share::{Place, Places};
use super::tenancy::{self, TenantRead, TenantTx};
use crate::domain::id::TenantId;

/// What lowers a connection to the role that serves requests.
pub(super) const LOWER: &str = "-- store::lower\nset role support_app";

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A role that may become `support_app`.
    pub url: String,
    /// Connections at most.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a statement waits for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may stand idle.
    pub idle_in_transaction_timeout: Duration,
}

/// The database, seen through the app role.
#[derive(Debug, Clone)]
pub struct Store {
    requests: PgPool,
    /// Who gets a connection of `requests`.
    places: Places,
    /// Health checks and the test clock: they must answer while every
    /// connection for requests is taken.
    probes: PgPool,
    patience: Duration,
}

impl Store {
    /// Makes the pools. Connections come when they are first needed, so this
    /// succeeds while the database is away.
    ///
    /// # Errors
    /// A URL that is none.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let options = options(settings)?;
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(settings.acquire_timeout)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        connection.execute(LOWER).await?;
                        Ok(())
                    })
                })
                // A `begin` that is cancelled in flight gives its connection
                // back inside a transaction; the next borrower's writes would
                // be acknowledged and lost. A bare `rollback` would do, but the
                // server logs a warning for each one that finds no transaction.
                .after_release(|connection, _| {
                    Box::pin(async move {
                        connection.execute("-- store::guard\nbegin; rollback").await?;
                        Ok(true)
                    })
                })
                .connect_lazy_with(options.clone())
        };
        let patience = settings.acquire_timeout;
        let places = Places::new(settings.max_connections);
        Ok(Self { requests: pool(settings.max_connections), places, probes: pool(2), patience })
    }

    /// How long a request waits for a connection.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// Begins a transaction of `tenant` that may write.
    pub async fn begin(&self, tenant: TenantId) -> Result<TenantTx, Error> {
        self.placed(tenant, |place| tenancy::begin(&self.requests, tenant, place)).await
    }

    /// Begins a transaction of `tenant` that may write and sees one state of the
    /// database; it may have to be run again.
    pub async fn begin_steady(&self, tenant: TenantId) -> Result<TenantTx, Error> {
        self.placed(tenant, |place| tenancy::begin_steady(&self.requests, tenant, place)).await
    }

    /// Begins a transaction of `tenant` that sees one state of the database
    /// and cannot write.
    pub async fn begin_read(&self, tenant: TenantId) -> Result<TenantRead, Error> {
        self.placed(tenant, |place| tenancy::begin_read(&self.requests, tenant, place)).await
    }

    /// Begins when it is the tenant's turn.
    async fn placed<T, F: Future<Output = Result<T, Error>>>(
        &self,
        tenant: TenantId,
        begin: impl FnOnce(Place) -> F,
    ) -> Result<T, Error> {
        let transaction = async { begin(self.places.take(tenant).await?).await };
        let transaction = tokio::time::timeout(self.patience, transaction).await;
        transaction.unwrap_or(Err(Error::Unavailable(sqlx::Error::PoolTimedOut)))
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("-- store::ping\nselect 1").execute(&self.probes).await?;
        Ok(())
    }

    /// Gives connections back, waiting no longer than `patience` for those in
    /// use.
    pub async fn close(&self, patience: Duration) {
        let closing = async { tokio::join!(self.requests.close(), self.probes.close()) };
        if tokio::time::timeout(patience, closing).await.is_err() {
            tracing::warn!("connections were still in use when the pool was left behind");
        }
    }

    /// For the few statements that come before any tenant, within the store.
    pub(super) const fn requests(&self) -> &PgPool {
        &self.requests
    }

    /// For the test clock, within the store.
    pub(super) const fn probes(&self) -> &PgPool {
        &self.probes
    }
}

/// How a connection for requests is made; it is not lowered yet.
pub(super) fn options(settings: &Settings) -> Result<PgConnectOptions, Error> {
    let milliseconds = |duration: Duration| duration.as_millis().to_string();
    let options: PgConnectOptions = settings.url.parse().map_err(Error::Statement)?;
    Ok(options.application_name("support-engineer").options([
        ("statement_timeout", milliseconds(settings.statement_timeout)),
        ("lock_timeout", milliseconds(settings.lock_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(settings.idle_in_transaction_timeout)),
        ("timezone", "UTC".to_owned()),
        // Every statement finds its rows by a key. Left to itself, the planner
        // reads the whole table where it knows it as a small one, and goes on
        // to, in plans that connections keep, while the table of a new install
        // grows to thousands of rows: foreign keys were checked like that.
        ("enable_seqscan", "off".to_owned()),
        // Statements are short: compiling them would take longer.
        ("jit", "off".to_owned()),
    ]))
}
