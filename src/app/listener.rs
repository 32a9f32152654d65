//! A listener that serves a router over HTTP/1.1 and HTTP/2, holds no connection for a client that
//! sends nothing, and stops with the [`Shutdown`].

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tower::ServiceExt as _;

use crate::shutdown::Shutdown;

/// How long to wait when the system can't accept, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// A bound address whose connections are not served yet.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    header_timeout: Duration,
    permits: Arc<Semaphore>,
}

impl Listener {
    /// Binds `address` (port 0 takes a free one). A client gets `header_timeout` to send the head
    /// of a request, and a kept connection may stay idle that long; at most `connections` are
    /// served at once, further ones wait in the system's queue.
    ///
    /// Errors: the system's, if the address can't be bound.
    pub async fn bind(address: SocketAddr, header_timeout: Duration, connections: usize) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let address = tcp.local_addr()?;
        let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        Ok(Self { tcp, address, header_timeout, permits })
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
            let connection = Connection { router: router.clone(), peer, header_timeout: self.header_timeout };
            let handle = shutdown.clone();
            shutdown.spawn(async move {
                connection.run(stream, handle).await;
                drop(permit);
            });
        }
    }

    async fn accept(&self) -> (TcpStream, SocketAddr, impl Sized + use<>) {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        loop {
            match self.tcp.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                // The client left before it was accepted: its affair alone.
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, address = %self.address, "accepting connections fails");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
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
}

impl Connection {
    async fn run(self, stream: TcpStream, shutdown: Shutdown) {
        // Answers are small; waiting to fill packets would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection is gone already");
            return;
        }
        let requests = Arc::new(Requests::default());
        let service = service_fn(|request| self.answer(request, Arc::clone(&requests)));
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
        requests: Arc<Requests>,
    ) -> impl Future<Output = Result<Response, std::convert::Infallible>> + Send + use<> {
        let running = Running::begin(requests);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answer = self.router.clone().oneshot(request);
        async move {
            let answer = answer.await;
            drop(running);
            answer
        }
    }
}

fn protocol(header_timeout: Duration, shutdown: Shutdown) -> auto::Builder<Tracked> {
    let mut builder = auto::Builder::new(Tracked(shutdown));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
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

/// The requests of one connection.
#[derive(Default)]
struct Requests {
    begun: AtomicUsize,
    running: AtomicUsize,
}

impl Requests {
    /// Whether this connection never asked for anything, so that closing it loses nothing.
    fn none_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire) == 0
    }

    /// Whether nothing runs and nothing began since the last call.
    fn idle_since(&self, begun_before: &mut usize) -> bool {
        let begun = self.begun.load(Ordering::Acquire);
        let unchanged = std::mem::replace(begun_before, begun) == begun;
        unchanged && self.running.load(Ordering::Acquire) == 0
    }
}

/// Counts a request as running until it is answered or dropped.
struct Running(Arc<Requests>);

impl Running {
    fn begin(requests: Arc<Requests>) -> Self {
        requests.begun.fetch_add(1, Ordering::AcqRel);
        requests.running.fetch_add(1, Ordering::AcqRel);
        Self(requests)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}
