//! Hints between processes: that there may be something to do, or that something
//! remembered has changed. They may be lost: whoever waits for one looks by itself
//! from time to time.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::connect::{Sessions, Settings, Store, options};
use super::error::Error;
use super::tenancy::TenantTx;

/// The channels of the hints; they say nothing else.
const TIMERS: &str = "support_timers";
const KEYS: &str = "support_keys";

/// What a hint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// There may be something to do.
    Timers,
    /// A key has been revoked.
    Keys,
    /// Hints may have been missed: of everything.
    Any,
}

/// Hears the hints of all processes on the database, its own included.
#[derive(Debug)]
pub struct Hints(PgListener);

impl Hints {
    /// Listens, on a connection of its own.
    ///
    /// # Errors
    /// The database's.
    pub async fn listen(settings: &Settings) -> Result<Self, Error> {
        let url = match &settings.sessions {
            Sessions::Own => &settings.url,
            Sessions::Shared { past_pooler } => past_pooler,
        };
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.acquire_timeout)
            .connect_lazy_with(options(url)?.application_name("support-engineer hints"));
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen_all([TIMERS, KEYS]).await?;
        Ok(Self(listener))
    }

    /// Ends with the next hint, or when the connection was lost and is there
    /// again: hints may have been missed meanwhile.
    ///
    /// # Errors
    /// The connection is lost and can't be had again.
    pub async fn heard(&mut self) -> Result<Hint, Error> {
        Ok(match self.0.try_recv().await? {
            Some(said) if said.channel() == TIMERS => Hint::Timers,
            Some(_) => Hint::Keys,
            None => Hint::Any,
        })
    }
}

impl Store {
    /// Gives all processes the hint that there may be something to do.
    pub async fn hint(&self) -> Result<(), Error> {
        let mut lent = self.lend_probe().await?;
        sqlx::query("-- store::hint::give\nselect pg_notify($1, '')")
            .bind(TIMERS)
            .execute(lent.connection())
            .await?;
        lent.pass_on();
        Ok(())
    }
}

/// Gives a hint to all processes when the transaction is committed.
pub(super) async fn give_with(tx: &mut TenantTx, hint: Hint) -> Result<(), Error> {
    let channels: &[&str] = match hint {
        Hint::Timers => &[TIMERS],
        Hint::Keys => &[KEYS],
        Hint::Any => &[TIMERS, KEYS],
    };
    sqlx::query(
        "-- store::hint::give_with\nselect pg_notify(channel, '') from unnest($1::text[]) as channel",
    )
    .bind(channels)
    .execute(tx.connection())
    .await?;
    Ok(())
}
