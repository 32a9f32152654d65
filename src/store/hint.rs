//! Hints between processes that there may be something to do. They may be lost:
//! whoever waits for one looks by itself from time to time.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::connect::{Settings, Store, options};
use super::error::Error;

/// The channel of the hints; they say nothing.
const CHANNEL: &str = "support_timers";

/// Hears the hints of all processes on the database, its own included.
#[derive(Debug)]
pub struct Hints(PgListener);

impl Hints {
    /// Listens, on a connection of its own.
    ///
    /// # Errors
    /// The database's.
    pub async fn listen(settings: &Settings) -> Result<Self, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.acquire_timeout)
            .connect_lazy_with(options(settings)?);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Ends with the next hint, or when the connection was lost and is there
    /// again: hints may have been missed meanwhile.
    ///
    /// # Errors
    /// The connection is lost and can't be had again.
    pub async fn heard(&mut self) -> Result<(), Error> {
        self.0.try_recv().await?;
        Ok(())
    }
}

impl Store {
    /// Gives a hint to all processes.
    pub async fn hint(&self) -> Result<(), Error> {
        sqlx::query("-- store::hint::give\nselect pg_notify($1, '')")
            .bind(CHANNEL)
            .execute(self.probes())
            .await?;
        Ok(())
    }
}
