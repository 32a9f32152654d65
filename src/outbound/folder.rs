//! Files for people in a folder of the machine, each written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// What became of a file that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is there, now or since an earlier attempt.
    There,
    /// Something else has the name.
    Taken,
}

/// A file to be written.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Where; made, for its owner alone, if it is not there.
    pub directory: PathBuf,
    /// Under which name.
    pub name: String,
    /// What it says; it ends with a line that no other file ends with.
    pub text: String,
    /// Tells this attempt from every other one.
    pub attempt: Uuid,
}

impl Sheet {
    /// Puts the file into its folder, readable by its owner alone: under another
    /// name first, and by its own only when the disk has it.
    ///
    /// # Errors
    /// The file system's.
    pub async fn place(self) -> io::Result<Placed> {
        match tokio::task::spawn_blocking(move || self.place_now()).await {
            Ok(placed) => placed,
            Err(ended) => Err(io::Error::other(ended)),
        }
    }

    fn place_now(&self) -> io::Result<Placed> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let whole = self.directory.join(&self.name);
        let part = self.directory.join(format!(".{}.{}.part", self.name, self.attempt));
        let linked = self.write(&part).and_then(|()| fs::hard_link(&part, &whole));
        let removed = fs::remove_file(&part);
        match linked {
            Ok(()) => {
                removed?;
                File::open(&self.directory)?.sync_all()?;
                Ok(Placed::There)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.compare(&whole),
            Err(error) => Err(error),
        }
    }

    fn write(&self, part: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part)?;
        file.write_all(self.text.as_bytes())?;
        file.sync_all()
    }

    /// Whether what has the name is this file, from an attempt whose end nobody
    /// noted.
    fn compare(&self, whole: &Path) -> io::Result<Placed> {
        let there = fs::read(whole)?;
        Ok(if there == self.text.as_bytes() { Placed::There } else { Placed::Taken })
    }
}
