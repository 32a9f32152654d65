//! A listener that serves a router over HTTP/1.1 and HTTP/2, holds no connection for a client that
//! sends nothing, and stops with the [`Shutdown`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tower::ServiceExt as _;

use super::occupancy::{AtStake, Requests, Running, Waiting};
use crate::shutdown::Shutdown;

/// How long to wait when the system can't accept, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);
/// Requests of one HTTP/2 connection at once.
const STREAMS: u32 = 64;
/// This part of all connections makes room at once, as far as they wait for
/// their clients: one by one would be too slow against many who are in no hurry.
const MAKES_ROOM: usize = 16;
/// How long a connection that makes room may take to send what it has answered.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A bound address whose connections are not served yet.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    header_timeout: Duration,
    permits: Arc<Semaphore>,
    waiting: Arc<Waiting>,
    makes_room: usize,
}

impl Listener {
    /// Binds `address` (port 0 takes a free one). A client gets `header_timeout` to send the head
    /// of a request, and a kept connection may stay idle that long; at most `connections` are
    /// served at once. For further ones those make room that have waited longest for their
    /// clients, be it in the middle of a request; while all are at work they wait in the system's
    /// queue.
    ///
    /// Errors: the system's, if the address can't be bound.
    pub async fn bind(address: SocketAddr, header_timeout: Duration, connections: usize) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let address = tcp.local_addr()?;
        let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        let makes_room = (connections / MAKES_ROOM).max(1);
        Ok(Self { tcp, address, header_timeout, permits, waiting: Arc::default(), makes_room })
    }

    /// The address with the port that is really bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until the shutdown begins, then closes the listening socket and returns.
    /// Connections are tasks of the shutdown: those in use finish their requests, idle ones are
    /// closed, and stage two drops what is left. Handlers find the peer as `ConnectInfo<SocketAddr>`.
    pub async fn serve(self, router: Router, shutdown: &Shutdown) {
        loop {
            let (stream, peer, permit) = tokio::select! {
                biased;
                () = shutdown.draining() => return,
                accepted = self.accept() => accepted,
            };
            let requests = Requests::new(Arc::clone(&self.waiting));
            let header_timeout = self.header_timeout;
            let connection = Connection { router: router.clone(), peer, header_timeout, requests };
            let handle = shutdown.clone();
            shutdown.spawn(async move {
                connection.run(stream, handle).await;
                drop(permit);
            });
        }
    }

    async fn accept(&self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            match self.tcp.accept().await {
                Ok((stream, peer)) => {
                    if let Ok(permit) = self.place().await {
                        return (stream, peer, permit);
                    }
                }
                // The client left before it was accepted: its affair alone.
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, address = %self.address, "accepting connections fails");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// A place for one more connection.
    async fn place(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        self.waiting.send_away(self.makes_room);
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        self.waiting.let_stay();
        permit
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    router: Router,
    peer: SocketAddr,
    header_timeout: Duration,
    requests: Arc<Requests>,
}

impl Connection {
    async fn run(self, stream: TcpStream, shutdown: Shutdown) {
        // Answers are small; waiting to fill packets would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection is gone already");
            return;
        }
        let requests = &self.requests;
        let service = service_fn(|request| self.answer(request));
        let builder = protocol(self.header_timeout, shutdown.clone());
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut closing = false;
        let mut begun_before = 0;
        let mut idle = interval(self.header_timeout);
        idle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        idle.tick().await;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, peer = %self.peer, "connection ended early");
                    }
                    return;
                }
                () = shutdown.draining(), if !closing => closing = true,
                () = requests.sent_away() => match requests.at_stake() {
                    AtStake::Nothing => return,
                    AtStake::LastWords => {
                        connection.as_mut().graceful_shutdown();
                        drop(timeout(LAST_WORDS, connection).await);
                        return;
                    }
                    AtStake::Work => closing = true,
                },
                // hyper's own timer knows HTTP/1 heads only: this one also ends connections that
                // never say which protocol they speak, and unused ones of HTTP/2.
                _ = idle.tick() => {
                    if closing && requests.none_begun() {
                        return;
                    }
                    closing |= requests.idle_since(&mut begun_before);
                }
            }
            if closing {
                connection.as_mut().graceful_shutdown();
            }
        }
    }

    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response, std::convert::Infallible>> + Send + use<> {
        let (head, body) = request.into_parts();
        let (running, body) = Running::begin(&self.requests, body);
        let mut request = Request::from_parts(head, body);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answer = self.router.clone().oneshot(request);
        async move { answer.await.map(|answer| answer.map(|body| running.until_sent(body))) }
    }
}

fn protocol(header_timeout: Duration, shutdown: Shutdown) -> auto::Builder<Tracked> {
    let mut builder = auto::Builder::new(Tracked(shutdown));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
    builder.http2().max_concurrent_streams(STREAMS);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
    builder
}

/// Runs the streams of an HTTP/2 connection as tasks of the shutdown.
#[derive(Clone)]
struct Tracked(Shutdown);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}
