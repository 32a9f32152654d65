//! Clients that post tickets, each with a key of its own, and repeat what was not
//! answered or is to be tried again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support_engineer::clock::Clock;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::PATIENCE;
use super::rig::Line;
use crate::harness::Answer;

/// Before something is tried again, and between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// What kind of tickets are posted, and how fast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Clients at once.
    pub(super) clients: usize,
    /// Between two tickets of a client.
    pub(super) pause: Duration,
    /// Whether they are to be answered within a quarter of an hour.
    pub(super) urgent: bool,
}

/// A ticket that was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub(super) id: Uuid,
    pub(super) body: Value,
}

/// What came of it.
#[derive(Debug, Default, Clone)]
pub(super) struct Acknowledged {
    /// The tickets by key, which is the subject too.
    pub(super) tickets: BTreeMap<String, Ticket>,
    /// Answers by status; 0: none came.
    pub(super) answers: BTreeMap<u16, usize>,
    /// The longest that an answer took.
    pub(super) slowest: Duration,
    /// When the latest of them was sent that was acknowledged.
    sent: Option<Instant>,
    /// Answers that nobody ought to get.
    strange: Vec<String>,
    stopping: bool,
}

impl Acknowledged {
    /// Notes what came of a request, and gives the ticket if it is acknowledged.
    fn note(&mut self, sent: Instant, answer: Option<&Answer>) -> Option<Uuid> {
        self.slowest = self.slowest.max(sent.elapsed());
        *self.answers.entry(answer.map_or(0, |answer| answer.status)).or_default() += 1;
        let answer = answer?;
        if answer.status == 201 {
            self.sent = self.sent.max(Some(sent));
            return Some(answer.id());
        }
        if !may_be_repeated(answer) {
            self.strange.push(answer.shown());
        }
        None
    }
}

/// The clients. They stop when it is dropped.
#[derive(Debug)]
pub(super) struct Load {
    state: Arc<Mutex<Acknowledged>>,
    clients: JoinSet<()>,
}

impl Load {
    pub(super) fn begin(line: &Line, pace: Pace) -> Self {
        let state: Arc<Mutex<Acknowledged>> = Arc::default();
        let mut clients = JoinSet::new();
        for client in 0..pace.clients {
            clients.spawn(post(client, line.clone(), pace, Arc::clone(&state)));
        }
        Self { state, clients }
    }

    /// What has come so far.
    pub(super) fn so_far(&self) -> Acknowledged {
        locked(&self.state).clone()
    }

    /// Waits until so many more are acknowledged.
    pub(super) async fn pass(&self, more: u64) {
        let wanted = locked(&self.state).tickets.len() + usize::try_from(more).expect("a small number");
        self.until("more tickets", |state| state.tickets.len() >= wanted).await;
    }

    /// Waits until something is acknowledged that was sent after this instant,
    /// and answers how long that took.
    pub(super) async fn recover(&self, since: Instant) -> Duration {
        self.until("a ticket after the fault", |state| state.sent.is_some_and(|sent| sent > since)).await;
        since.elapsed()
    }

    /// Waits until it has come to that.
    pub(super) async fn until(&self, what: &str, come: impl Fn(&Acknowledged) -> bool) {
        let began = Clock::monotonic();
        loop {
            {
                let state = locked(&self.state);
                assert!(state.strange.is_empty(), "strange answers: {:#?}", state.strange);
                if come(&state) {
                    return;
                }
                assert!(began.elapsed() < PATIENCE, "{what} does not come: {:?}", state.answers);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Has the clients finish what they are at, and answers what came of it all.
    pub(super) async fn stop(mut self) -> Acknowledged {
        locked(&self.state).stopping = true;
        let finishing = async {
            while let Some(ended) = self.clients.join_next().await {
                ended.expect("no client fails");
            }
        };
        let finished = tokio::time::timeout(PATIENCE, finishing).await;
        let state = locked(&self.state).clone();
        finished.unwrap_or_else(|_| panic!("the clients get no answer: {:?}", state.answers));
        assert!(state.strange.is_empty(), "strange answers: {:#?}", state.strange);
        println!("{} tickets; answers: {:?}", state.tickets.len(), state.answers);
        state
    }
}

async fn post(client: usize, line: Line, pace: Pace, state: Arc<Mutex<Acknowledged>>) {
    let mut number = 0;
    while !locked(&state).stopping {
        number += 1;
        let key = format!("{client}-{number}");
        let mut body = json!({
            "subject": key, "body": "Nobody can work.", "requester": { "email": "ada@example.org" },
        });
        if pace.urgent {
            body["severity"] = json!("critical");
            body["impact"] = json!("organization");
        }
        let id = insist(&line, &key, &body, &state).await;
        locked(&state).tickets.insert(key, Ticket { id, body });
        tokio::time::sleep(pace.pause).await;
    }
}

/// Posts it until it is acknowledged.
async fn insist(line: &Line, key: &str, body: &Value, state: &Mutex<Acknowledged>) -> Uuid {
    loop {
        let sent = Clock::monotonic();
        let answer = line.client().with("idempotency-key", key).try_post("/v1/tickets", body).await;
        if let Some(id) = locked(state).note(sent, answer.as_ref()) {
            return id;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a client is told to try again, by all that it may go by.
fn may_be_repeated(answer: &Answer) -> bool {
    let problem = answer.header("content-type") == "application/problem+json";
    let comes_back = answer.status != 503 || answer.header("retry-after").parse::<u64>().is_ok();
    problem && comes_back && matches!(answer.status, 503 | 504 | 409) && answer.at("/retryable") == true
}

fn locked(state: &Mutex<Acknowledged>) -> MutexGuard<'_, Acknowledged> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
