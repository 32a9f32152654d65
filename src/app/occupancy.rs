//! Connections that wait for their clients: for a request, or for the rest of
//! one. Where all places are taken, those that have waited longest make room.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use hyper::body::{Body as Bytes, Frame, Incoming, SizeHint};
use tokio::sync::Notify;

/// All connections of a listener that wait for their clients.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// Who has waited longest comes first.
    waiting: BTreeMap<u64, Arc<Notify>>,
    next: u64,
    /// So many more are to go as soon as they wait.
    owed: usize,
}

impl Waiting {
    /// Sends so many away; where fewer wait, one more as soon as it does.
    pub(super) fn send_away(&self, many: usize) {
        let mut turns = self.locked();
        turns.owed = 1;
        for _ in 0..many {
            let Some((_, leave)) = turns.waiting.pop_first() else { return };
            leave.notify_one();
            turns.owed = 0;
        }
    }

    /// Nobody has to go any more.
    pub(super) fn let_stay(&self) {
        self.locked().owed = 0;
    }

    fn begin(&self, leave: &Arc<Notify>) -> u64 {
        let mut turns = self.locked();
        turns.next += 1;
        let turn = turns.next;
        if turns.owed > 0 {
            turns.owed -= 1;
            leave.notify_one();
        } else {
            turns.waiting.insert(turn, Arc::clone(leave));
        }
        turn
    }

    fn end(&self, turn: u64) {
        self.locked().waiting.remove(&turn);
    }

    /// The turns are whole after every statement, so a panic elsewhere spoils
    /// nothing.
    fn locked(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Requests {
    counts: Mutex<Counts>,
    waiting: Arc<Waiting>,
    leave: Arc<Notify>,
}

/// What closing a connection would cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtStake {
    /// Beginnings of requests, which have done nothing.
    Nothing,
    /// What of an answer is not sent yet.
    LastWords,
    /// A request that is being worked on.
    Work,
}

#[derive(Debug, Default)]
struct Counts {
    begun: usize,
    running: usize,
    /// Those among them whose body has not come whole.
    arriving: usize,
    /// Since when it waits for its client.
    turn: Option<u64>,
}

impl Requests {
    /// Those of a connection that waits for its first one.
    pub(super) fn new(waiting: Arc<Waiting>) -> Arc<Self> {
        let requests = Self { counts: Mutex::default(), waiting, leave: Arc::default() };
        requests.count(|_| ());
        Arc::new(requests)
    }

    /// Whether this connection never asked for anything, so that closing it loses nothing.
    pub(super) fn none_begun(&self) -> bool {
        self.locked().begun == 0
    }

    /// What closing the connection now would cut off.
    pub(super) fn at_stake(&self) -> AtStake {
        let counts = self.locked();
        match counts.running {
            0 if counts.begun > 0 => AtStake::LastWords,
            running if running == counts.arriving => AtStake::Nothing,
            _ => AtStake::Work,
        }
    }

    /// Whether nothing runs and nothing began since the last call.
    pub(super) fn idle_since(&self, begun_before: &mut usize) -> bool {
        let counts = self.locked();
        let unchanged = std::mem::replace(begun_before, counts.begun) == counts.begun;
        unchanged && counts.running == 0
    }

    /// Comes true when the connection has to make room.
    pub(super) async fn sent_away(&self) {
        self.leave.notified().await;
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.locked();
        change(&mut counts);
        let waits = counts.running == counts.arriving;
        match counts.turn {
            // Another beginning of a request does not make the wait shorter.
            None if waits => counts.turn = Some(self.waiting.begin(&self.leave)),
            Some(turn) if !waits => {
                self.waiting.end(turn);
                counts.turn = None;
            }
            _ => {}
        }
    }

    fn locked(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        if let Some(turn) = self.locked().turn {
            self.waiting.end(turn);
        }
    }
}

/// Counts a request as running until its answer is sent or dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Requests>);

impl Running {
    /// Begins a request, and gives its body, which counts as arriving until its end.
    pub(super) fn begin(requests: &Arc<Requests>, body: Incoming) -> (Self, Body) {
        let arriving = !body.is_end_stream();
        requests.count(|counts| {
            counts.begun += 1;
            counts.running += 1;
            counts.arriving += usize::from(arriving);
        });
        let arrival = arriving.then(|| Arrival(Arc::clone(requests)));
        (Self(Arc::clone(requests)), Body::new(Arriving { body, arrival }))
    }

    /// The answer's body, with which the request ends.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(Sending { body, _running: self })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.count(|counts| counts.running -= 1);
    }
}

struct Arrival(Arc<Requests>);

impl Drop for Arrival {
    fn drop(&mut self) {
        self.0.count(|counts| counts.arriving -= 1);
    }
}

struct Arriving {
    body: Incoming,
    arrival: Option<Arrival>,
}

impl Bytes for Arriving {
    type Data = <Incoming as Bytes>::Data;
    type Error = <Incoming as Bytes>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.arrival = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Sending {
    body: Body,
    _running: Running,
}

impl Bytes for Sending {
    type Data = <Body as Bytes>::Data;
    type Error = <Body as Bytes>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
