//! Using the server that another process of ours runs: for commands beside a
//! running service. Nothing is started, stopped or changed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::cluster::{end_of, url};
use super::directory;
use super::error::Error;
use super::{Server, Settings, start};

/// How often a server that is not ready yet is looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// A way to a server on the data directory.
#[derive(Debug)]
pub enum Access {
    /// We started the server, and stop it.
    Own(Server),
    /// Another process runs it.
    Shared {
        /// How to connect, as [`Server::url`].
        url: String,
    },
}

impl Access {
    /// How to connect, as the role that owns the database.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Own(server) => server.url(),
            Self::Shared { url } => url,
        }
    }

    /// Stops the server if it is ours.
    pub async fn leave(self) -> Result<(), Error> {
        match self {
            Self::Own(server) => server.stop().await,
            Self::Shared { .. } => Ok(()),
        }
    }
}

/// Starts the server, or attaches to the one that another process of ours runs
/// on the data directory, waiting for it to be ready.
///
/// # Errors
/// Those of [`start`], and [`Error::NotReady`] if the other process's server
/// does not become ready within `start_timeout`.
pub async fn start_or_attach(settings: &Settings) -> Result<Access, Error> {
    match start(settings).await {
        Ok(server) => Ok(Access::Own(server)),
        Err(Error::InUse { directory, .. }) => {
            let url = attach(&directory, settings.start_timeout).await?;
            Ok(Access::Shared { url })
        }
        Err(error) => Err(error),
    }
}

async fn attach(root: &Path, patience: Duration) -> Result<String, Error> {
    let mut waited = Duration::ZERO;
    while !is_ready(root) {
        if waited >= patience {
            let log = root.join("postgres.log");
            let tail = fs::read_to_string(&log).map_or_else(|error| error.to_string(), |said| end_of(&said));
            return Err(Error::NotReady { seconds: waited.as_secs(), log, tail });
        }
        tokio::time::sleep(PERIOD).await;
        waited += PERIOD;
    }
    let file = root.join("password");
    let password = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
    Ok(url(password.trim(), &directory::socket_directory(root)))
}

/// Whether the server says so in the eighth line of its pid file.
fn is_ready(root: &Path) -> bool {
    let text = fs::read_to_string(root.join("data/postmaster.pid")).unwrap_or_default();
    text.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}
