//! What this process does, and how its worker works.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It answers requests.
    Api,
    /// It does what is due.
    Worker,
    /// Both.
    All,
}

impl Part {
    /// Whether it does what is due.
    #[must_use]
    pub const fn works(self) -> bool {
        matches!(self, Self::Worker | Self::All)
    }

    /// Whether it answers requests beside those of its operators.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self, Self::Api | Self::All)
    }
}

/// `[service]` and `[worker]`.
#[derive(Debug, Clone)]
pub struct Worker {
    /// What this process does.
    pub part: Part,
    /// Timers that are worked on at once, 1–256.
    pub concurrency: usize,
    /// How long it waits before it looks again without a hint, 10–60,000 ms.
    pub poll: Duration,
    /// How long a claimed timer is its own, 5–3,600 s.
    pub lease: Duration,
}

impl Worker {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let part = part(reader);
        let concurrency = reader.number("worker.concurrency", 1..=256);
        let poll = reader.milliseconds("worker.poll_ms", 10..=60_000);
        let lease = reader.seconds("worker.lease_seconds", 5..=3_600);
        Ok(Self { part: part?, concurrency: concurrency?, poll: poll?, lease: lease? })
    }
}

fn part(reader: &mut Reader) -> Result<Part, Noted> {
    const KEY: &str = "service.role";
    match reader.text(KEY)?.as_deref() {
        Some("api") => Ok(Part::Api),
        Some("worker") => Ok(Part::Worker),
        Some("all") => Ok(Part::All),
        _ => Err(reader.refuse(KEY, "must be api, worker or all")),
    }
}
