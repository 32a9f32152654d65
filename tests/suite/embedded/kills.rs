//! Kills of the service, of its server and of both, also in the middle of work.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, geteuid, kill_process};
use sqlx::{Connection, PgConnection};

use super::{Place, connect, recall, remember, server_pid, soon, start};

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

/// A command that runs as the user who owns the data.
fn as_owner_of(path: &Path, program: &str) -> Command {
    let owner = fs::metadata(path).expect("the path exists");
    let mut command = Command::new(program);
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
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
    command.args(["--exact", "embedded::kills::a_service_to_be_killed", "--nocapture"]);
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
