//! Clients that post tickets, each under a key of its own, now to this replica and
//! now to that, and repeat at the other one what was not acknowledged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support_engineer::clock::Clock;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Clients at once.
const CLIENTS: usize = 6;
/// Between two tickets of a client.
const PAUSE: Duration = Duration::from_millis(150);
/// Before the other replica is asked.
const RETRY: Duration = Duration::from_millis(50);
/// Longer than the service itself lets a request take.
const ANSWER: Duration = Duration::from_secs(20);

/// The two replicas, as a client with a key of the API.
#[derive(Debug, Clone)]
pub(super) struct Doors {
    http: reqwest::Client,
    addresses: [String; 2],
    key: String,
}

/// What a replica said.
#[derive(Debug)]
pub(super) struct Said {
    status: u16,
    retry_after: Option<u64>,
    body: Value,
}

/// What came of all of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The acknowledged tickets by their keys, which are their subjects, too.
    pub(super) acknowledged: BTreeMap<String, Uuid>,
    /// When tickets were acknowledged, in order.
    acknowledgements: Vec<Instant>,
    /// How often each status was answered.
    pub(super) answers: BTreeMap<u16, usize>,
    /// The longest that a refusal took.
    pub(super) slowest_refusal: Duration,
    /// What no client could have made sense of.
    pub(super) strange: Vec<String>,
    stopping: bool,
}

impl Doors {
    pub(super) fn new(addresses: [String; 2], key: &str) -> Self {
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(ANSWER).build();
        Self { http: http.expect("a client"), addresses, key: key.to_owned() }
    }

    /// Posts the ticket of a key to one of the replicas; none: it did not answer.
    pub(super) async fn post(&self, replica: usize, key: &str) -> Option<Said> {
        let body = json!({
            "subject": key, "body": "Nobody can work.", "severity": "critical", "impact": "organization",
            "requester": { "email": "ada@example.org" },
        });
        let url = format!("{}/v1/tickets", self.addresses[replica]);
        let request = self.http.post(url).bearer_auth(&self.key).header("idempotency-key", key).json(&body);
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let retry_after =
            answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
        Some(Said { status, retry_after, body: answer.json().await.ok()? })
    }
}

impl Said {
    /// The ticket, if it was acknowledged.
    pub(super) fn ticket(&self) -> Option<Uuid> {
        (self.status == 201).then(|| self.body["id"].as_str().and_then(|id| id.parse().ok())).flatten()
    }

    /// Whether a client is told to come again.
    fn is_passing(&self) -> bool {
        let says_when = self.retry_after.is_some_and(|wait| wait <= 5);
        matches!(self.status, 409 | 503) && says_when || self.status == 504
    }
}

impl Outcome {
    /// The longest that nobody was acknowledged anything, from this instant on.
    pub(super) fn longest_silence(&self, since: Instant) -> Duration {
        let later = self.acknowledgements.iter().filter(|at| **at > since);
        let instants: Vec<Instant> = std::iter::once(since).chain(later.copied()).collect();
        instants.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default()
    }

    /// How many were acknowledged after this instant.
    pub(super) fn acknowledged_since(&self, since: Instant) -> usize {
        self.acknowledgements.iter().filter(|at| **at > since).count()
    }
}

/// The clients at work; they stop when it is dropped.
pub(super) struct Load {
    outcome: Arc<Mutex<Outcome>>,
    clients: JoinSet<()>,
}

impl Load {
    pub(super) fn begin(doors: &Doors) -> Self {
        let outcome: Arc<Mutex<Outcome>> = Arc::default();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(post(client, doors.clone(), Arc::clone(&outcome)));
        }
        Self { outcome, clients }
    }

    /// Waits until so many more are acknowledged.
    pub(super) async fn pass(&self, more: usize) {
        let since = Clock::monotonic();
        while locked(&self.outcome).acknowledged_since(since) < more {
            let answers = locked(&self.outcome).answers.clone();
            assert!(since.elapsed() < Duration::from_mins(2), "they get no answer: {answers:?}");
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Has each client bring its last ticket in, and answers what came of it all.
    pub(super) async fn stop(mut self) -> Outcome {
        locked(&self.outcome).stopping = true;
        while let Some(ended) = self.clients.join_next().await {
            ended.expect("no client fails");
        }
        std::mem::take(&mut *locked(&self.outcome))
    }
}

async fn post(client: usize, doors: Doors, outcome: Arc<Mutex<Outcome>>) {
    let (mut number, mut replica) = (0, client % 2);
    while !locked(&outcome).stopping {
        number += 1;
        let key = format!("{client}-{number}");
        let id = loop {
            let asked = Clock::monotonic();
            let said = doors.post(replica, &key).await;
            replica = 1 - replica;
            if let Some(id) = note(&outcome, said.as_ref(), asked) {
                break id;
            }
            tokio::time::sleep(RETRY).await;
        };
        locked(&outcome).acknowledged.insert(key, id);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Keeps what was said, and answers the ticket if it was acknowledged.
fn note(outcome: &Mutex<Outcome>, said: Option<&Said>, asked: Instant) -> Option<Uuid> {
    let (now, mut outcome) = (Clock::monotonic(), locked(outcome));
    *outcome.answers.entry(said.map_or(0, |said| said.status)).or_default() += 1;
    let id = said.and_then(Said::ticket);
    if id.is_some() {
        outcome.acknowledgements.push(now);
        return id;
    }
    outcome.slowest_refusal = outcome.slowest_refusal.max(now - asked);
    if !said.is_some_and(Said::is_passing) {
        outcome.strange.push(format!("{said:?}"));
    }
    None
}

fn locked(outcome: &Mutex<Outcome>) -> MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}
