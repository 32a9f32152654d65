//! What operators see: logs on stderr and metrics for Prometheus.

mod logs;
mod measures;
mod panics;

pub use logs::{LogsError, subscriber};
pub use measures::{Measures, MeasuresError};

use crate::config::Logging;

/// Sends the logs of the whole process to stderr and logs each panic once, as one event. To be
/// called once, by the binary.
///
/// Errors: [`LogsError`] if the filter can't be read or logs go somewhere already.
pub fn start(logging: &Logging) -> Result<(), LogsError> {
    logs::install(logging)?;
    panics::install();
    Ok(())
}
