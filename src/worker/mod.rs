//! Doing what is due: claims timers, has the desk do the work, and tells what
//! has happened. [`Worker::run`] goes on until the shutdown;
//! [`Worker::move_clock`] does it under a clock moved by hand.

pub mod claims;
mod moved;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OwnedRwLockReadGuard, OwnedSemaphorePermit, RwLock, Semaphore};
use tokio::time::error::Elapsed;

use crate::clock::Clock;
use crate::domain::timer::{Lease, TimerKind, wait_after};
use crate::flow::{Desk, Error};
use crate::shutdown::Shutdown;
use crate::store::claim::Wanted;
use claims::Claims;

/// Once something was told, what happens in so long is told together: each
/// telling is a transaction, however little there is to tell. And however often
/// it rings, what is due is looked for once in so long.
const GATHERING: Duration = Duration::from_millis(20);
/// How often tables are looked after.
const LOOK_AT_TABLES: Duration = Duration::from_secs(1);
/// While there is much to do, so long is waited for hands to get free, so that
/// one claim serves several.
const MORE_HANDS: Duration = Duration::from_millis(5);

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Timers of each kind that are worked on at once. A mail that its server
    /// takes long over gives its place back meanwhile.
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
    /// Whose turn it is.
    claims: Mutex<Claims>,
    /// Whether the last claim left no hand free.
    full: AtomicBool,
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

impl Lane {
    /// The hands that are free. While there is much to do, half of all are
    /// waited for a moment.
    async fn free(&self, all: usize) -> Vec<OwnedSemaphorePermit> {
        let mut free = Vec::new();
        if self.full.load(Ordering::Relaxed) {
            let half = u32::try_from(all / 2).unwrap_or(u32::MAX);
            let half = Arc::clone(&self.hands).acquire_many_owned(half);
            if let Ok(Ok(mut half)) = tokio::time::timeout(MORE_HANDS, half).await {
                free.extend(std::iter::from_fn(|| half.split(1)));
            }
        }
        while let Ok(hand) = Arc::clone(&self.hands).try_acquire_owned() {
            free.push(hand);
        }
        free
    }
}

impl Worker {
    /// A worker for this desk, which should have connections of its own.
    #[must_use]
    pub fn new(desk: Desk, settings: Settings) -> Self {
        let lane = |kind: &TimerKind| Lane {
            kind: *kind,
            hands: Arc::new(Semaphore::new(settings.concurrency)),
            claims: Mutex::default(),
            full: AtomicBool::default(),
        };
        Self { desk, settings, lanes: TimerKind::ALL.iter().map(lane).collect(), gate: Arc::default() }
    }

    /// Works until the shutdown begins. What is in hand then is finished, as
    /// far as the shutdown waits; what is not is done by whoever comes next.
    pub async fn run(self, shutdown: Shutdown) {
        tokio::join!(
            self.go_on_telling(&shutdown),
            self.go_on_working(&shutdown),
            self.go_on_looking_after_tables(&shutdown),
        );
    }

    /// Has the planner know the tables of a new install while they grow, and sorts
    /// new words in before whoever opens a ticket has to.
    async fn go_on_looking_after_tables(&self, shutdown: &Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.draining() => break,
                () = tokio::time::sleep(LOOK_AT_TABLES) => {}
            }
            self.look_after_tables().await;
        }
    }

    /// Does once what tables need now and then.
    pub async fn look_after_tables(&self) {
        match self.desk.store().analyze_grown().await {
            Ok(0) => {}
            Ok(tables) => tracing::info!(tables, "worker.statistics.gathered"),
            Err(error) => tracing::warn!(%error, "worker.statistics.failed"),
        }
        if let Err(error) = self.desk.store().sort_in_words().await {
            tracing::warn!(%error, "worker.words.failed");
        }
    }

    /// Tells what has happened. What can't be told now is told another time, and
    /// keeps nobody from what is due.
    async fn go_on_telling(&self, shutdown: &Shutdown) {
        while !shutdown.is_draining() {
            let told = tokio::select! {
                () = shutdown.draining() => break,
                told = self.tell() => told,
            };
            let told = told.unwrap_or_else(|error| {
                tracing::warn!(%error, "worker.tell.failed");
                0
            });
            if told > 0 {
                tokio::select! {
                    () = shutdown.draining() => break,
                    () = tokio::time::sleep(GATHERING) => continue,
                }
            }
            tokio::select! {
                () = shutdown.draining() => break,
                () = self.desk.bell().heard_by_teller() => {}
                () = tokio::time::sleep(self.settings.poll) => {}
            }
        }
    }

    async fn tell(&self) -> Result<usize, Error> {
        let _gate = self.gate.read().await;
        self.desk.tell().await
    }

    async fn go_on_working(&self, shutdown: &Shutdown) {
        loop {
            let gate = tokio::select! {
                () = shutdown.draining() => break,
                gate = Arc::clone(&self.gate).read_owned() => Arc::new(gate),
            };
            // Never cut off: what a claim has taken would wait for its lease to end.
            let found = self.round(shutdown, gate).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "worker.round.failed");
                Found::Nothing
            });
            if found == Found::Nothing {
                let rest = self.rest_until_next().await;
                tokio::select! {
                    () = shutdown.draining() => break,
                    () = self.desk.bell().heard() => tokio::time::sleep(GATHERING).await,
                    () = tokio::time::sleep(rest) => {}
                }
            }
        }
    }

    /// How long there is nothing to look for: until the next timer is due, or as
    /// long as it takes to find what another process set.
    async fn rest_until_next(&self) -> Duration {
        let poll = self.settings.poll;
        if self.desk.clock().is_manual() {
            return poll;
        }
        let now = self.desk.clock().now();
        match self.desk.store().next_ready().await {
            // What is due already waits for a hand, which rings.
            Ok(Some(next)) if next > now => {
                Duration::try_from(next.duration_since(now)).map_or(poll, |left| left.min(poll))
            }
            _ => poll,
        }
    }

    /// Begins as much of what is due as there are hands for. Something was found
    /// where there may be more for them.
    async fn round(&self, shutdown: &Shutdown, gate: Arc<OwnedRwLockReadGuard<()>>) -> Result<Found, Error> {
        let mut found = Found::Nothing;
        for kind in self.desk.store().ready_kinds(self.desk.now().await?).await? {
            let Some(lane) = self.lanes.iter().find(|lane| lane.kind == kind) else { continue };
            let hands = lane.free(self.settings.concurrency).await;
            // Who is at work rings the bell in the end.
            if hands.is_empty() || shutdown.is_draining() {
                continue;
            }
            let leases = self.claim(lane, hands.len()).await?;
            lane.full.store(leases.len() == hands.len(), Ordering::Relaxed);
            if !leases.is_empty() {
                found = Found::Something;
            }
            for (lease, hand) in leases.into_iter().zip(hands) {
                // Whoever moves the clock waits for what was claimed, too: the gate is
                // not let go in between.
                let turn = Turn { hand: Some(hand), _gate: Arc::clone(&gate) };
                let worker = self.clone();
                shutdown.spawn(async move { worker.work(&lease, Some(turn)).await });
            }
        }
        Ok(found)
    }

    async fn claim(&self, lane: &Lane, limit: usize) -> Result<Vec<Lease>, Error> {
        let now = self.desk.now().await?;
        let lease = SignedDuration::try_from(self.settings.lease).unwrap_or(SignedDuration::MAX);
        let wanted = Wanted {
            kind: lane.kind,
            now,
            until: now.checked_add(lease).unwrap_or(Timestamp::MAX),
            limit,
            token: self.desk.clock().new_id(),
        };
        lane.claims.lock().await.take(&self.desk, &wanted).await
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
        if outcome == "done" {
            let late = self.desk.clock().now().duration_since(lease.due_at);
            metrics::histogram!("worker_timer_lag_seconds", "kind" => kind)
                .record(late.as_secs_f64().max(0.0));
        }
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
