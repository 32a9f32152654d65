//! Files for people in a folder of the machine, each written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// How the names of files end that are not whole.
const PART: &str = ".part";

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
    /// Whose file it is, whatever its name and text.
    pub owner: Uuid,
    /// Tells this attempt from every other one.
    pub attempt: Uuid,
}

impl Sheet {
    /// Puts the file into its folder, readable by its owner alone: under another
    /// name first, and by its own only when the disk has it. An earlier text of
    /// the same file is replaced, and what an attempt left that was killed is
    /// removed.
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
        self.sweep()?;
        let whole = self.directory.join(&self.name);
        let part = self.directory.join(format!(".{}.{}.{}{PART}", self.name, self.owner, self.attempt));
        let placed = self.write(&part).and_then(|()| self.put(&part, &whole));
        match (placed, fs::remove_file(&part)) {
            // It was moved to its name.
            (Ok(placed), Err(error)) if error.kind() == io::ErrorKind::NotFound => self.settle(placed),
            (Ok(placed), removed) => removed.and_then(|()| self.settle(placed)),
            (Err(error), _) => Err(error),
        }
    }

    /// Gives the written file its name, unless somebody else's has it.
    fn put(&self, part: &Path, whole: &Path) -> io::Result<Placed> {
        match fs::hard_link(part, whole) {
            Ok(()) => Ok(Placed::There),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = fs::read(whole)?;
                if there == self.text.as_bytes() {
                    // An attempt put it there whose end nobody noted.
                    return Ok(Placed::There);
                }
                let last = |text: &[u8]| {
                    text.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).map(<[u8]>::to_vec)
                };
                if last(&there).is_none_or(|line| last(self.text.as_bytes()) != Some(line)) {
                    return Ok(Placed::Taken);
                }
                fs::rename(part, whole)?;
                Ok(Placed::There)
            }
            Err(error) => Err(error),
        }
    }

    /// Has the disk know the folder as it is.
    fn settle(&self, placed: Placed) -> io::Result<Placed> {
        if placed == Placed::There {
            File::open(&self.directory)?.sync_all()?;
        }
        Ok(placed)
    }

    fn write(&self, part: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part)?;
        file.write_all(self.text.as_bytes())?;
        file.sync_all()
    }

    /// Removes what was left of earlier attempts at this file, under whatever name.
    fn sweep(&self) -> io::Result<()> {
        let owner = format!(".{}.", self.owner);
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && name.contains(&owner) && name.ends_with(PART) {
                match fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
