//! Where the data is.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::{Noted, Reader};
use super::secret::Secret;

/// How a pooler between requests and the database gives sessions away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// One to each connection for as long as that lasts; also: there is no pooler.
    Session,
    /// One to each transaction.
    Transaction,
}

/// `[database]`: an external PostgreSQL if `url` is set, else one the service runs itself.
#[derive(Debug, Clone)]
pub struct Database {
    /// Folder of the service's own PostgreSQL; `None`: a folder of the current user.
    pub data_dir: Option<PathBuf>,
    /// Folder of `postgres` and `initdb`; `None`: they are searched.
    pub bin_dir: Option<PathBuf>,
    /// `postgres://…` of an external server, with a role that may migrate.
    pub url: Option<Secret>,
    /// `postgres://…` with the role that serves requests; only ever set together with `url`.
    pub app_url: Option<Secret>,
    /// How a pooler that `app_url` leads to pools.
    pub pooler: Pooler,
    /// Connections of the pool that serves requests, 1–1,000.
    pub max_connections: u32,
    /// How long to wait for a connection, 1–60,000 ms.
    pub acquire_timeout: Duration,
    /// How long a statement may run, 1–600,000 ms.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock, 1–600,000 ms.
    pub lock_timeout: Duration,
    /// How long a transaction may stand idle, 1–600,000 ms.
    pub idle_in_transaction_timeout: Duration,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let data_dir = reader.path("database.data_dir");
        let bin_dir = reader.path("database.bin_dir");
        let url = database_url(reader, "database.url", "database.url_file");
        let app_url = database_url(reader, "database.app_url", "database.app_url_file");
        if let (Ok(None), Ok(Some(_))) = (&url, &app_url) {
            reader.refuse("database.app_url", "needs database.url as well, with a role that may migrate");
        }
        let pooler = pooler(reader);
        if let (Ok(Pooler::Transaction), Ok(None)) = (&pooler, &app_url) {
            reader.refuse(
                "database.pooler",
                "transaction needs database.app_url, and a database.url that leads past that pooler",
            );
        }
        let max_connections = reader.number("database.max_connections", 1..=1_000);
        let acquire_timeout = reader.milliseconds("database.acquire_timeout_ms", 1..=60_000);
        let statement_timeout = reader.milliseconds("database.statement_timeout_ms", 1..=600_000);
        let lock_timeout = reader.milliseconds("database.lock_timeout_ms", 1..=600_000);
        let idle_in_transaction_timeout =
            reader.milliseconds("database.idle_in_transaction_timeout_ms", 1..=600_000);
        Ok(Self {
            data_dir: data_dir?,
            bin_dir: bin_dir?,
            url: url?,
            app_url: app_url?,
            pooler: pooler?,
            max_connections: max_connections?,
            acquire_timeout: acquire_timeout?,
            statement_timeout: statement_timeout?,
            lock_timeout: lock_timeout?,
            idle_in_transaction_timeout: idle_in_transaction_timeout?,
        })
    }
}

fn pooler(reader: &mut Reader) -> Result<Pooler, Noted> {
    const KEY: &str = "database.pooler";
    match reader.text(KEY)?.as_deref() {
        Some("session") => Ok(Pooler::Session),
        Some("transaction") => Ok(Pooler::Transaction),
        _ => Err(reader.refuse(KEY, "must be session or transaction")),
    }
}

fn database_url(
    reader: &mut Reader,
    key: &'static str,
    file_key: &'static str,
) -> Result<Option<Secret>, Noted> {
    let url = reader.secret(key, file_key)?;
    let is_url =
        |url: &Secret| url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://");
    if url.as_ref().is_some_and(|url| !is_url(url)) {
        return Err(reader.refuse(key, "must begin with postgres:// or postgresql://"));
    }
    Ok(url)
}
