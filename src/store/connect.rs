//! Pools of connections to the primary, each lowered to the app role and guarded
//! against transactions that somebody left open.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};
use tokio::time::error::Elapsed;

use super::error::Error;
use super::lending::{Lending, Lent};
use super::share::{Place, Places};
use super::tenancy::{self, TenantRead, TenantTx};
use crate::domain::id::TenantId;

/// Refuses a server that only follows another one. A proxy that has not noticed
/// a change of the primary leads there, and the connection would stay there.
const PRIMARY: &str = "-- store::primary
    do $$ begin
        if pg_is_in_recovery() then
            raise exception 'this server is a standby, and the primary is needed' using errcode = '25006';
        end if;
    end $$";

/// How long a connection may take to say that it lives, if that is less than a
/// quarter of what is waited for one.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);

/// How much longer than its longest statement a server may take to clear up.
const GRACE: Duration = Duration::from_secs(1);

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A role that may become `support_app`.
    pub url: String,
    /// Whose the sessions are that the URL leads to.
    pub sessions: Sessions,
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

/// Whose the sessions are that serve requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sessions {
    /// Each connection has one of its own.
    Own,
    /// A pooler gives each transaction another one. What a session must be like
    /// its role says, and hints are heard past the pooler.
    Shared {
        /// The database by a way on which sessions are one's own.
        past_pooler: String,
    },
}

/// The database, seen through the app role.
#[derive(Debug, Clone)]
pub struct Store {
    requests: Lending,
    /// Who gets a connection of `requests`.
    places: Places,
    /// Health checks and the test clock: they must answer while every
    /// connection for requests is taken.
    probes: Lending,
    patience: Duration,
}

impl Store {
    /// Makes the pools. Connections come when they are first needed, so this
    /// succeeds while the database is away.
    ///
    /// # Errors
    /// A URL that is none.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let options = options(&settings.url)?.application_name("support-engineer");
        let lowering = match settings.sessions {
            Sessions::Own => Some(lowering(settings)),
            // It would be whoever's session is there at the moment that is lowered.
            Sessions::Shared { .. } => None,
        };
        let bound = match settings.sessions {
            Sessions::Own => SIGN_OF_LIFE.min(settings.acquire_timeout / 4),
            // A pooler that has no server free at the moment is silent, too.
            Sessions::Shared { .. } => settings.acquire_timeout,
        };
        let longest = settings.statement_timeout.saturating_add(GRACE);
        let pool = |connections| {
            let lowering = lowering.clone();
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(settings.acquire_timeout)
                // Its own test has no bound but what is waited for a connection.
                .test_before_acquire(false)
                .before_acquire(move |connection, _| Box::pin(expect_life(connection, bound)))
                .after_connect(move |connection, _| {
                    let lowering = lowering.clone();
                    Box::pin(async move {
                        expect_primary(connection).await?;
                        if let Some(lowering) = lowering {
                            connection.execute(AssertSqlSafe(lowering)).await?;
                        }
                        Ok(())
                    })
                })
                .after_release(move |connection, _| Box::pin(clear(connection, longest)))
                .connect_lazy_with(options.clone())
        };
        let patience = settings.acquire_timeout;
        let places = Places::new(settings.max_connections);
        let requests = Lending::new(pool(settings.max_connections), bound);
        let probes = Lending::new(pool(2), bound);
        Ok(Self { requests, places, probes, patience })
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
        let mut lent = self.lend_probe().await?;
        sqlx::query("-- store::ping\nselect 1").execute(lent.connection()).await?;
        lent.pass_on();
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

    /// A connection for the few statements that are no tenant's, within the store.
    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        self.requests.lend().await
    }

    /// A connection for what must not wait for requests, within the store.
    pub(super) async fn lend_probe(&self) -> Result<Lent, Error> {
        self.probes.lend().await
    }
}

/// How a server is connected to. All that a pooler would refuse in the first
/// message of a connection is left out of it.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    let options: PgConnectOptions = url.parse().map_err(Error::Statement)?;
    Ok(options.extra_float_digits(None))
}

/// Leaves nothing of a transaction to the next borrower. A `begin` that is
/// cancelled in flight gives its connection back inside a transaction, and what
/// the next one writes would be acknowledged and lost. A bare `rollback` would do,
/// but the server logs a warning for each one that finds no transaction.
///
/// What is still running on the server ends in its time; a server that stays
/// silent for longer has gone, and its connection would take up a place for as
/// long as TCP hopes.
async fn clear(connection: &mut PgConnection, longest: Duration) -> Result<bool, sqlx::Error> {
    let clearing = connection.execute("-- store::guard\nbegin; rollback");
    tokio::time::timeout(longest, clearing).await.map_err(silent)??;
    Ok(true)
}

/// Refuses a connection that is lost or silent: another one is made in its place.
async fn expect_life(connection: &mut PgConnection, bound: Duration) -> Result<bool, sqlx::Error> {
    tokio::time::timeout(bound, connection.ping()).await.map_err(silent)??;
    Ok(true)
}

fn silent(_: Elapsed) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the server has gone silent"))
}

/// Lets nothing but the primary pass.
pub(super) async fn expect_primary(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(PRIMARY).execute(connection).await?;
    Ok(())
}

/// What lowers a session to the role that serves requests, and bounds what it
/// may take.
pub(super) fn lowering(settings: &Settings) -> String {
    let orders = needs(settings).map(|(name, value)| format!("set {name} = {value}"));
    format!("-- store::lower\n{}", orders.join("; "))
}

/// The settings of a session that serves requests, as literals.
pub(super) fn needs(settings: &Settings) -> [(&'static str, String); 6] {
    let milliseconds = |bound: Duration| bound.as_millis().to_string();
    [
        ("role", "support_app".to_owned()),
        ("statement_timeout", milliseconds(settings.statement_timeout)),
        ("lock_timeout", milliseconds(settings.lock_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(settings.idle_in_transaction_timeout)),
        // Every statement finds its rows by a key. Left to itself, the planner
        // reads the whole table where it knows it as a small one, and goes on
        // to, in plans that connections keep, while the table of a new install
        // grows to thousands of rows: foreign keys were checked like that.
        ("enable_seqscan", "off".to_owned()),
        // Statements are short: compiling them would take longer.
        ("jit", "off".to_owned()),
    ]
}
