//! Messages that were not sent yet: one file each in the state folder, which the program that
//! writes it holds by a lock.
//!
//! The system lets a lock go when a program ends, however it ends; then the draft is there for the
//! next one that looks. A file is replaced whole, so what is found is never half a draft.

use std::fs::{File, TryLockError};
use std::io::{Error, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::kept::create_private;

/// The ending of a draft, which mail programs know, and that of its lock.
const DRAFT: &str = "eml";
const LOCK: &str = "lock";

/// The draft of this program in one session.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    /// Counts until it is dropped.
    _lock: File,
}

/// A draft that no program holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// By which it is found again.
    pub path: PathBuf,
    /// When it was written last.
    pub written: SystemTime,
    /// How long it is.
    pub len: u64,
}

impl Kept {
    /// Makes a place for a draft in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(folder: &Path) -> std::io::Result<Self> {
        create_private(folder)?;
        // A name that nobody has; its lock is what nobody else may write.
        for n in 1.. {
            let path = folder.join(format!("{}-{n}.{DRAFT}", std::process::id()));
            if !path.exists()
                && let Some(lock) = held(&path)?
            {
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(Error::other("no name is left"))
    }

    /// Takes over a draft that was left, with what stands in it.
    ///
    /// # Errors
    /// When another program holds it, or it is gone or no UTF-8.
    pub fn take(path: &Path) -> std::io::Result<(Self, String)> {
        let named = |error: Error| Error::new(error.kind(), format!("{}: {error}", path.display()));
        // A lock for nothing would stay there.
        path.metadata().map_err(named)?;
        let Some(lock) = held(path)? else {
            return Err(Error::other(format!("another program holds {}", path.display())));
        };
        let text = std::fs::read_to_string(path).map_err(named)?;
        Ok((Self { path: path.to_owned(), _lock: lock }, text))
    }

    /// Writes the draft.
    ///
    /// # Errors
    /// When it cannot be written; then what was written before is still there.
    pub fn write<'a>(&self, pieces: impl Iterator<Item = &'a str>) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        // It is readable by its owner alone, which is what this library makes of temporary files.
        let mut file = std::io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        for piece in pieces {
            file.write_all(piece.as_bytes())?;
        }
        file.into_inner()?.persist(&self.path)?;
        Ok(())
    }

    /// Deletes the draft.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn delete(self) -> std::io::Result<()> {
        let gone = |path: &Path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        gone(&self.path)?;
        gone(&self.path.with_extension(LOCK))
    }
}

/// The drafts in `folder` that no program holds, the newest first.
pub fn left(folder: &Path) -> Vec<Left> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let draft = |path: PathBuf| {
        let left = Some(path).filter(|path| path.extension().is_some_and(|e| e == DRAFT))?;
        let left = seen(left)?;
        // The lock is let go at once: looking takes nothing away.
        held(&left.path).ok().flatten()?;
        Some(left)
    };
    let mut all: Vec<_> = files.filter_map(|file| draft(file.path())).collect();
    all.sort_by(|a, b| (b.written, &b.path).cmp(&(a.written, &a.path)));
    all
}

/// Deletes a draft that was left; `false` if it is another one since, or another program has it.
///
/// # Errors
/// When it cannot be deleted.
pub fn delete(left: &Left) -> std::io::Result<bool> {
    if seen(left.path.clone()).is_none() {
        return Ok(false);
    }
    let Some(lock) = held(&left.path)? else { return Ok(false) };
    if seen(left.path.clone()).as_ref() != Some(left) {
        return Ok(false);
    }
    Kept { path: left.path.clone(), _lock: lock }.delete().map(|()| true)
}

/// A draft as it is now.
fn seen(path: PathBuf) -> Option<Left> {
    let facts = path.metadata().ok()?;
    Some(Left { written: facts.modified().ok()?, len: facts.len(), path })
}

/// The lock of a draft; `None` if another program has it.
fn held(path: &Path) -> std::io::Result<Option<File>> {
    let path = path.with_extension(LOCK);
    // To read as well: to write alone would wait for a reader if it is a pipe.
    let lock = File::options().read(true).append(true).create(true).open(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_left_by_who_ends_and_by_nobody_else() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        assert_eq!(left(&folder), []);
        let one = Kept::begin(&folder).unwrap();
        one.write(["From: a\n", "\nhello\n"].into_iter()).unwrap();
        let two = Kept::begin(&folder).unwrap();
        two.write(["other"].into_iter()).unwrap();
        assert_eq!(left(&folder), [], "both are being written");
        let path = one.path.clone();
        assert!(Kept::take(&path).unwrap_err().to_string().contains("another program holds"));
        drop(one);
        let found = left(&folder);
        assert_eq!(found.iter().map(|l| (l.len, &l.path)).collect::<Vec<_>>(), [(15, &path)]);
        let (again, text) = Kept::take(&path).unwrap();
        assert_eq!(text, "From: a\n\nhello\n");
        again.write(["less"].into_iter()).unwrap();
        again.delete().unwrap();
        two.delete().unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn only_the_draft_that_was_seen_is_deleted() {
        let home = tempfile::tempdir().unwrap();
        let kept = Kept::begin(home.path()).unwrap();
        kept.write(["seen"].into_iter()).unwrap();
        let path = kept.path.clone();
        drop(kept);
        let [found] = &left(home.path())[..] else { panic!("it is left") };
        let (other, _) = Kept::take(&path).unwrap();
        assert!(!delete(found).unwrap(), "another program has it");
        other.write(["longer than before"].into_iter()).unwrap();
        drop(other);
        assert!(!delete(found).unwrap(), "it was written since");
        let [again] = &left(home.path())[..] else { panic!("it is still left") };
        assert!(delete(again).unwrap());
        assert!(!delete(again).unwrap(), "it is gone");
        let error = Kept::take(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_draft_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        let kept = Kept::begin(&folder).unwrap();
        kept.write(["x"].into_iter()).unwrap();
        for (path, mode) in [(&folder, 0o700), (&kept.path, 0o600)] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }
}
