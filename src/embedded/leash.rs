//! A child process that ends when we do.
//!
//! The child is started through a few lines of shell. They leave a watcher
//! behind that reads from a pipe whose other end we hold, and then become the
//! program itself, so the program is our own child and its process id is the
//! one we know. When we die, however we die, the system closes the pipe and
//! the watcher interrupts the program's process group. There is no moment at
//! which the program runs unwatched. The watcher is nobody's child, because
//! the server takes an unknown child that ends for a crash of its own.
//!
//! A parent-death signal would do the same on Linux alone, would fire when
//! the spawning thread ends, and can only be set by unsafe code or `setpriv`.
//! A POSIX shell is at hand wherever PostgreSQL is: `initdb` itself needs it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::account::Account;
use super::error::Error;

/// Descriptor 3 is the pipe. A line from us means that the program has ended
/// and its process id may belong to somebody else; the end of the file, that
/// we are gone.
const WATCH: &str = r#"exec 3<&0 </dev/null
( ( read -r line <&3 || kill -s INT -- "-$$" ) >/dev/null 2>&1 & )
exec "$@" 3<&-"#;

/// A running program that is interrupted when this value or this process goes away.
#[derive(Debug)]
pub(super) struct Leashed {
    child: Child,
    line: Option<ChildStdin>,
}

impl Leashed {
    /// Starts a program as `account`, in `place`, with its output going to `output`.
    pub(super) fn spawn(
        account: &Account,
        program: &Path,
        prepare: impl FnOnce(&mut Command),
        output: (Stdio, Stdio),
    ) -> Result<Self, Error> {
        let mut command = account.command(Path::new("/bin/sh"));
        command.args(["-c", WATCH, "support-engineer"]).arg(program);
        prepare(&mut command);
        command.stdin(Stdio::piped()).stdout(output.0).stderr(output.1);
        let mut child = command.spawn().map_err(Error::io("run", program))?;
        let line = child.stdin.take();
        Ok(Self { child, line })
    }

    /// The program's process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the program. One that has ended already is no error:
    /// it keeps its id until it is reaped.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = pid_of(self.pid())
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::warn!(pid = self.pid(), %error, "cannot signal the embedded PostgreSQL");
        }
    }

    /// Waits for the end of the program, reaps it and lets the watcher go.
    pub(super) fn finish(mut self) -> Ending {
        let line = self.line.take();
        let ended = self.child.wait_with_output();
        if let Some(mut line) = line {
            // A watcher that is gone already has nothing left to do.
            drop(line.write_all(b"ended\n"));
        }
        match ended {
            Ok(ended) => {
                let said = [ended.stdout, ended.stderr].concat();
                Ending {
                    success: ended.status.success(),
                    status: ended.status.to_string(),
                    said: String::from_utf8_lossy(&said).into_owned(),
                }
            }
            Err(error) => Ending { success: false, status: error.to_string(), said: String::new() },
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ending {
    /// Whether its exit status was zero.
    pub(super) success: bool,
    /// Its exit status or the signal that ended it, in words.
    pub(super) status: String,
    /// What it wrote to outputs that are pipes.
    pub(super) said: String,
}

/// Waits until a child process has ended, and leaves it to its owner to reap:
/// until then nobody else can get its process id.
pub(super) fn await_end(pid: u32) {
    if let Some(pid) = pid_of(pid) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == Errno::INTR) {}
    }
}

fn pid_of(raw: u32) -> Option<Pid> {
    i32::try_from(raw).ok().and_then(Pid::from_raw)
}
