//! Rung when there may be something to do at once. A hint: whoever misses it
//! finds the work at the next look.

use std::sync::Arc;

use tokio::sync::Notify;

/// A clone is another handle on the same bell.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    here: Arc<Notify>,
    teller: Arc<Notify>,
    reporter: Arc<Notify>,
    elsewhere: Arc<Notify>,
}

impl Bell {
    /// Something was committed.
    pub fn ring(&self) {
        self.relay();
        self.elsewhere.notify_one();
    }

    /// Ends when it was rung, or had been since the last call; for the worker
    /// of this process that does what is due.
    pub async fn heard(&self) {
        self.here.notified().await;
    }

    /// The same, for whoever tells what has happened.
    pub async fn heard_by_teller(&self) {
        self.teller.notified().await;
    }

    /// The same, for whoever tells those who listen to streams.
    pub async fn heard_by_reporter(&self) {
        self.reporter.notified().await;
    }

    /// The same, for whoever passes it on to other processes.
    pub async fn heard_for_others(&self) {
        self.elsewhere.notified().await;
    }

    /// Another process rang.
    pub fn relay(&self) {
        self.here.notify_one();
        self.teller.notify_one();
        self.reporter.notify_one();
    }
}
