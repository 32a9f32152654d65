//! Rates of requests.

use super::reader::{Noted, Reader};

/// Highest rate and burst that can be set.
const MOST: u64 = 1_000_000;

/// `[limits]`: how often keys and tenants may ask.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Whether the rates below are enforced.
    pub enabled: bool,
    /// What one key may do.
    pub per_key: Rate,
    /// What all keys of one tenant together may do.
    pub per_tenant: Rate,
}

/// A rate with room for bursts (a token bucket).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run, 1–1,000,000.
    pub per_second: u32,
    /// Requests at once, 1–1,000,000.
    pub burst: u32,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let enabled = reader.truth("limits.enabled");
        let per_key = Rate::read(reader, "limits.per_key_per_second", "limits.per_key_burst");
        let per_tenant = Rate::read(reader, "limits.per_tenant_per_second", "limits.per_tenant_burst");
        Ok(Self { enabled: enabled?, per_key: per_key?, per_tenant: per_tenant? })
    }
}

impl Rate {
    fn read(reader: &mut Reader, per_second: &'static str, burst: &'static str) -> Result<Self, Noted> {
        let per_second = reader.number(per_second, 1..=MOST);
        let burst = reader.number(burst, 1..=MOST);
        Ok(Self { per_second: per_second?, burst: burst? })
    }
}
