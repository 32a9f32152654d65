//! Doing what is due: claims timers, has the desk do the work, and tells what
//! has happened. [`Worker::run`] goes on until the shutdown;
//! [`Worker::move_clock`] does it under a clock moved by hand.

mod moved;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, RwLock, Semaphore};

use crate::clock::Clock;
use crate::domain::id::TenantId;
use crate::domain::timer::{Lease, TimerKind, wait_after};
use crate::flow::{Desk, Error};
use crate::shutdown::Shutdown;
use crate::store::claim::Wanted;

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Timers of each kind that are worked on at once.
    pub concurrency: usize,
    /// How long it waits before it looks again without a hint.
    pub poll: Duration,
    /// How long a claimed timer is its own.
    pub lease: Duration,
}

/// A worker of this process; a clone is another handle on the same one.
#[derive(Clone)]
pub struct Worker {
    desk: Desk,
    settings: Settings,
    lanes: Arc<[Lane]>,
    /// Held for reading by whoever works, for writing by whoever moves the clock.
    gate: Arc<RwLock<()>>,
}

/// The hands for timers of one kind: those that wait for servers elsewhere keep
/// none of another kind waiting.
struct Lane {
    kind: TimerKind,
    /// As many as may work at once.
    hands: Arc<Semaphore>,
    /// The last tenant that was served.
    served: Mutex<Option<TenantId>>,
}

/// What a timer is worked on with; given back when the work ends.
struct Turn {
    _hand: OwnedSemaphorePermit,
    _gate: Arc<OwnedRwLockReadGuard<()>>,
}

/// What a round found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing: it may wait.
    Nothing,
    /// Something: there may be more.
    Something,
}

impl Worker {
    /// A worker for this desk, which should have connections of its own.
    #[must_use]
    pub fn new(desk: Desk, settings: Settings) -> Self {
        let lane = |kind: &TimerKind| Lane {
            kind: *kind,
            hands: Arc::new(Semaphore::new(settings.concurrency)),
            served: Mutex::default(),
        };
        Self { desk, settings, lanes: TimerKind::ALL.iter().map(lane).collect(), gate: Arc::default() }
    }

    /// Works until the shutdown begins. What is in hand then is finished, as
    /// far as the shutdown waits; what is not is done by whoever comes next.
    pub async fn run(self, shutdown: Shutdown) {
        loop {
            let gate = tokio::select! {
                () = shutdown.draining() => break,
                gate = Arc::clone(&self.gate).read_owned() => Arc::new(gate),
            };
            // Never cut off: what a claim has taken would wait for its lease to end.
            let found = self.round(&shutdown, gate).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "worker.round.failed");
                Found::Nothing
            });
            if found == Found::Nothing {
                tokio::select! {
                    () = shutdown.draining() => break,
                    () = self.desk.bell().heard() => {}
                    () = tokio::time::sleep(self.settings.poll) => {}
                }
            }
        }
    }

    /// Tells what has happened, and begins as much of what is due as there are
    /// hands for. Something was found where there may be more for them.
    async fn round(&self, shutdown: &Shutdown, gate: Arc<OwnedRwLockReadGuard<()>>) -> Result<Found, Error> {
        let mut found = if self.tell().await > 0 { Found::Something } else { Found::Nothing };
        for kind in self.desk.store().ready_kinds(self.desk.now().await?).await? {
            let Some(lane) = self.lanes.iter().find(|lane| lane.kind == kind) else { continue };
            let mut hands = Vec::new();
            while let Ok(hand) = Arc::clone(&lane.hands).try_acquire_owned() {
                hands.push(hand);
            }
            // Who is at work rings the bell in the end.
            if hands.is_empty() || shutdown.is_draining() {
                continue;
            }
            let leases = self.claim(lane, hands.len()).await?;
            if !leases.is_empty() {
                found = Found::Something;
            }
            for (lease, hand) in leases.into_iter().zip(hands) {
                // Whoever moves the clock waits for what was claimed, too: the gate is
                // not let go in between.
                let turn = Turn { _hand: hand, _gate: Arc::clone(&gate) };
                let worker = self.clone();
                shutdown.spawn(async move { worker.work(&lease, Some(turn)).await });
            }
        }
        Ok(found)
    }

    /// Tells what has happened. What can't be told now is told another time, and
    /// keeps nobody from what is due.
    async fn tell(&self) -> usize {
        self.desk.tell().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "worker.tell.failed");
            0
        })
    }

    async fn claim(&self, lane: &Lane, limit: usize) -> Result<Vec<Lease>, Error> {
        let now = self.desk.now().await?;
        let lease = SignedDuration::try_from(self.settings.lease).unwrap_or(SignedDuration::MAX);
        let wanted = Wanted {
            kind: lane.kind,
            now,
            until: now.checked_add(lease).unwrap_or(Timestamp::MAX),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            token: self.desk.clock().new_id(),
            after: *lane.served.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let leases = self.desk.store().claim(&wanted).await?;
        if let Some(last) = leases.last() {
            *lane.served.lock().unwrap_or_else(PoisonError::into_inner) = Some(last.tenant);
        }
        Ok(leases)
    }

    async fn work(&self, lease: &Lease, turn: Option<Turn>) {
        let began = Clock::monotonic();
        let ended = tokio::time::timeout(self.settings.lease, self.desk.work(lease)).await;
        let outcome = match ended {
            Ok(Ok(())) => "done",
            Ok(Err(error)) => {
                tracing::warn!(%error, kind = %lease.kind, subject = %lease.subject, tenant = %lease.tenant,
                    attempts = lease.attempts, "worker.timer.failed");
                self.rest(lease).await;
                "failed"
            }
            Err(_) => {
                tracing::warn!(kind = %lease.kind, subject = %lease.subject, tenant = %lease.tenant,
                    "worker.timer.overrun");
                "overrun"
            }
        };
        let kind = lease.kind.as_str();
        metrics::counter!("worker_timers_total", "kind" => kind, "outcome" => outcome).increment(1);
        metrics::histogram!("worker_timer_duration_seconds", "kind" => kind).record(began.elapsed());
        drop(turn);
        // There is a hand more for what is waiting.
        self.desk.bell().ring();
    }

    /// After a failure the timer rests, longer each time.
    async fn rest(&self, lease: &Lease) {
        let until = match self.desk.now().await {
            Ok(now) => now.checked_add(wait_after(lease.attempts)).unwrap_or(Timestamp::MAX),
            Err(error) => return tracing::warn!(%error, "worker.clock.failed"),
        };
        if let Err(error) = self.desk.store().put_off(lease, until).await {
            // Its lease ends by itself.
            tracing::warn!(%error, "worker.rest.failed");
        }
    }
}
