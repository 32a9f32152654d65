//! The binary in a process of its own, with its own PostgreSQL.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::client::Client;

/// A start or a stop that takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command of the binary on a data directory, with an environment that holds
/// nothing but `variables`.
fn command(data_dir: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_support-engineer"));
    command.args(arguments).env_clear();
    for kept in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.env("SUPPORT__DATABASE__DATA_DIR", data_dir);
    command.env("SUPPORT__HTTP__LISTEN", "127.0.0.1:0").env("SUPPORT__METRICS__LISTEN", "127.0.0.1:0");
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// Runs a command of the binary to its end.
pub(crate) fn run(data_dir: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(data_dir, variables, arguments).output().expect("the binary runs")
}

/// `serve` in a process of its own; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// What it has printed on stdout, line by line.
    pub(crate) said: Vec<String>,
    address: String,
    lines: Receiver<String>,
    log: Receiver<String>,
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) fn serve(data_dir: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = command(data_dir, variables, &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let lines = follow(child.stdout.take().expect("piped"));
        let log = follow(child.stderr.take().expect("piped"));
        let mut process = Self { child, said: Vec::new(), address: String::new(), lines, log };
        while process.address.is_empty() {
            let Ok(line) = process.lines.recv_timeout(PATIENCE) else {
                panic!("it does not listen:\n{}", process.logged());
            };
            if let Some(address) = line.strip_prefix("listening on ") {
                address.clone_into(&mut process.address);
            }
            process.said.push(line);
        }
        process
    }

    /// The key that it printed.
    pub(crate) fn admin_key(&self) -> Option<&str> {
        self.said.iter().find_map(|line| line.strip_prefix("admin key: "))
    }

    /// Somebody without a key.
    pub(crate) fn client(&self) -> Client {
        Client::anonymous(&self.address)
    }

    /// `ADDRESS:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process is there");
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        // Its stdout closes when it ends, and that can be waited for with a limit.
        let mut line = self.lines.recv_timeout(PATIENCE);
        while line.is_ok() {
            line = self.lines.recv_timeout(PATIENCE);
        }
        let ended = line == Err(std::sync::mpsc::RecvTimeoutError::Disconnected);
        assert!(ended, "it does not end:\n{}", self.logged());
        self.child.wait().expect("it can be waited for")
    }

    /// What it has logged so far.
    pub(crate) fn logged(&self) -> String {
        self.log.try_iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The lines of a pipe, read by a thread so that waiting for them can end.
fn follow(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(pipe).lines().map_while(Result::ok);
        lines.map(|line| sender.send(line)).take_while(Result::is_ok).count()
    });
    receiver
}
