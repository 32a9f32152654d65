//! Requests over connections that stay open, one after the other on each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use support_engineer::clock::Clock;
use tokio::net::TcpStream;

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn post(path: impl Into<String>, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method: Method::POST, path: path.into(), headers, body: body.to_string().into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A connection of a caller.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Connection {
    pub(crate) async fn open(address: &str, key: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("an option of the socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(async move { drop(connection.await) });
        Self { sender, key: format!("Bearer {key}") }
    }

    /// Sends it, and waits for the whole answer.
    pub(crate) async fn call(&mut self, call: Call) -> (StatusCode, http::HeaderMap, Bytes) {
        let mut request = Request::builder().method(call.method).uri(call.path).header("host", "localhost");
        if self.key.len() > "Bearer ".len() {
            request = request.header("authorization", &self.key);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(call.body)).expect("a request");
        self.sender.ready().await.expect("an open connection");
        let answer = self.sender.send_request(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        (head.status, head.headers, body.collect().await.expect("a whole answer").to_bytes())
    }
}

/// How long answers took.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    times: Vec<Duration>,
    /// Answers that refused.
    pub(crate) refused: usize,
    /// How long it was asked.
    pub(crate) lasted: Duration,
}

impl Taken {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.times.len()) / self.lasted.as_secs_f64()
    }

    /// How many were answered.
    pub(crate) fn answered(&self) -> f64 {
        count(self.times.len())
    }

    /// Milliseconds that this share of a thousand took at most.
    pub(crate) fn at(&self, permille: usize) -> f64 {
        let last = self.times.len().saturating_sub(1);
        self.times.get(last * permille / 1_000).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// Who asks what, how fast.
pub(crate) struct Load<'a> {
    pub(crate) address: &'a str,
    pub(crate) key: &'a str,
    pub(crate) connections: usize,
    pub(crate) lasts: Duration,
    /// Requests a second of all connections together; as fast as they are
    /// answered where it is not said.
    pub(crate) rate: Option<f64>,
}

impl Load<'_> {
    /// Asks what `next` says, given the number of the connection and that of the
    /// request on it. At a given rate a request's time counts from when it was
    /// to be sent, so that waiting behind a slow one is not left out.
    pub(crate) async fn run<F>(&self, next: F) -> Taken
    where
        F: Fn(usize, u64) -> Call + Send + Sync + 'static,
    {
        let next = Arc::new(next);
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.address, self.key).await);
        }
        let began = Clock::monotonic();
        let pause = self.rate.map(|rate| Duration::from_secs_f64(count(self.connections) / rate));
        let asking: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(number, connection)| {
                let offset = pause.map(|pause| pause.mul_f64(count(number) / count(self.connections)));
                let pace = pause.zip(offset).map(|(pause, offset)| (pause, began + offset));
                tokio::spawn(ask(connection, number, Arc::clone(&next), began + self.lasts, pace))
            })
            .collect();
        let mut all = Taken::default();
        for one in asking {
            let taken = one.await.expect("nothing failed");
            all.times.extend(taken.times);
            all.refused += taken.refused;
        }
        all.lasted = began.elapsed();
        all.times.sort_unstable();
        all
    }
}

async fn ask<F>(
    mut connection: Connection,
    number: usize,
    next: Arc<F>,
    until: Instant,
    mut pace: Option<(Duration, Instant)>,
) -> Taken
where
    F: Fn(usize, u64) -> Call + Send + Sync + 'static,
{
    let mut taken = Taken::default();
    for request in 0.. {
        let mut began = Clock::monotonic();
        if let Some((pause, due)) = &mut pace {
            tokio::time::sleep_until((*due).into()).await;
            began = *due;
            *due += *pause;
        }
        if began >= until {
            break;
        }
        let (status, _, body) = connection.call(next(number, request)).await;
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            taken.times.push(began.elapsed());
        } else {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", String::from_utf8_lossy(&body));
            taken.refused += 1;
        }
    }
    taken
}
