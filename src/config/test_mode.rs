//! What only tests may do.

use super::database::Database;
use super::http::{Http, Metrics};
use super::reader::{Noted, Reader};

/// `[test]`.
#[derive(Debug, Clone)]
pub struct TestMode {
    /// Whether the service runs on a clock moved by hand. Never true together with a listener
    /// that other machines reach, nor with an external database unless `allow_database` is set.
    pub clock: bool,
    /// Whether that clock may run on a configured external database.
    pub allow_database: bool,
}

impl TestMode {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let clock = reader.truth("test.clock");
        let allow_database = reader.truth("test.allow_database");
        Ok(Self { clock: clock?, allow_database: allow_database? })
    }

    /// Refuses a clock moved by hand where somebody else could move it, or where it could spoil
    /// data that matter.
    pub(super) fn check(&self, http: &Http, metrics: &Metrics, database: &Database, reader: &mut Reader) {
        if !self.clock {
            return;
        }
        for (key, listen) in [("http.listen", http.listen), ("metrics.listen", metrics.listen)] {
            if !listen.ip().to_canonical().is_loopback() {
                reader.refuse("test.clock", format!("needs a loopback address in {key}, not {listen}"));
            }
        }
        if database.url.is_some() && !self.allow_database {
            reader.refuse("test.clock", "needs test.allow_database = true to run on a configured database");
        }
    }
}
