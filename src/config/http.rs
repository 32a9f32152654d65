//! The two listeners.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::{Noted, Reader};

/// `[http]`: the interface.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long a request may take, 1–600 s.
    pub request_timeout: Duration,
    /// How long the head of a request may take and a kept connection may stay idle, 1–600 s.
    pub header_timeout: Duration,
    /// Largest request body in bytes, 1 KiB to 2 MiB.
    pub body_limit_bytes: usize,
    /// Largest body of a batch of tickets in bytes, 1 KiB to 64 MiB.
    pub batch_limit_bytes: usize,
    /// Connections served at once, 1–100,000.
    pub max_connections: usize,
    /// How long running requests and tasks may take after the signal to stop, 0–3,600 s.
    pub drain: Duration,
}

impl Http {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let listen = reader.address("http.listen");
        let request_timeout = reader.seconds("http.request_timeout_seconds", 1..=600);
        let header_timeout = reader.seconds("http.header_timeout_seconds", 1..=600);
        let body_limit_bytes = reader.number("http.body_limit_bytes", 1_024..=2 * 1_024 * 1_024);
        let batch_limit_bytes = reader.number("http.batch_limit_bytes", 1_024..=64 * 1_024 * 1_024);
        let max_connections = reader.number("http.max_connections", 1..=100_000);
        let drain = reader.seconds("http.drain_seconds", 0..=3_600);
        Ok(Self {
            listen: listen?,
            request_timeout: request_timeout?,
            header_timeout: header_timeout?,
            body_limit_bytes: body_limit_bytes?,
            batch_limit_bytes: batch_limit_bytes?,
            max_connections: max_connections?,
            drain: drain?,
        })
    }
}

/// `[metrics]`: the listener of `/metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// For how long KPIs that were computed are shown, 1–3,600 s; `None`: there are none.
    pub kpi: Option<Duration>,
    /// Tenants whose KPIs are shown, 1–1,000.
    pub kpi_tenants: usize,
}

impl Metrics {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let listen = reader.address("metrics.listen");
        let kpi = reader.seconds("metrics.kpi_seconds", 0..=3_600);
        let kpi_tenants = reader.number("metrics.kpi_tenants", 1..=1_000);
        let kpi = Some(kpi?).filter(|lasts| !lasts.is_zero());
        Ok(Self { listen: listen?, kpi, kpi_tenants: kpi_tenants? })
    }
}
