//! Programs of others that stand around the service in production. They are not
//! part of every machine, so the tests that need them are run by hand.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, geteuid, kill_process_group};

/// Asks for the tests that need such programs.
const ASKED: &str = "SUPPORT_SUITE_FAILOVER";

/// Whether these tests are asked for; if not, what is left out is printed.
pub(crate) fn is_asked_for(what: &str) -> bool {
    let asked = std::env::var_os(ASKED).is_some();
    if !asked {
        println!("left out, because {ASKED} is not set: {what}");
    }
    asked
}

/// A port that nobody had a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Gives a path to the user that these programs run as where root runs the tests.
pub(crate) fn give(path: &Path) {
    if let Some((uid, gid)) = unprivileged() {
        chown(path, Some(uid), Some(gid)).expect("root may give away");
    }
}

/// The user and group that root's programs run as.
fn unprivileged() -> Option<(u32, u32)> {
    let ask = |what: &str| {
        let said = Command::new("id").args([what, "postgres"]).output().expect("id runs");
        String::from_utf8_lossy(&said.stdout).trim().parse().expect("there is a user postgres")
    };
    geteuid().is_root().then(|| (ask("-u"), ask("-g")))
}

/// One of them, in a process group of its own and never as root. The group is
/// killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts a program in a directory that the unprivileged user owns; what it
    /// says goes to `NAME.log` there.
    pub(crate) fn start(place: &Path, name: &str, program: &str, arguments: &[&str]) -> Self {
        let log = place.join(format!("{name}.log"));
        let said = File::options().create(true).append(true).open(&log).expect("a log");
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("LC_ALL", "C").env("HOME", place).current_dir(place);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::null()).stdout(said.try_clone().expect("the same log")).stderr(said);
        if let Some((uid, gid)) = unprivileged() {
            command.uid(uid).gid(gid);
        }
        let child = command.process_group(0).spawn();
        let child = child.unwrap_or_else(|error| panic!("{program} is not installed? {error}"));
        Self { child, log }
    }

    /// Kills it, and whatever it keeps in its group.
    pub(crate) fn kill(&mut self) {
        // Both fail only for one that is gone already.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        drop(self.child.wait());
    }

    /// What it has said.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}
