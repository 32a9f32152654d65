//! Start, stop, and what a start finds and leaves.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{Connection, PgConnection};
use support_engineer::embedded::{self, Access, Error, Settings};

use super::{Place, ask, connect, mode, recall, remember, server_pid, settings, soon, start};

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
        (
            "select case when 'lz4' = any(enumvals) then setting else 'lz4' end from pg_settings
              where name = 'wal_compression'",
            "lz4",
        ),
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
async fn a_command_works_beside_a_running_server_and_alone() {
    let place = Place::new();
    let settings = settings(&place.join("data"));
    let server = embedded::start(&settings).await.expect("the server starts");
    let beside = embedded::start_or_attach(&settings).await.expect("the command finds the server");
    assert!(matches!(beside, Access::Shared { .. }));
    assert_eq!(beside.url(), server.url());
    beside.leave().await.expect("leaving does nothing");
    assert_eq!(ask(&server, "select 'still there'").await, "still there");
    server.stop().await.expect("the server stops");

    let alone = embedded::start_or_attach(&settings).await.expect("the command starts the server");
    assert!(matches!(alone, Access::Own(_)));
    alone.leave().await.expect("the command stops the server");
    let again = embedded::start(&settings).await.expect("nobody holds the data");
    again.stop().await.expect("the server stops");
}
