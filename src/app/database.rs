//! Where the database is, and making it ready for this version of the service.

use std::time::Duration;

use super::failure::Failure;
use super::print;
use crate::config::{Config, Database, Pooler};
use crate::embedded::{self, Access};
use crate::store::migrate::Unfit;
use crate::store::{self, Owner, migrate as schema, pooler};
use crate::telemetry;

/// How long a database that is away at the start is tried for.
const PATIENCE: Duration = Duration::from_mins(1);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// How long another process may migrate; big tables take their time.
const TURN: Duration = Duration::from_mins(10);
/// How often it is looked whether the other process has finished.
const LOOK: Duration = Duration::from_millis(50);
/// Connections of the embedded server beside those that serve requests: the
/// probes, the owner, commands, and those that PostgreSQL keeps for superusers.
const SPARE: u32 = 20;
/// The fewest connections that the embedded server takes.
const FEWEST: u32 = 50;

/// Whether the embedded server may be another process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Two services on one data directory are refused.
    Alone,
    /// A command may work beside a running service.
    Beside,
}

/// The database that the configuration names.
#[derive(Debug)]
pub struct Place {
    embedded: Option<Access>,
    owner_url: String,
    app_url: String,
}

impl Place {
    /// Finds the external database, or starts the embedded one.
    ///
    /// # Errors
    /// The embedded server can't be started, or another process uses its data.
    pub async fn find(database: &Database, sharing: Sharing) -> Result<Self, Failure> {
        if let Some(url) = &database.url {
            let owner_url = url.expose().to_owned();
            let app_url =
                database.app_url.as_ref().map_or_else(|| owner_url.clone(), |url| url.expose().to_owned());
            return Ok(Self { embedded: None, owner_url, app_url });
        }
        let settings = embedded_settings(database);
        let access = match sharing {
            Sharing::Alone => Access::Own(embedded::start(&settings).await?),
            Sharing::Beside => embedded::start_or_attach(&settings).await?,
        };
        let url = access.url().to_owned();
        Ok(Self { embedded: Some(access), owner_url: url.clone(), app_url: url })
    }

    /// How requests reach it.
    #[must_use]
    pub fn settings(&self, database: &Database) -> store::Settings {
        store::Settings {
            url: self.app_url.clone(),
            sessions: match database.pooler {
                Pooler::Session => store::Sessions::Own,
                Pooler::Transaction => store::Sessions::Shared { past_pooler: self.owner_url.clone() },
            },
            max_connections: database.max_connections,
            acquire_timeout: database.acquire_timeout,
            statement_timeout: database.statement_timeout,
            lock_timeout: database.lock_timeout,
            idle_in_transaction_timeout: database.idle_in_transaction_timeout,
        }
    }

    /// How the role that owns the schema reaches it.
    #[must_use]
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// Connects as the owner, becomes the one process that changes the
    /// install, migrates, and checks that requests can be served. A database
    /// that is away is tried again for a minute.
    ///
    /// # Errors
    /// [`Failure::Failed`] with what is wrong with the database and what to do.
    pub async fn prepare(&self, database: &Database) -> Result<Owner, Failure> {
        let mut waited = Duration::ZERO;
        loop {
            match self.attempt(database).await {
                Err(Unfit::Store(store::Error::Unavailable(error))) if waited < PATIENCE => {
                    let left = PATIENCE.saturating_sub(waited).as_secs();
                    tracing::warn!(%error, tries_for_seconds = left, "the database is away; trying again");
                    tokio::time::sleep(PAUSE).await;
                    waited += PAUSE;
                }
                ended => return Ok(ended?),
            }
        }
    }

    async fn attempt(&self, database: &Database) -> Result<Owner, Unfit> {
        if self.embedded.is_none() {
            pooler::expect_own_sessions(&self.owner_url).await?;
            match database.pooler {
                Pooler::Transaction => pooler::expect_prepared_statements(&self.app_url).await?,
                Pooler::Session if self.app_url == self.owner_url => {}
                Pooler::Session => pooler::expect_own_sessions(&self.app_url).await?,
            }
        }
        let mut owner = Owner::connect(&self.owner_url).await?;
        let mut waited = Duration::ZERO;
        while !owner.lock().await? {
            if waited.is_zero() {
                tracing::info!("waiting for another process that prepares the database");
            }
            if waited >= TURN {
                return Err(Unfit::Occupied { minutes: TURN.as_secs() / 60 });
            }
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
        }
        let applied = owner.migrate().await?;
        if applied > 0 {
            tracing::info!(applied, "the schema has been brought up to date");
        }
        schema::check(&self.settings(database)).await?;
        Ok(owner)
    }

    /// Leaves the database: stops the embedded server if this process runs it.
    ///
    /// # Errors
    /// The server does not end.
    pub async fn leave(self) -> Result<(), Failure> {
        match self.embedded {
            Some(access) => Ok(access.leave().await?),
            None => Ok(()),
        }
    }
}

fn embedded_settings(database: &Database) -> embedded::Settings {
    let connections = database.max_connections.saturating_add(SPARE).max(FEWEST);
    embedded::Settings {
        data_dir: database.data_dir.clone(),
        bin_dir: database.bin_dir.clone(),
        max_connections: u16::try_from(connections).unwrap_or(u16::MAX),
        ..embedded::Settings::default()
    }
}

/// `support-engineer migrate`.
pub(super) async fn migrate(config: &Config) -> Result<(), Failure> {
    telemetry::start(&config.logging).map_err(|error| Failure::usage(error.to_string()))?;
    let place = Place::find(&config.database, Sharing::Beside).await?;
    let prepared = match place.prepare(&config.database).await {
        Ok(owner) => owner.close().await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    let left = place.leave().await;
    prepared.and(left)?;
    print::out("the database is up to date")
}
