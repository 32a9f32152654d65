//! Stopping in two stages that end. Stage one: accept nothing new and let what runs finish, up to
//! a deadline. Stage two: abort what is left. SIGTERM or SIGINT begins stage one, a second one
//! begins stage two at once.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long aborted tasks get to reach their next await point. A task that does not is blocking
/// its thread, and waiting longer would not help.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// The handle by which tasks are started and stopped; a clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    draining: CancellationToken,
    aborting: CancellationToken,
    tasks: TaskTracker,
    aborted: Arc<AtomicUsize>,
    drain: Duration,
}

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every task finished by itself.
    Drained,
    /// The deadline passed or a second signal came while tasks were running.
    Aborted {
        /// Tasks that were cut off.
        tasks: usize,
        /// Tasks that run on because they never come to an await point.
        stuck: usize,
    },
}

impl Shutdown {
    /// Nothing is stopping yet; `drain` is how long stage one may take.
    #[must_use]
    pub fn new(drain: Duration) -> Self {
        Self {
            draining: CancellationToken::new(),
            aborting: CancellationToken::new(),
            tasks: TaskTracker::new(),
            aborted: Arc::default(),
            drain,
        }
    }

    /// Runs `task` in a task of its own that the shutdown waits for. The handle gives `None` if
    /// the task was aborted by stage two; dropping the handle does not stop the task.
    ///
    /// A task that loops must watch [`draining`](Self::draining) itself.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<Option<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (aborting, aborted) = (self.aborting.clone(), Arc::clone(&self.aborted));
        self.tasks.spawn(async move {
            let output = aborting.run_until_cancelled_owned(task).await;
            if output.is_none() {
                aborted.fetch_add(1, Ordering::AcqRel);
            }
            output
        })
    }

    /// Begins stage one; more calls change nothing.
    pub fn begin(&self) {
        self.draining.cancel();
    }

    /// Begins stage two, and stage one if it had not begun.
    pub fn abort(&self) {
        self.draining.cancel();
        self.aborting.cancel();
    }

    /// Whether stage one has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Ends when stage one begins; at once if it has.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Ends when stage two begins; at once if it has.
    pub async fn aborting(&self) {
        self.aborting.cancelled().await;
    }

    /// Begins the stages on SIGTERM and SIGINT from now on.
    ///
    /// Errors: the system's, if the signals can't be watched.
    pub fn watch_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        // Not a tracked task: it would wait for itself.
        tokio::spawn(async move {
            while !shutdown.aborting.is_cancelled() {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                shutdown.signalled(name);
            }
        });
        Ok(())
    }

    fn signalled(&self, name: &str) {
        if self.is_draining() {
            tracing::warn!(signal = name, "stopping at once");
            self.abort();
        } else {
            tracing::info!(signal = name, drain_seconds = self.drain.as_secs(), "stopping");
            self.begin();
        }
    }

    /// Waits for stage one to begin and then for all tasks, aborts what is left after the drain
    /// time, and says how it ended. Ends at the latest 5 s after stage two began.
    pub async fn finish(&self) -> Ending {
        self.draining().await;
        self.tasks.close();
        tokio::select! {
            biased;
            () = self.tasks.wait() => return self.ending(),
            () = self.aborting() => {}
            () = tokio::time::sleep(self.drain) => {}
        }
        self.abort();
        if tokio::time::timeout(ABORT_GRACE, self.tasks.wait()).await.is_err() {
            tracing::error!(tasks = self.tasks.len(), "tasks that block their thread can't be stopped");
        }
        self.ending()
    }

    fn ending(&self) -> Ending {
        match (self.aborted.load(Ordering::Acquire), self.tasks.len()) {
            (0, 0) => Ending::Drained,
            (tasks, stuck) => Ending::Aborted { tasks, stuck },
        }
    }
}
