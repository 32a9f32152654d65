//! The service, in a process of its own, on a PostgreSQL of this one.

use std::fs::{self, DirBuilder};
use std::io::{BufRead as _, BufReader};
use std::ops::Sub;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use support_engineer::embedded::{self, Server, Settings};
use uuid::Uuid;

use super::load::{Call, Connection};
use super::statements;

/// Ticks of the system's accounts a second; Linux has had no other for decades.
const TICKS: u64 = 100;

/// The admin key of the first tenant.
const KEY: &str = "a-key-for-benches-that-nobody-else-has";

/// A tenant with a past.
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) tickets: u64,
}

/// The database.
pub(crate) struct Place {
    directory: PathBuf,
    server: Server,
    /// It is there for a later run.
    stays: bool,
}

/// Processor time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) service: Duration,
    pub(crate) database: Duration,
    pub(crate) load: Duration,
}

/// The service while it runs.
pub(crate) struct Running {
    child: Child,
    postmaster: u32,
    pub(crate) address: String,
}

impl Place {
    /// Starts PostgreSQL, in a directory that stays where one is named; it may
    /// keep account of its statements.
    pub(crate) async fn make(accounts: bool, keep: Option<&Path>) -> Self {
        let passing = || std::env::temp_dir().join(format!("se-service-{}", std::process::id()));
        let directory = keep.map_or_else(passing, Path::to_owned);
        let made = DirBuilder::new().mode(0o755).recursive(keep.is_some()).create(&directory);
        made.expect("a directory for temporary files");
        let settings = Settings { data_dir: Some(directory.join("data")), ..Settings::default() };
        let started =
            || async { embedded::start(&settings).await.expect("PostgreSQL is installed and starts") };
        let mut server = started().await;
        if accounts {
            let mut superuser = PgConnection::connect(server.url()).await.expect("the server accepts us");
            statements::keep_account(&mut superuser).await;
            server.stop().await.expect("a clean end");
            server = started().await;
        }
        Self { directory, server, stays: keep.is_some() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_support-engineer"));
        command
            .env("SUPPORT__DATABASE__URL", self.server.url())
            .env("SUPPORT__HTTP__LISTEN", "127.0.0.1:0")
            .env("SUPPORT__METRICS__LISTEN", "127.0.0.1:0")
            .env("SUPPORT__BOOTSTRAP__ADMIN_KEY", KEY)
            .env("SUPPORT__LIMITS__ENABLED", "false")
            .env("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32")
            .env("SUPPORT__LOGGING__FILTER", "warn")
            .env("SUPPORT__HANDOFF__DIRECTORY", self.directory.join("handoffs"));
        command
    }

    /// A tenant with so many tickets, and whether it was made now.
    pub(crate) fn fill(&self, tickets: u64, days: u32) -> (Tenant, bool) {
        let (slug, number, days) = (format!("of-{tickets}"), tickets.to_string(), days.to_string());
        let note = self.file(&format!("{slug}.txt"));
        let known = fs::read_to_string(&note);
        let made = known.is_err();
        let said = known.unwrap_or_else(|_| {
            let arguments = ["demo", "--tenant", &slug, "--tickets", &number, "--days", &days];
            let output = self.command().args(arguments).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
            fs::write(&note, &said).expect("a note of the tenant");
            said
        });
        let value = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name));
            line.expect("a line of this name").trim().to_owned()
        };
        let id = value("tenant:").parse().expect("a UUID");
        (Tenant { id, key: value("admin key:"), tickets }, made)
    }

    /// What the database is, and how large.
    pub(crate) async fn described(&self) -> String {
        let (version, size): (String, String) = sqlx::query_as(
            "select current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))",
        )
        .fetch_one(&mut self.superuser().await)
        .await
        .expect("what it is");
        format!("PostgreSQL {version}, {size}")
    }

    /// A connection that row-level security does not bind.
    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect(self.server.url()).await.expect("the server accepts us")
    }

    /// The same server's other database.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let (server, settings) = self.server.url().split_once('?').expect("settings");
        let (server, _) = server.rsplit_once('/').expect("a database");
        format!("{server}/{database}?{settings}")
    }

    /// A file of this name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A program that came with the server.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let postgres = fs::read_to_string(self.server.data_dir().join("data/postmaster.opts"));
        let postgres = postgres.expect("the server wrote how it was started");
        let postgres = postgres.split_whitespace().next().expect("its program");
        Path::new(postgres.trim_matches('"')).with_file_name(name)
    }

    /// Starts the service.
    pub(crate) fn serve(&self) -> Running {
        let child = self.command().stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let address = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on http://").map(ToOwned::to_owned));
        let pid = fs::read_to_string(self.server.data_dir().join("data/postmaster.pid"));
        let pid = pid.expect("the server says who it is");
        let postmaster = pid.lines().next().and_then(|line| line.trim().parse().ok()).expect("a number");
        Running { child, postmaster, address: address.expect("it listens") }
    }

    /// Ends the server, and removes its data unless they stay.
    pub(crate) async fn end(self) {
        self.server.stop().await.expect("a clean end");
        if !self.stays {
            fs::remove_dir_all(&self.directory).expect("the directory goes");
        }
    }
}

impl Running {
    /// What each has used so far.
    pub(crate) fn used(&self) -> Used {
        let time = |ticks: u64| Duration::from_millis(ticks * 1_000 / TICKS);
        let own = |process| ticks(process).map_or(0, |ticks| ticks.own);
        let processes = fs::read_dir("/proc").expect("a list of processes").filter_map(Result::ok);
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let theirs = ids.filter_map(ticks).filter(|ticks| ticks.parent == self.postmaster);
        // Those that have ended are on the account of the one that started them.
        let ended = ticks(self.postmaster).map_or(0, |ticks| ticks.of_ended);
        Used {
            service: time(own(self.child.id())),
            database: time(theirs.map(|ticks| ticks.own).sum::<u64>() + ended),
            load: time(own(std::process::id())),
        }
    }

    /// MiB of memory that the service has.
    pub(crate) fn resident(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib / 1_024.0
    }

    /// An admin of the last tenant that was filled: a database that was not empty
    /// has no other; of the one that an empty database gets, where none was.
    pub(crate) async fn admin(&self, tenants: &[Tenant]) -> Connection {
        let key = tenants.last().map_or(KEY, |tenant| tenant.key.as_str());
        Connection::open(&self.address, key).await
    }

    /// A key of a service that may open tickets of that tenant.
    pub(crate) async fn service_key(&self, tenants: &[Tenant]) -> String {
        let mut connection = self.admin(tenants).await;
        let wanted = json!({ "role": "service", "name": "bench" });
        let (status, _, body) = connection.call(Call::post("/v1/keys", &wanted)).await;
        assert!(status.is_success());
        let made: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        made["key"].as_str().expect("a key").to_owned()
    }
}

/// Stops it at once.
impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Used {
    /// Of the service and the database.
    pub(crate) fn together(&self) -> Duration {
        self.service + self.database
    }
}

impl Sub for Used {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            service: self.service.saturating_sub(earlier.service),
            database: self.database.saturating_sub(earlier.database),
            load: self.load.saturating_sub(earlier.load),
        }
    }
}

/// What the system says of a process.
struct Ticks {
    own: u64,
    of_ended: u64,
    parent: u32,
}

/// The ticks that a process has used, and its parent.
fn ticks(process: u32) -> Option<Ticks> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything, blanks and parentheses too.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    let both = |place: usize| Some(number(place)? + number(place + 1)?);
    Some(Ticks { own: both(11)?, of_ended: both(13)?, parent: fields.get(1)?.parse().ok()? })
}
