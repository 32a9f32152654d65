//! Doing what is due: claims timers, has the desk do the work, and tells what
//! has happened. [`Worker::run`] goes on until the shutdown;
//! [`Worker::move_clock`] does it under a clock moved by hand.

mod moved;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, RwLock, Semaphore};
use tokio::time::error::Elapsed;

use crate::clock::Clock;
use crate::domain::id::TenantId;
use crate::domain::timer::{Lease, wait_after};
use crate::flow::{Desk, Error};
use crate::shutdown::Shutdown;
use crate::store::claim::Wanted;

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Timers that are worked on at once.
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
    /// As many as may work at once.
    hands: Arc<Semaphore>,
    /// Held for reading by whoever works, for writing by whoever moves the clock.
    gate: Arc<RwLock<()>>,
    /// The last tenant that was served.
    served: Arc<Mutex<Option<TenantId>>>,
}

/// What a timer is worked on with; given back when the work ends.
struct Turn {
    /// Given back early by work that takes longer than its lease.
    hand: Option<OwnedSemaphorePermit>,
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
        Self {
            desk,
            settings,
            hands: Arc::new(Semaphore::new(settings.concurrency)),
            gate: Arc::default(),
            served: Arc::default(),
        }
    }

    /// Works until the shutdown begins. What is in hand then is finished, as
    /// far as the shutdown waits; what is not is done by whoever comes next.
    pub async fn run(self, shutdown: Shutdown) {
        while !shutdown.is_draining() {
            let found = tokio::select! {
                () = shutdown.draining() => break,
                found = self.round(&shutdown) => found,
            };
            let found = found.unwrap_or_else(|error| {
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
    /// hands for.
    async fn round(&self, shutdown: &Shutdown) -> Result<Found, Error> {
        let hand = self.hand().await;
        let gate = Arc::new(Arc::clone(&self.gate).read_owned().await);
        let told = self.desk.tell().await?;
        let mut hands = vec![hand];
        while let Ok(hand) = Arc::clone(&self.hands).try_acquire_owned() {
            hands.push(hand);
        }
        let leases = self.claim(hands.len()).await?;
        let found = if told > 0 || !leases.is_empty() { Found::Something } else { Found::Nothing };
        for (lease, hand) in leases.into_iter().zip(hands) {
            // Whoever moves the clock waits for what was claimed, too: the gate is
            // not let go in between.
            let turn = Turn { hand: Some(hand), _gate: Arc::clone(&gate) };
            let worker = self.clone();
            shutdown.spawn(async move { worker.work(&lease, Some(turn)).await });
        }
        Ok(found)
    }

    async fn hand(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.hands).acquire_owned().await {
            Ok(hand) => hand,
            Err(_closed) => unreachable!("nobody closes the hands"),
        }
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Lease>, Error> {
        let now = self.desk.now().await?;
        let lease = SignedDuration::try_from(self.settings.lease).unwrap_or(SignedDuration::MAX);
        let wanted = Wanted {
            now,
            until: now.checked_add(lease).unwrap_or(Timestamp::MAX),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            token: self.desk.clock().new_id(),
            after: *self.served.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let leases = self.desk.store().claim(&wanted).await?;
        if let Some(last) = leases.last() {
            *self.served.lock().unwrap_or_else(PoisonError::into_inner) = Some(last.tenant);
        }
        Ok(leases)
    }

    async fn work(&self, lease: &Lease, mut turn: Option<Turn>) {
        let began = Clock::monotonic();
        let outcome = match self.within_limits(lease, turn.as_mut()).await {
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

    /// Works on a timer for as long as its lease, and longer where it renews
    /// that. Whoever takes longer leaves the hand to others, so that a slow server
    /// stops nothing but what goes to it.
    async fn within_limits(
        &self,
        lease: &Lease,
        turn: Option<&mut Turn>,
    ) -> Result<Result<(), Error>, Elapsed> {
        let mut working = Box::pin(self.desk.work(lease));
        let ended = tokio::time::timeout(self.settings.lease, &mut working).await;
        let overtime = self.desk.overtime(lease.kind);
        if ended.is_ok() || overtime.is_zero() {
            return ended;
        }
        if let Some(turn) = turn {
            turn.hand = None;
            self.desk.bell().ring();
        }
        tokio::time::timeout(overtime, working).await
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
