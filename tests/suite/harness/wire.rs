//! A way to the database on which answers can be held up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Notify, Semaphore};

/// How long a mark that never comes is waited for: a statement may have got
/// another label.
const PATIENCE: Duration = Duration::from_mins(1);

/// The way: a TCP port that leads to the server's socket.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The database's URL by this way.
    pub(crate) url: String,
    /// A statement that holds the mark has passed, and answers are held up.
    marked: Arc<Notify>,
    /// Answers to connections that come now pass while it has a permit.
    gate: Arc<Mutex<Arc<Semaphore>>>,
}

impl Wire {
    /// A way to the database of `url`; answers are held up from the first
    /// statement on that holds `mark`.
    pub(super) async fn lay(url: &str, mark: &'static str) -> Self {
        let options: PgConnectOptions = url.parse().expect("a URL");
        let socket = options.get_socket().expect("a server on a socket").join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (before_host, rest) = url.split_once("@localhost/").expect("a URL of the server");
        let (database, _) = rest.split_once('?').expect("a socket");
        let url = format!("{before_host}@{address}/{database}?sslmode=disable");
        let wire = Self { url, marked: Arc::default(), gate: Arc::new(Mutex::new(open_gate())) };
        let (marked, gate) = (Arc::clone(&wire.marked), Arc::clone(&wire.gate));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the server is there");
                let (marked, gate) = (Arc::clone(&marked), Arc::clone(&locked(&gate)));
                tokio::spawn(join(client, server, mark, marked, gate));
            }
        });
        wire
    }

    /// Returns when a statement that holds the mark has passed.
    pub(crate) async fn reached(&self) {
        tokio::time::timeout(PATIENCE, self.marked.notified()).await.expect("a statement holds the mark");
    }

    /// Lets answers pass, for good.
    pub(crate) fn release(&self) {
        locked(&self.gate).add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Leaves the connections so far as they are, without answers for good, as a
    /// machine does that has gone; to new ones there are answers, whatever they say.
    pub(crate) fn forsake(&self) {
        *locked(&self.gate) = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS / 2));
    }
}

fn open_gate() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(1))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn join(
    client: TcpStream,
    server: UnixStream,
    mark: &'static str,
    marked: Arc<Notify>,
    gate: Arc<Semaphore>,
) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::spawn(answer(from_server, to_client, Arc::clone(&gate)));
    let mut bytes = vec![0; 64 * 1024];
    let mut held = false;
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        let said = &bytes[..count];
        if !held && said.windows(mark.len()).any(|part| part == mark.as_bytes()) {
            held = true;
            gate.forget_permits(1);
            marked.notify_one();
        }
        if to_server.write_all(said).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from_server: OwnedReadHalf, mut to_client: OwnedWriteHalf, gate: Arc<Semaphore>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
        let passing = gate.acquire().await.expect("the gate is never closed");
        let passed = to_client.write_all(&bytes[..count]).await;
        drop(passing);
        if passed.is_err() {
            return;
        }
    }
}
