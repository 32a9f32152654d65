//! The running server.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::OFlags;
use rustix::process::Signal;

use super::Settings;
use super::cluster::end_of;
use super::directory::{Directory, remove_file};
use super::discovery::Installation;
use super::error::Error;
use super::leash::{Ending, Leashed};

/// A log that has grown beyond this many bytes is set aside.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// How much of the end of the log is read for an error message, in bytes.
const TAIL_BYTES: u64 = 4096;

/// A server process that we started.
#[derive(Debug)]
pub(super) struct Postmaster {
    process: Leashed,
    pid_file: PathBuf,
    log: PathBuf,
    log_start: u64,
}

impl Postmaster {
    /// Starts the server. It is not ready yet.
    pub(super) fn launch(
        directory: &Directory,
        installation: &Installation,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let (cluster, log) = (directory.cluster(), directory.log());
        set_aside(&log)?;
        let file = open_log(&log)?;
        directory.account().give(&log)?;
        let log_start = file.metadata().map_err(Error::io("read", &log))?.len();
        let copy = file.try_clone().map_err(Error::io("open", &log))?;
        let compression = wal_compression(directory, installation);
        let process = Leashed::spawn(
            directory.account(),
            &installation.program("postgres"),
            |command| {
                command.arg("-D").arg(&cluster).args(arguments(directory.sockets(), settings, compression));
            },
            (Stdio::from(file), Stdio::from(copy)),
        )?;
        Ok(Self { process, pid_file: cluster.join("postmaster.pid"), log, log_start })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Whether it accepts connections: the server itself says so in the eighth
    /// line of its pid file, whose first line must be our process.
    pub(super) fn is_ready(&self) -> bool {
        let Ok(text) = fs::read_to_string(&self.pid_file) else { return false };
        let mut lines = text.lines();
        let ours = lines.next().and_then(|line| line.trim().parse().ok()) == Some(self.pid());
        ours && lines.nth(6).is_some_and(|state| state.trim() == "ready")
    }

    /// Asks it to end; `Signal::INT` ends sessions and writes everything out,
    /// `Signal::QUIT` leaves recovery to the next start.
    pub(super) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end.
    pub(super) fn finish(self) -> Ending {
        self.process.finish()
    }

    /// The end of what this process has logged so far.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let start = self.log_start.max(file.metadata()?.len().saturating_sub(TAIL_BYTES));
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().map_or_else(|error| error.to_string(), |said| end_of(&said))
    }
}

/// Bounds the log: what is there moves to `postgres.log.1`. The server goes on
/// writing at the end of the emptied file, because it was opened for appending.
pub(super) fn set_aside(log: &Path) -> Result<(), Error> {
    if fs::metadata(log).is_ok_and(|log| log.len() > LOG_BYTES) {
        let older = log.with_extension("log.1");
        remove_file(&older)?;
        fs::copy(log, &older).map_err(Error::io("copy", log))?;
        let emptied = OpenOptions::new().write(true).open(log).and_then(|file| file.set_len(0));
        emptied.map_err(Error::io("empty", log))?;
    }
    Ok(())
}

fn open_log(log: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let options = options.append(true).create(true).mode(0o600);
    let options = options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options.open(log).map_err(Error::io("open", log))
}

/// How whole pages are compressed in the log of writes: by LZ4, because PostgreSQL's
/// own way takes more time than most else it does for a ticket. Not every build has
/// it, and whether this one has is asked of it, because it would not start otherwise.
fn wal_compression(directory: &Directory, installation: &Installation) -> &'static str {
    let mut command = directory.account().command(&installation.program("postgres"));
    command.arg("-D").arg(directory.cluster()).args(["-C", "wal_compression", "-c", "wal_compression=lz4"]);
    match command.stdin(Stdio::null()).output() {
        Ok(answer) if answer.status.success() => "lz4",
        Ok(_) | Err(_) => "on",
    }
}

/// The server's settings. They are given on the command line, so that they
/// hold whatever stands in the configuration files of the data directory.
fn arguments(sockets: &Path, settings: &Settings, compression: &str) -> Vec<OsString> {
    let sockets = sockets.to_string_lossy().replace('"', "\"\"");
    let mut list = vec![
        "listen_addresses=".to_owned(),
        "port=5432".to_owned(),
        format!("unix_socket_directories=\"{sockets}\""),
        "unix_socket_permissions=0700".to_owned(),
        // A stop waits this long for a connection that has not said who it is.
        "authentication_timeout=10s".to_owned(),
        "cluster_name=support-engineer".to_owned(),
        format!("max_connections={}", settings.max_connections),
        // A full batch holds up to 2,000 advisory locks.
        "max_locks_per_transaction=256".to_owned(),
        "shared_buffers=128MB".to_owned(),
        // Huge pages that are promised and not given end the process in some containers.
        "huge_pages=off".to_owned(),
        "checkpoint_timeout=15min".to_owned(),
        // Else the kernel writes out what gathers for half a minute at once, and
        // commits wait behind it.
        "backend_flush_after=512kB".to_owned(),
        format!("wal_compression={compression}"),
        // Compiling short queries costs more than it saves.
        "jit=off".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_destination=stderr".to_owned(),
        "logging_collector=off".to_owned(),
        "log_line_prefix=%m [%p] %q%u@%d ".to_owned(),
        // Statements and the details of errors hold personal data.
        "log_min_error_statement=panic".to_owned(),
        "log_error_verbosity=terse".to_owned(),
    ];
    // Even without these a commit outlives the server process, only not the machine.
    let safety = if settings.durable { "on" } else { "off" };
    for name in ["fsync", "full_page_writes"] {
        list.push(format!("{name}={safety}"));
    }
    list.into_iter().flat_map(|setting| [OsString::from("-c"), OsString::from(setting)]).collect()
}
