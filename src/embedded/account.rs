//! Under which user PostgreSQL runs. It refuses to run as root, so root drops
//! to an unprivileged user; everybody else stays who they are.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::error::Error;

/// The users that root drops to when there is no data yet, best first.
const UNPRIVILEGED: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The user that owns the data and runs every program of PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
    dropped: bool,
}

impl Account {
    /// Chooses the user: ourselves, or for root the owner of the existing
    /// data, else the first of the well-known unprivileged users.
    pub(super) fn choose(cluster: &Path) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Self::of_id(geteuid().as_raw(), false);
        }
        let owner = fs::metadata(cluster).map_or(0, |data| data.uid());
        if owner != 0 {
            return Self::of_id(owner, true);
        }
        let known = UNPRIVILEGED.iter().find_map(|name| Self::lookup(name, true));
        known.ok_or(Error::NoUnprivilegedUser)
    }

    fn of_id(uid: u32, dropped: bool) -> Result<Self, Error> {
        let name = ask_id(&["-un", &uid.to_string()]);
        name.and_then(|name| Self::lookup(&name, dropped)).ok_or(Error::NoAccount { uid })
    }

    fn lookup(name: &str, dropped: bool) -> Option<Self> {
        let uid = ask_id(&["-u", name])?.parse().ok().filter(|uid| *uid != 0)?;
        let gid = ask_id(&["-g", name])?.parse().ok()?;
        Some(Self { name: name.to_owned(), uid, gid, dropped })
    }

    /// The user's id.
    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    /// A command that runs as this user, in its own process group, with a
    /// clean environment: no `PG*` variable of the caller can redirect it.
    /// Dropping the user id also drops root's supplementary groups.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("HOME", "/").env("PATH", "/usr/bin:/bin");
        command.current_dir("/").process_group(0).stdin(Stdio::null());
        if self.dropped {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a path to this user, if it is not the one we run as.
    pub(super) fn give(&self, path: &Path) -> Result<(), Error> {
        if self.dropped {
            let (uid, gid) = (Some(self.uid), Some(self.gid));
            std::os::unix::fs::lchown(path, uid, gid).map_err(Error::io("change the owner of", path))?;
        }
        Ok(())
    }

    /// Checks, as this user, that every directory on the way to `target` can
    /// be passed and `target` itself be entered or run.
    pub(super) fn check_access(&self, target: &Path) -> Result<(), Error> {
        let mut way: Vec<&Path> = target.ancestors().collect();
        way.reverse();
        let script = r#"for step; do [ -x "$step" ] || { printf %s "$step"; exit 1; }; done"#;
        let mut shell = self.command(Path::new("/bin/sh"));
        let shell = shell.args(["-c", script, "sh"]).args(way);
        let answer = shell.output().map_err(Error::io("run", Path::new("/bin/sh")))?;
        if answer.status.success() {
            return Ok(());
        }
        let blocked = PathBuf::from(String::from_utf8_lossy(&answer.stdout).into_owned());
        Err(Error::NoAccess { user: self.name.clone(), blocked, target: target.to_owned() })
    }
}

/// Asks `id`, which knows every user the system knows, however they are kept.
fn ask_id(arguments: &[&str]) -> Option<String> {
    let answer = Command::new("id").args(arguments).stdin(Stdio::null()).output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
