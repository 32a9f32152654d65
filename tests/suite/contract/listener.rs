//! The listener: whatever a client leaves undone, the shutdown ends.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, Version};
use axum::routing::{get, post};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support_engineer::app::listener::Listener;
use support_engineer::shutdown::{Ending, Shutdown};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than any machine needs, so that a hang is a failure and not a wait for ever.
const BOUND: Duration = Duration::from_secs(30);
/// A time-out that no test reaches.
const LONG: Duration = Duration::from_hours(1);
/// A time-out that a test waits for.
const SHORT: Duration = Duration::from_millis(100);

/// A service of the test: `/` answers at once, `/slow` when a permit is given, `/read` when it has
/// read the body, `/never` never.
struct Service {
    address: SocketAddr,
    shutdown: Shutdown,
    entered: Arc<Semaphore>,
    release: Arc<Semaphore>,
    dropped: Arc<Semaphore>,
    accepting: JoinHandle<()>,
}

/// Says that the future that holds it was dropped.
struct Dropped(Arc<Semaphore>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

async fn permit(semaphore: &Semaphore) {
    let permit = timeout(BOUND, semaphore.acquire()).await.expect("in time");
    permit.expect("nobody closes it").forget();
}

impl Service {
    async fn start(header_timeout: Duration, connections: usize, drain: Duration) -> Self {
        let [entered, release, dropped] = std::array::from_fn(|_| Arc::new(Semaphore::new(0)));
        let slow = {
            let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
            move || async move {
                entered.add_permits(1);
                permit(&release).await;
                "slow"
            }
        };
        let never = {
            let (entered, dropped) = (Arc::clone(&entered), Arc::clone(&dropped));
            move || async move {
                let _dropped = Dropped(dropped);
                entered.add_permits(1);
                pending::<()>().await;
            }
        };
        let read = {
            let entered = Arc::clone(&entered);
            move |body: Body| async move {
                entered.add_permits(1);
                drop(to_bytes(body, usize::MAX).await);
                "read"
            }
        };
        let router = Router::new()
            .route("/read", post(read))
            .route("/", get(async |peer: ConnectInfo<SocketAddr>| peer.0.to_string()))
            .route("/slow", get(slow))
            .route("/never", get(never));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, header_timeout, connections).await.expect("a free port");
        let shutdown = Shutdown::new(drain);
        let (address, handle) = (listener.address(), shutdown.clone());
        let accepting = tokio::spawn(async move { listener.serve(router, &handle).await });
        Self { address, shutdown, entered, release, dropped, accepting }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.expect("the listener accepts"))
    }

    async fn stop(self) -> Ending {
        self.shutdown.begin();
        timeout(BOUND, self.accepting).await.expect("accepting stops").expect("no panic");
        timeout(BOUND, self.shutdown.finish()).await.expect("the shutdown ends")
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("the connection takes bytes");
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    }

    /// Reads until what was read ends with `end`.
    async fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let byte = timeout(BOUND, self.0.read_u8()).await.expect("in time");
            text.push(byte.expect("more of the answer"));
        }
        String::from_utf8(text).expect("text")
    }

    /// Reads until the service closes the connection, be it with a reset.
    async fn read_to_end(&mut self) -> String {
        let mut text = Vec::new();
        let end = timeout(BOUND, self.0.read_to_end(&mut text)).await;
        drop(end.expect("the service closes the connection"));
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[tokio::test]
async fn handlers_see_the_peer_over_both_protocols() {
    let service = Service::start(LONG, 10, LONG).await;
    let mut client = service.connect().await;
    let own_address = client.0.local_addr().expect("connected").to_string();
    client.get("/").await;
    let answer = client.read_until(&own_address).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let mut http2 = http2_client(&service).await;
    let answer = timeout(BOUND, http2.send_request(request("/"))).await.expect("in time");
    let answer = answer.expect("an answer");
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
}

#[tokio::test]
async fn unfinished_beginnings_are_closed_in_service() {
    let service = Service::start(SHORT, 10, LONG).await;
    for beginning in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: te", "PRI * HTT", HTTP2_PREFACE] {
        let mut client = service.connect().await;
        client.send(beginning).await;
        let answer = client.read_to_end().await;
        assert!(!answer.contains("200 OK"), "{beginning:?} is no request: {answer}");
    }
    assert_eq!(service.stop().await, Ending::Drained);
}

const HTTP2_PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn a_half_sent_head_does_not_keep_the_shutdown_waiting() {
    let service = Service::start(SHORT, 10, LONG).await;
    let mut first = service.connect().await;
    first.send("GET / HTTP/1.1\r\nhost: te").await;
    // An answer on a younger connection shows that the older one is being served.
    let mut later = service.connect().await;
    later.get("/").await;
    later.read_until("\r\n\r\n").await;
    later.send("GET / HTTP/1.1\r\nhost: te").await;
    assert_eq!(service.stop().await, Ending::Drained);
    first.read_to_end().await;
    later.read_to_end().await;
}

#[tokio::test]
async fn idle_and_silent_connections_are_closed_when_the_shutdown_begins() {
    let service = Service::start(LONG, 10, LONG).await;
    let mut silent = service.connect().await;
    let mut undecided = service.connect().await;
    undecided.send("PRI * HTT").await;
    let mut kept = service.connect().await;
    let own_address = kept.0.local_addr().expect("connected").to_string();
    kept.get("/").await;
    kept.read_until(&own_address).await;
    let mut http2 = http2_client(&service).await;
    timeout(BOUND, http2.send_request(request("/"))).await.expect("in time").expect("an answer");

    let address = service.address;
    assert_eq!(service.stop().await, Ending::Drained);
    for client in [&mut silent, &mut undecided, &mut kept] {
        assert_eq!(client.read_to_end().await, "");
    }
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn a_request_in_flight_finishes_during_the_drain() {
    let service = Service::start(SHORT, 10, LONG).await;
    let mut client = service.connect().await;
    client.get("/slow").await;
    permit(&service.entered).await;
    let mut http2 = http2_client(&service).await;
    let streaming = tokio::spawn(async move { http2.send_request(request("/slow")).await });
    permit(&service.entered).await;

    let release = Arc::clone(&service.release);
    let stopping = tokio::spawn(service.stop());
    release.add_permits(2);
    let answer = client.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("slow"), "{answer}");
    let streamed = timeout(BOUND, streaming).await.expect("in time").expect("no panic");
    assert_eq!(streamed.expect("an answer").status(), StatusCode::OK);
    assert_eq!(stopping.await.expect("no panic"), Ending::Drained);
}

#[tokio::test]
async fn a_request_that_outlives_the_drain_is_aborted() {
    let service = Service::start(LONG, 10, SHORT).await;
    let mut client = service.connect().await;
    client.get("/never").await;
    permit(&service.entered).await;
    let mut http2 = http2_client(&service).await;
    let streaming = tokio::spawn(async move { http2.send_request(request("/never")).await });
    permit(&service.entered).await;

    let dropped = Arc::clone(&service.dropped);
    let ending = service.stop().await;
    assert!(matches!(ending, Ending::Aborted { tasks: 2.., stuck: 0 }), "{ending:?}");
    permit(&dropped).await;
    permit(&dropped).await;
    assert_eq!(client.read_to_end().await, "");
    let streamed = timeout(BOUND, streaming).await.expect("in time").expect("no panic");
    assert!(streamed.is_err(), "an aborted request has no answer");
}

#[tokio::test]
async fn a_second_signal_aborts_before_the_drain_is_over() {
    let service = Service::start(LONG, 10, LONG).await;
    let mut client = service.connect().await;
    client.get("/never").await;
    permit(&service.entered).await;
    service.shutdown.abort();
    assert_eq!(service.stop().await, Ending::Aborted { tasks: 1, stuck: 0 });
    assert_eq!(client.read_to_end().await, "");
}

#[tokio::test]
async fn a_long_request_is_not_taken_for_an_idle_connection() {
    let service = Service::start(SHORT, 10, LONG).await;
    let mut client = service.connect().await;
    client.get("/slow").await;
    permit(&service.entered).await;
    // Another connection is closed for idleness meanwhile, so that time has passed.
    service.connect().await.read_to_end().await;
    service.connect().await.read_to_end().await;
    service.release.add_permits(1);
    let answer = client.read_until("slow").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.contains("connection: close"), "it is kept: {answer}");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let service = Service::start(LONG, 1, LONG).await;
    let mut first = service.connect().await;
    first.get("/slow").await;
    permit(&service.entered).await;
    let mut second = service.connect().await;
    second.get("/").await;
    let early = timeout(SHORT, second.0.readable()).await;
    assert!(early.is_err(), "the second is not served while the first is");

    service.release.add_permits(1);
    first.read_until("slow").await;
    drop(first);
    let answer = second.read_until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn those_that_keep_it_waiting_for_longest_make_room() {
    let service = Service::start(LONG, 3, LONG).await;
    let mut working = service.connect().await;
    working.get("/slow").await;
    permit(&service.entered).await;
    let mut half_a_head = service.connect().await;
    half_a_head.send("GET / HTTP/1.1\r\nhost: te").await;
    let mut half_a_body = service.connect().await;
    half_a_body.send("POST /read HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nab").await;
    permit(&service.entered).await;

    let mut served = Vec::new();
    for _ in 0..3 {
        let mut later = service.connect().await;
        later.get("/").await;
        let own_address = later.0.local_addr().expect("connected").to_string();
        let answer = later.read_until(&own_address).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        served.push(later);
    }
    assert_eq!(half_a_head.read_to_end().await, "", "the longest wait ends first");
    assert_eq!(half_a_body.read_to_end().await, "", "then the next longest");
    assert_eq!(served[0].read_to_end().await, "", "then that of a kept connection");
    service.release.add_permits(1);
    let answer = working.read_until("slow").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "who is worked for stays: {answer}");
}

fn request(path: &str) -> Request<Body> {
    Request::get(format!("http://test{path}")).body(Body::empty()).expect("a request")
}

async fn http2_client(service: &Service) -> http2::SendRequest<Body> {
    let stream = service.connect().await.0;
    let (client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    client
}
