//! Clients that keep the service waiting: byte by byte, or without a word.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::load::{Load, Pace};
use super::rig::{ADMIN, Rig};

/// Connections that the service serves at once here.
const PLACES: (&str, &str) = ("SUPPORT__HTTP__MAX_CONNECTIONS", "100");
/// No connection is closed here because it is idle for too long.
const LENIENT: (&str, &str) = ("SUPPORT__HTTP__HEADER_TIMEOUT_SECONDS", "600");
/// Nor a request because its body takes long.
const PATIENT: (&str, &str) = ("SUPPORT__HTTP__REQUEST_TIMEOUT_SECONDS", "600");
/// Clients that send byte by byte, of each kind.
const SLOW: usize = 100;
/// From one byte to the next.
const DRIP: Duration = Duration::from_millis(50);
/// Idle connections, if so many files may be open.
const IDLE: u64 = 5_000;
/// The fewest that show anything.
const FEWEST: u64 = 500;
/// Memory in KiB that a test's strangers may cost.
const ROOM_KIB: u64 = 96 * 1024;

/// How others fare.
const PACE: Pace = Pace { clients: 4, pause: Duration::from_millis(5), urgent: false };

/// Sends `beginning` at once and then bytes for ever, until the service hangs up.
async fn drip(address: SocketAddr, beginning: String) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let mut said = stream.write_all(beginning.as_bytes()).await;
    let mut heard = [0; 512];
    while said.is_ok() {
        // Whoever waits hears what is answered meanwhile, and the end.
        match tokio::time::timeout(DRIP, stream.read(&mut heard)).await {
            Ok(Ok(1..)) | Err(_) => said = stream.write_all(b"a").await,
            Ok(Ok(0) | Err(_)) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_cannot_keep_others_out() {
    let rig = Rig::start(&[PLACES, LENIENT, PATIENT]).await;
    let address: SocketAddr = rig.process().address().parse().expect("an address");
    let before = rig.resident_kib();
    let mut slow = JoinSet::new();
    let host = "Host: desk\r\n";
    let (key, media) = (format!("Authorization: Bearer {ADMIN}\r\n"), "Content-Type: application/json\r\n");
    let body = format!("POST /v1/tickets HTTP/1.1\r\n{host}{key}{media}Content-Length: 100000\r\n\r\n");
    let again = format!("GET /healthz HTTP/1.1\r\n{host}\r\nGET /healthz HTTP/1.1\r\n{host}X: ");
    for _ in 0..SLOW {
        for beginning in ["G", &format!("GET / HTTP/1.1\r\n{host}X: "), &body, &again] {
            slow.spawn(drip(address, beginning.to_owned()));
        }
    }
    let load = Load::begin(&rig.line(), PACE);
    load.pass(50).await;
    // Those that were sent away come back.
    for _ in 0..4 * SLOW {
        if slow.try_join_next().is_some() {
            slow.spawn(drip(address, body.clone()));
        }
    }
    load.pass(50).await;
    let grown = rig.resident_kib().saturating_sub(before);
    println!("{} slow clients, {grown} KiB more", slow.len());
    assert!(grown < ROOM_KIB, "{grown} KiB");
    rig.expect_whole(&load.stop().await).await;
}

/// As many connections as may be open here, beside what else is.
fn idle_connections() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    // What is allowed at all need not be given at once.
    let _refused = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(400);
    let many = IDLE.min(most);
    if many < FEWEST {
        println!("too few files may be open: {most}");
        return None;
    }
    Some(many)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_cannot_keep_others_out() {
    let Some(many) = idle_connections() else { return };
    let rig = Rig::start(&[LENIENT]).await;
    let address = rig.process().address().to_owned();
    let load = Load::begin(&rig.line(), PACE);
    load.pass(20).await;
    let before = rig.resident_kib();
    let mut idle = Vec::new();
    for _ in 0..many {
        idle.push(TcpStream::connect(&address).await.expect("the service accepts"));
    }
    load.pass(100).await;
    let grown = rig.resident_kib().saturating_sub(before);
    println!("{} idle connections, {grown} KiB more", idle.len());
    assert!(grown < ROOM_KIB, "{grown} KiB");
    rig.expect_whole(&load.stop().await).await;
}
