//! The data directory: who may use it, and what lies where in it.
//!
//! ```text
//! lock           held while a service works here; holds its process id
//! password       of the role that owns the database, mode 0600
//! postgres.log   what the server says; postgres.log.1 is the part before
//! data/          PostgreSQL's own data directory, mode 0700
//! data.new/      one in the making, renamed to `data` when it is whole
//! run/           the Unix socket, mode 0700
//! ```

use std::env;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{process, thread};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::Error;

/// The longest socket path that every supported system takes, in bytes
/// (Linux takes 107, macOS 103).
const SOCKET_PATH_BYTES: usize = 103;

/// Directories that a fresh file system has by itself.
const NOT_FOREIGN: &str = "lost+found";

/// The data directory of the service, locked for this process.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    account: Account,
    sockets: PathBuf,
    /// Dropping the file releases the lock.
    _lock: File,
}

impl Directory {
    /// Opens or makes the directory and takes its lock.
    pub(super) fn open(configured: Option<&Path>) -> Result<Self, Error> {
        let wanted = configured.map_or_else(usual_place, |path| Ok(path.to_owned()))?;
        fs::create_dir_all(&wanted).map_err(Error::io("make the data directory", &wanted))?;
        let root = fs::canonicalize(&wanted).map_err(Error::io("find", &wanted))?;
        refuse_foreign(&root)?;
        let lock = lock(&root)?;
        restrict(&root)?;
        let account = Account::choose(&root.join("data"))?;
        account.check_access(&root)?;
        let sockets = socket_directory(&root);
        make_private(&sockets, &account)?;
        Ok(Self { root, account, sockets, _lock: lock })
    }

    /// The whole data directory.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The user that owns the data.
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// PostgreSQL's own data directory.
    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("data")
    }

    /// A data directory in the making.
    pub(super) fn cluster_in_the_making(&self) -> PathBuf {
        self.root.join("data.new")
    }

    /// The file with the owner's password.
    pub(super) fn password(&self) -> PathBuf {
        self.root.join("password")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The directory of the Unix socket, short enough for a socket address.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// Makes an empty directory that only the account may use.
    pub(super) fn make_private(&self, path: &Path) -> Result<(), Error> {
        make_private(path, &self.account)
    }

    /// Writes a new file that only its owner may read, and gives it to the account.
    /// A file of that name is replaced, never followed or written through.
    pub(super) fn write_secret(&self, path: &Path, secret: &str) -> Result<(), Error> {
        let draft = path.with_extension("new");
        remove_file(&draft)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&draft);
        let mut file = file.map_err(Error::io("make", &draft))?;
        file.write_all(secret.as_bytes()).map_err(Error::io("write", &draft))?;
        file.sync_all().map_err(Error::io("write", &draft))?;
        self.account.give(&draft)?;
        fs::rename(&draft, path).map_err(Error::io("make", path))
    }

    /// Removes what lies outside of the data directory.
    pub(super) fn tidy(&self) {
        if !self.sockets.starts_with(&self.root) {
            // Nothing depends on it: the next start makes or reuses the directory.
            drop(fs::remove_dir_all(&self.sockets));
        }
    }
}

/// Removes a file; that there is none is fine.
pub(super) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}

/// Where the data lies when nothing is configured.
fn usual_place() -> Result<PathBuf, Error> {
    if geteuid().is_root() {
        // Root's own home cannot be passed by the user that the server runs as.
        return Ok(PathBuf::from("/var/lib/support-engineer"));
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").ok_or(Error::NoDataDirectory);
    let base = if cfg!(target_os = "macos") {
        home()?.join("Library/Application Support")
    } else {
        absolute("XDG_DATA_HOME").map_or_else(|| home().map(|home| home.join(".local/share")), Ok)?
    };
    Ok(base.join("support-engineer"))
}

/// Refuses a directory in use for something else: its owner and mode are
/// about to be set, which must not befall a home directory or `/tmp`.
fn refuse_foreign(root: &Path) -> Result<(), Error> {
    if root.join("lock").exists() {
        return Ok(());
    }
    let entries = fs::read_dir(root).map_err(Error::io("read", root))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("read", root))?;
        if entry.file_name() != OsStr::new(NOT_FOREIGN) {
            return Err(Error::Foreign { directory: root.to_owned() });
        }
    }
    Ok(())
}

/// Takes the lock, which the system releases when this process ends, however it ends.
fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let options = options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let mut file = options.open(&path).map_err(Error::io("open", &path))?;
    match patiently(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Without its id the message still names the directory.
            drop(file.read_to_string(&mut holder));
            return Err(Error::InUse { directory: root.to_owned(), pid: holder.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
    }
    file.set_len(0).map_err(Error::io("write", &path))?;
    writeln!(file, "{}", process::id()).map_err(Error::io("write", &path))?;
    Ok(file)
}

/// Takes the lock of the file. A program that this process starts at the same
/// moment holds a copy of every open file until it has begun, so a lock that
/// was just released may seem taken for an instant.
fn patiently(file: &File) -> Result<(), TryLockError> {
    const ATTEMPTS: u32 = 25;
    for _ in 1..ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
            ended => return ended,
        }
    }
    file.try_lock()
}

/// Closes the directory to others. Root leaves it passable, because the user
/// that the server runs as works in the directories below.
fn restrict(root: &Path) -> Result<(), Error> {
    let now = fs::metadata(root).map_err(Error::io("read", root))?;
    if now.uid() != geteuid().as_raw() {
        return Ok(());
    }
    let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
    fs::set_permissions(root, Permissions::from_mode(mode)).map_err(Error::io("set the mode of", root))
}

/// `run` below the data directory, or a directory in `/tmp` when that path is
/// too long for a socket address or cannot be written in a URL.
pub(super) fn socket_directory(root: &Path) -> PathBuf {
    let inside = root.join("run");
    let length = inside.as_os_str().len() + "/.s.PGSQL.5432".len();
    if length <= SOCKET_PATH_BYTES && inside.to_str().is_some() {
        return inside;
    }
    let digest = Sha256::digest(root.as_os_str().as_bytes());
    Path::new("/tmp").join(format!("support-engineer-{}", hexadecimal(&digest[..8])))
}

fn make_private(path: &Path, account: &Account) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return account.give(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("make", path)(error)),
    }
    let now = fs::symlink_metadata(path).map_err(Error::io("read", path))?;
    let ours = now.uid() == account.uid() || now.uid() == geteuid().as_raw();
    if !now.is_dir() || !ours {
        return Err(Error::SocketDirectory { directory: path.to_owned() });
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(Error::io("set the mode of", path))?;
    account.give(path)
}
