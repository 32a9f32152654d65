//! What can go wrong with the database, sorted by what a caller can do.

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is away, restarting, full or out of connections: worth
    /// another try.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database ended the transaction in favour of another one: running
    /// it again from the start will do.
    #[error("the database asked for the transaction to be run again: {0}")]
    Conflicted(#[source] sqlx::Error),
    /// A statement or a lock took longer than allowed.
    #[error("the database took too long: {0}")]
    TimedOut(#[source] sqlx::Error),
    /// Too many transactions of the tenant wait for a connection: worth another
    /// try.
    #[error("too many transactions of the tenant wait for a connection")]
    Crowded,
    /// A named constraint refused a row.
    #[error("constraint {name} refused a row")]
    Constraint {
        /// The constraint's name.
        name: String,
    },
    /// A stored row does not say what it must: a defect, or a hand in the
    /// tables.
    #[error("bad row in {table}: {detail}")]
    BadRow {
        /// Where it stands.
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The worker was away for too long, and somebody else has its timer.
    #[error("the lease is somebody else's by now")]
    LeaseLost,
    /// Anything else: a defect.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] sqlx::Error),
}

impl Error {
    /// A row of `table` that does not convert.
    pub(super) fn bad_row(table: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::BadRow { table, detail: detail.to_string() }
    }

    /// Whether the same transaction may succeed if it is run again at once.
    #[must_use]
    pub const fn asks_for_rerun(&self) -> bool {
        matches!(self, Self::Conflicted(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_)
                | sqlx::Error::Tls(_) => Self::Unavailable(error),
                _ => Self::Statement(error),
            };
        };
        if let Some(name) = database.constraint() {
            return Self::Constraint { name: name.to_owned() };
        }
        match database.code().as_deref().unwrap_or_default() {
            "40001" | "40P01" => Self::Conflicted(error),
            "57014" | "55P03" | "25P03" | "25P04" => Self::TimedOut(error),
            // 08: connection lost; 53: out of disk, memory or connections;
            // 57P: shutting down, starting up, terminated; 58: the file system;
            // 25006: a primary that has become a standby; 55000: a database that
            // is closed for maintenance. 3D000 is not here: a missing database
            // does not come back by itself.
            code if code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || code.starts_with("58")
                || code == "25006"
                || code == "55000" =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Statement(error),
        }
    }
}
