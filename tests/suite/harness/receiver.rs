//! A receiver of webhooks, on a TCP port of its own, that answers as it is told
//! and remembers what came.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How long a body that never comes is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// By this status.
    Status(u16),
    /// By this status with one more header.
    With(u16, &'static str, String),
    /// By this status with this body.
    Saying(u16, Vec<u8>),
    /// By this status, with a body that never ends.
    Endless(u16),
    /// Not at all, with the connection open.
    Silence,
    /// 500 to bodies that hold this text, else 204.
    Choking(&'static str),
    /// 204, to the first body that holds this text not before it is let go.
    Holding(&'static str),
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// The status it was answered with; 0: none.
    pub(crate) answered: u16,
}

impl Received {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body of JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Its `webhook-id`.
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The number that its sender gave it.
    pub(crate) fn sequence(&self) -> u64 {
        self.json()["sequence"].as_str().expect("text").parse().expect("a number")
    }

    /// Whether it is signed with this secret, by the library that receivers use.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name.as_str()).expect("a name");
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        Webhook::new(secret).expect("a secret").verify(&self.body, &headers).is_ok()
    }
}

#[derive(Debug)]
struct State {
    reply: Reply,
    received: Vec<Received>,
}

/// The receiver; it ends with the test.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// A body is held back.
    holds: Arc<Notify>,
    /// It is let go.
    lets_go: Arc<Notify>,
}

impl Receiver {
    /// One that answers 204.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State { reply: Reply::Status(204), received: Vec::new() }));
        let receiver = Self { address, state, holds: Arc::default(), lets_go: Arc::default() };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let receiver = serving.clone();
                tokio::spawn(async move { receiver.serve(connection).await });
            }
        });
        receiver
    }

    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How it answers from now on.
    pub(crate) fn answer(&self, reply: Reply) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).reply = reply;
    }

    /// What came, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).received.clone()
    }

    /// What came and was answered 2xx, in order.
    pub(crate) fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|one| (200..300).contains(&one.answered)).collect()
    }

    /// Returns when a body is held back.
    pub(crate) async fn holds(&self) {
        tokio::time::timeout(PATIENCE, self.holds.notified()).await.expect("a body is held back");
    }

    /// Lets that body go.
    pub(crate) fn let_go(&self) {
        self.lets_go.notify_one();
    }

    async fn serve(&self, mut connection: TcpStream) {
        while let Some((path, headers, body)) = read(&mut connection).await {
            let (answer, is_held) = self.note(path, headers, body);
            if is_held {
                self.holds.notify_one();
                self.lets_go.notified().await;
            }
            let Some(answer) = answer else {
                // Held open until the client gives up.
                let _ended = connection.read(&mut [0; 1]).await;
                return;
            };
            if connection.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    /// Remembers a request and says how it is answered, and whether not before it is let go.
    fn note(
        &self,
        path: String,
        headers: BTreeMap<String, String>,
        body: Vec<u8>,
    ) -> (Option<Vec<u8>>, bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&body).into_owned();
        let is_held = match state.reply {
            Reply::Holding(on) => text.contains(on) && state.received.iter().all(|one| one.body != body),
            _ => false,
        };
        let (status, header, said) = match state.reply.clone() {
            Reply::Status(status) => (status, String::new(), Vec::new()),
            Reply::With(status, name, value) => (status, format!("{name}: {value}\r\n"), Vec::new()),
            Reply::Saying(status, said) => (status, String::new(), said),
            Reply::Endless(status) => (status, "content-length: 9999\r\n".to_owned(), b"well".to_vec()),
            Reply::Silence => (0, String::new(), Vec::new()),
            Reply::Choking(on) => (if text.contains(on) { 500 } else { 204 }, String::new(), Vec::new()),
            Reply::Holding(_) => (204, String::new(), Vec::new()),
        };
        state.received.push(Received { path, headers, body, answered: status });
        let length = if status == 204 || header.starts_with("content-length") {
            String::new()
        } else {
            format!("content-length: {}\r\n", said.len())
        };
        let head = format!("HTTP/1.1 {status} Told\r\n{header}{length}\r\n");
        ((status != 0).then(|| [head.into_bytes(), said].concat()), is_held)
    }
}

/// One request of HTTP/1.1 with a length.
async fn read(connection: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        let mut part = [0; 4_096];
        match connection.read(&mut part).await {
            Ok(count @ 1..) => bytes.extend_from_slice(&part[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let headers: BTreeMap<String, String> =
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    let missing = length - body.len().min(length);
    let mut rest = vec![0; missing];
    connection.read_exact(&mut rest).await.ok()?;
    body.extend_from_slice(&rest);
    Some((path, headers, body))
}
