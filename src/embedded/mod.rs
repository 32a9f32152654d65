//! The embedded PostgreSQL: a server of our own, from the programs installed
//! on this machine, when no external database is configured.
//!
//! * It listens on a Unix socket alone, in a directory that only its user may
//!   enter, and asks for a random password all the same.
//! * Its data survives restarts, with checksums on and `fsync` on.
//! * It ends with this process, however this process ends.
//! * When it ends by itself it is started again, with growing pauses.
//! * One process at a time may use a data directory; the second is told.
//!
//! Started by root it runs as an unprivileged user. Unix only.

mod account;
mod attach;
mod cluster;
mod directory;
mod discovery;
mod error;
mod leash;
mod leftover;
mod postmaster;
mod supervisor;

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

pub use attach::{Access, start_or_attach};
pub use discovery::Search;
pub use error::Error;

use supervisor::Event;

/// How the server is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where everything is kept; made if missing. `None`: the user's own data
    /// directory, for root `/var/lib/support-engineer`.
    pub data_dir: Option<PathBuf>,
    /// The directory of `postgres` and `initdb`. `None`: they are looked for.
    pub bin_dir: Option<PathBuf>,
    /// Whether committed data survives a loss of power. Only test servers go without.
    pub durable: bool,
    /// How many connections the server takes.
    pub max_connections: u16,
    /// How long the first start may take, recovery after a crash included.
    pub start_timeout: Duration,
    /// How long a clean stop may take before sessions are cut off.
    pub stop_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: None,
            bin_dir: None,
            durable: true,
            max_connections: 100,
            start_timeout: Duration::from_mins(2),
            stop_timeout: Duration::from_secs(30),
        }
    }
}

/// The state of the server, as its supervisor sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Whether the server accepts connections.
    pub accepting: bool,
    /// How often it has ended by itself since it was started.
    pub ends: u64,
}

/// A running server. Dropping it stops the server in the background;
/// [`Server::stop`] also waits for that.
#[derive(Debug)]
pub struct Server {
    url: String,
    root: PathBuf,
    events: Sender<Event>,
    condition: watch::Receiver<Condition>,
}

/// Starts the server, and makes its data first if there is none. Answers when
/// it accepts connections. If the future is dropped, the server is stopped.
pub async fn start(settings: &Settings) -> Result<Server, Error> {
    let search = settings
        .bin_dir
        .as_ref()
        .map_or_else(Search::of_this_machine, |bin_dir| Search::only(vec![bin_dir.clone()]));
    start_found_by(settings, search).await
}

/// Like [`start`], with the places in which to look for PostgreSQL given.
pub async fn start_found_by(settings: &Settings, search: Search) -> Result<Server, Error> {
    let started = supervisor::begin(settings.clone(), search).await;
    let started = started.map_err(|_| Error::NotSupervised)??;
    Ok(Server { url: started.url, root: started.root, events: started.events, condition: started.condition })
}

impl Server {
    /// How to connect, as the role that owns the database:
    /// `postgres://support_owner:PASSWORD@localhost/support?host=/SOCKET/DIRECTORY`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The directory that holds everything of this server.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.root
    }

    /// The state of the server now.
    #[must_use]
    pub fn condition(&self) -> Condition {
        *self.condition.borrow()
    }

    /// Resolves when the server next ends by itself, counted from this call on
    /// (not from the first poll). Nothing needs to be done: it is started again.
    pub fn exited(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut condition = self.condition.clone();
        let seen = condition.borrow().ends;
        async move {
            // An ended supervisor means an ended server.
            drop(condition.wait_for(|now| now.ends > seen).await);
        }
    }

    /// Resolves when the server accepts connections: at once, or after it was started again.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut condition = self.condition.clone();
        let ready = condition.wait_for(|now| now.accepting).await;
        ready.map(|_| ()).map_err(|_| Error::NotSupervised)
    }

    /// Stops the server: open sessions are ended and everything is written
    /// out; sessions that do not end within the `stop_timeout` are cut off.
    pub async fn stop(self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.events.send(Event::Stop(Some(reply))).map_err(|_| Error::NotSupervised)?;
        answer.await.map_err(|_| Error::NotSupervised)?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` nobody listens any more, which is as well.
        drop(self.events.send(Event::Stop(None)));
    }
}
