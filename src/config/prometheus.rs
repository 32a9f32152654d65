//! Where system metrics come from.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// `[prometheus]`.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// Where the server is; none: no metrics are fetched.
    pub url: Option<String>,
    /// What it is asked: `name = PromQL` each.
    pub queries: Vec<String>,
    /// How long one answer may take, 100–60,000 ms.
    pub timeout: Duration,
}

impl Prometheus {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let url = reader.text("prometheus.url");
        let queries = reader.texts("prometheus.queries");
        let timeout = reader.milliseconds("prometheus.timeout_ms", 100..=60_000);
        Ok(Self { url: url?, queries: queries?, timeout: timeout? })
    }
}
