//! The embedded PostgreSQL, with the PostgreSQL of this machine: its life, its
//! recovery after kills, and the advice it gives when it cannot start.

mod advice;
mod kills;
mod life;

use std::fs::{self, DirBuilder};
use std::future::Future;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Pid;
use sqlx::{Connection, PgConnection};
use support_engineer::embedded::{self, Server, Settings};

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

fn server_pid(data_dir: &Path) -> Pid {
    let text = fs::read_to_string(data_dir.join("data/postmaster.pid")).expect("the server's pid file");
    let first = text.lines().next().expect("a first line");
    Pid::from_raw(first.trim().parse().expect("a process id")).expect("a positive process id")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("the path exists").mode() & 0o7777
}
