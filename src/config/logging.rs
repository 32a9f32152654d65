//! How logs are written.

use tracing_subscriber::EnvFilter;

use super::reader::{Noted, Reader};

/// `[logging]`.
#[derive(Debug, Clone)]
pub struct Logging {
    /// The form of a line.
    pub format: LogFormat,
    /// Levels by module in the syntax of `RUST_LOG`; known to be readable.
    pub filter: String,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Pretty,
}

impl Logging {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let format = format(reader);
        let filter = filter(reader);
        Ok(Self { format: format?, filter: filter? })
    }
}

fn format(reader: &mut Reader) -> Result<LogFormat, Noted> {
    let key = "logging.format";
    match reader.text(key)?.as_deref() {
        Some("json") => Ok(LogFormat::Json),
        Some("pretty") => Ok(LogFormat::Pretty),
        other => Err(reader.refuse(key, format!("must be json or pretty, not {:?}", other.unwrap_or("")))),
    }
}

fn filter(reader: &mut Reader) -> Result<String, Noted> {
    let key = "logging.filter";
    let filter = reader.text(key)?.unwrap_or_default();
    match EnvFilter::try_new(&filter) {
        Ok(_) => Ok(filter),
        Err(error) => Err(reader.refuse(key, error.to_string())),
    }
}
