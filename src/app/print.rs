//! What commands say. A closed pipe is no reason to panic.

use std::io::{self, Write as _};

use super::failure::Failure;

/// Prints lines on stdout at once.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        // Whoever read has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::failed(format!("stdout can't be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Prints on stderr how far a command is.
pub(super) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Prints why a command failed on stderr.
pub(super) fn complain(text: &str) {
    // If stderr is closed there is nobody to tell; the exit code still says it.
    drop(writeln!(io::stderr().lock(), "support-engineer: {text}"));
}
