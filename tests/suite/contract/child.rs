//! Runs one ignored test in a process of its own, for what concerns a whole process: signals,
//! the panic hook, the global log.

use std::process::{Command, Output};

/// Runs the test of that full name and waits for it.
pub(crate) fn run(test: &str) -> Output {
    let binary = std::env::current_exe().expect("the test binary knows its path");
    Command::new(binary)
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the test binary starts")
}
