//! Why a command did not do what it should, in words for whoever gave it.

use std::fmt;
use std::process::ExitCode;

use crate::config::Faults;
use crate::store::migrate::Unfit;
use crate::{embedded, flow, store};

/// A command that ended without success; displayed as sentences.
#[derive(Debug)]
pub enum Failure {
    /// The command line or the configuration can't be used: code 2.
    Usage(String),
    /// Something went wrong: code 1.
    Failed(String),
}

impl Failure {
    /// Something went wrong.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }

    /// The command line or the configuration can't be used.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Usage(faults.to_string())
    }
}

impl From<embedded::Error> for Failure {
    fn from(error: embedded::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::Failed(unfit.to_string())
    }
}

impl From<flow::Error> for Failure {
    fn from(error: flow::Error) -> Self {
        let flow::Error::Invalid(violations) = &error else { return Self::Failed(error.to_string()) };
        let lines = violations.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail));
        Self::Usage(lines.collect::<Vec<_>>().join("\n"))
    }
}
