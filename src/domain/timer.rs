//! What has to happen later.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::closed_list::closed_list;
use super::id::TenantId;

closed_list! {
    /// What there is to do when a timer is due.
    TimerKind {
        /// Whatever time alone brings to a ticket; the subject is the ticket.
        Ticket = "ticket",
        /// The next deliveries of a webhook endpoint, which is the subject.
        Webhook = "webhook",
        /// Sending a mail, which is the subject.
        Mail = "mail",
        /// Writing the file of a handoff, which is the subject.
        Handoff = "handoff",
        /// Fetching system metrics for what the subject names.
        Metrics = "metrics",
        /// The next look of a monitor, which is the subject.
        Monitor = "monitor",
        /// Making a system health report, where the subject is the tenant, or
        /// writing the files of one, which is the subject.
        Report = "report",
    }
}

/// Something to be done at an instant. It carries nothing else: who does it
/// looks again at what it is about, so a stale one is moot, never wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// What is to be done.
    pub kind: TimerKind,
    /// What it is about; there is one timer for each kind and subject.
    pub subject: Uuid,
    /// Not before this instant.
    pub due_at: Timestamp,
}

/// A timer in the hands of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whose it is.
    pub tenant: TenantId,
    /// What is to be done.
    pub kind: TimerKind,
    /// What it is about.
    pub subject: Uuid,
    /// When it was due.
    pub due_at: Timestamp,
    /// Until when nobody else gets it.
    pub until: Timestamp,
    /// Proves that it is still in these hands.
    pub token: Uuid,
    /// How often it was claimed since it was set, this time included.
    pub attempts: i32,
}

/// The first wait after a failure.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
/// No wait is longer.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(300);

/// How long a timer rests after its `attempts`-th failure in a row: one second,
/// twice as long each time, five minutes at most.
#[must_use]
pub fn wait_after(attempts: i32) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}
