//! A client that sends bytes as they are, also those no decent client sends.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, taken apart.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    /// Asserts that this is a well-made problem of the kind, and gives it.
    pub(super) fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:support-engineer:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["instance"].as_str(), self.header("x-request-id"), "{problem}");
        for member in ["title", "detail", "errors", "retryable"] {
            assert!(problem.get(member).is_some(), "{member} is missing in {problem}");
        }
        problem
    }
}

/// Waits for what must come, and fails instead of hanging if it does not.
pub(super) async fn within<F: Future>(what: &str, awaited: F) -> F::Output {
    let waited = tokio::time::timeout(Duration::from_secs(20), awaited).await;
    waited.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Sends the bytes on a connection of their own and reads to its end.
pub(super) async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(bytes).await.expect("the server reads");
    let mut received = Vec::new();
    // A server that refuses early may reset the connection after its answer.
    let _ = within("the end of the answer", stream.read_to_end(&mut received)).await;
    parse(&received)
}

/// A request with the usual head; `head` are further header lines.
pub(super) async fn ask(address: SocketAddr, line: &str, head: &[&str], body: &[u8]) -> Answer {
    let length = format!("content-length: {}", body.len());
    let length = if body.is_empty() { None } else { Some(length.as_str()) };
    let lines: Vec<&str> = head.iter().copied().chain(length).chain(["", ""]).collect();
    let request = format!("{line} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{}", lines.join("\r\n"));
    send(address, &[request.as_bytes(), body].concat()).await
}

/// Posts a text as JSON.
pub(super) async fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    ask(address, &format!("POST {path}"), &["content-type: application/json"], body.as_bytes()).await
}

/// Gets a path.
pub(super) async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path}"), &[], b"").await
}

fn parse(received: &[u8]) -> Answer {
    let end = received
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(received)));
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &received[end + 4..];
    if status == "100" {
        return parse(rest);
    }
    Answer { status: status.parse().expect("a number"), headers, body: rest.to_vec() }
}
