//! What an earlier server left in the data directory. It is only looked at
//! under our lock, so no living service owns it: after a kill of the service
//! the server may still be stopping, after a kill of the server some of its
//! processes may still be ending, and the file with its process id stays. That
//! id may meanwhile be a zombie's or a stranger's, for either of which
//! PostgreSQL would refuse to start.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::directory::{Directory, remove_file};
use super::error::Error;

/// How often a process that was told to end is looked at.
const PERIOD: Duration = Duration::from_millis(50);

/// How long a process has after a signal that leaves it no choice.
const GRACE: Duration = Duration::from_secs(6);

/// Ends what still works in the data directory, cleanly if it can within
/// `patience`, and removes the files that say that a server runs.
pub(super) fn clear(directory: &Directory, patience: Duration) -> Result<(), Error> {
    let cluster = directory.cluster();
    let pid_file = cluster.join("postmaster.pid");
    let socket = directory.sockets().join(".s.PGSQL.5432");
    if pid_file.exists() {
        let server = fs::read_to_string(&pid_file).ok().and_then(|text| first_pid(&text));
        end_all(directory, server, patience)?;
    }
    remove_file(&pid_file)?;
    remove_file(&socket)?;
    remove_file(&socket.with_extension("5432.lock"))
}

fn end_all(directory: &Directory, server: Option<Pid>, patience: Duration) -> Result<(), Error> {
    let mut working = working(directory, server)?;
    if let Some(server) = server.filter(|server| working.contains(server)) {
        tracing::warn!(pid = server.as_raw_pid(), "stopping a PostgreSQL that an earlier run left behind");
        send(server, Signal::INT);
        working = wait(directory, Some(server), patience)?;
    }
    // Without their server, or when it does not stop, the rest must end at once.
    for signal in [Signal::QUIT, Signal::KILL] {
        if working.is_empty() {
            return Ok(());
        }
        for pid in &working {
            send(*pid, signal);
        }
        working = wait(directory, server, GRACE)?;
    }
    match working.first() {
        None => Ok(()),
        Some(pid) => Err(Error::LeftOver { pid: pid.as_raw_pid(), cluster: directory.cluster() }),
    }
}

/// Waits until nothing works in the data directory, or answers what still does.
fn wait(directory: &Directory, server: Option<Pid>, patience: Duration) -> Result<Vec<Pid>, Error> {
    let mut waited = Duration::ZERO;
    loop {
        let left = working(directory, server)?;
        if left.is_empty() || waited >= patience {
            return Ok(left);
        }
        thread::sleep(PERIOD);
        waited += PERIOD;
    }
}

fn send(pid: Pid, signal: Signal) {
    if let Err(error) = kill_process(pid, signal)
        && error != Errno::SRCH
    {
        tracing::warn!(pid = pid.as_raw_pid(), %error, "cannot signal a PostgreSQL that was left behind");
    }
}

/// The living processes whose working directory is the data directory, as
/// every process of a server has it. A zombie has none, and a person who is
/// looking round there runs another program. The account asks,
/// because the system hides the working directory of another user's process
/// even from a root without all its powers, as in a container.
#[cfg(target_os = "linux")]
fn working(directory: &Directory, _server: Option<Pid>) -> Result<Vec<Pid>, Error> {
    let script = r#"for place in /proc/[0-9]*/cwd; do [ "$place" -ef "$1" ] || continue
        read -r name < "${place%/cwd}/comm" && case $name in postgres|postmaster|initdb) echo "$place";; esac; done; :"#;
    let shell = Path::new("/bin/sh");
    let mut command = directory.account().command(shell);
    let answer = command.args(["-c", script, "sh"]).arg(directory.cluster()).output();
    let text = answer.map_err(Error::io("run", shell))?.stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(text.lines().filter_map(|line| first_pid(&line.replace("/proc/", "").replace("/cwd", ""))).collect())
}

/// The server of the pid file, if it lives and was started on this data
/// directory. Where there is no `/proc`, its children cannot be told from
/// those of other servers; PostgreSQL refuses to start until they have ended,
/// and the supervisor tries again.
#[cfg(not(target_os = "linux"))]
fn working(directory: &Directory, server: Option<Pid>) -> Result<Vec<Pid>, Error> {
    let Some(server) = server else { return Ok(Vec::new()) };
    let program = Path::new("/bin/ps");
    let mut command = directory.account().command(program);
    let id = server.as_raw_pid().to_string();
    let answer = command.args(["-ww", "-o", "stat=,command=", "-p", &id]).output();
    let text = answer.map_err(Error::io("run", program))?.stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    let ours = !text.starts_with('Z') && text.contains(&*directory.cluster().to_string_lossy());
    Ok(if ours { vec![server] } else { Vec::new() })
}

fn first_pid(text: &str) -> Option<Pid> {
    text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw)
}
