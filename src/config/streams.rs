//! Streams of events.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// `[streams]`: how many may listen, and how they are kept awake.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    /// Streams that this process serves at once.
    pub most: usize,
    /// Streams of one tenant among them.
    pub most_per_tenant: usize,
    /// How long a stream is silent before it says that it is alive, 1–300 s.
    pub heartbeat: Duration,
}

impl Streams {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let most = reader.number("streams.most", 1..=100_000);
        let most_per_tenant = reader.number("streams.most_per_tenant", 1..=100_000);
        let heartbeat = reader.seconds("streams.heartbeat_seconds", 1..=300);
        Ok(Self { most: most?, most_per_tenant: most_per_tenant?, heartbeat: heartbeat? })
    }
}
