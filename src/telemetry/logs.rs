//! Logs: one event a line.

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use crate::config::{LogFormat, Logging};

/// Why logs can't be written.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// `logging.filter` is not a filter.
    #[error("logging.filter can't be read: {0}")]
    Filter(#[from] ParseError),
    /// The process logs somewhere already.
    #[error(transparent)]
    Taken(#[from] TryInitError),
}

/// What writes events to `writer`. JSON lines carry the event's fields at the top, and those of
/// the innermost span under `span`.
///
/// Errors: [`LogsError::Filter`] if `logging.filter` can't be read.
pub fn subscriber<W>(
    logging: &Logging,
    writer: W,
    colours: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, LogsError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&logging.filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match logging.format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
        LogFormat::Pretty => lines.with_ansi(colours).boxed(),
    };
    Ok(Registry::default().with(filter).with(lines))
}

pub(super) fn install(logging: &Logging) -> Result<(), LogsError> {
    subscriber(logging, io::stderr, io::stderr().is_terminal())?.try_init()?;
    Ok(())
}
