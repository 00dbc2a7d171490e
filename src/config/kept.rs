//! A file that the program keeps: it is changed under a lock and replaced whole, so that several
//! programs at once lose nothing and no reader sees half a file. It is its owner's alone.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{Error, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Warning;

/// What a file says, and what is wrong with it, in which case that is nothing.
pub(super) type Loaded<T> = (T, Option<Warning>);

/// Changes what a file says at that moment; it need not exist. One that cannot be used is kept
/// beside it, as `NAME.broken`.
///
/// # Errors
/// When the folder or the file cannot be written, or another program does not let go of the lock.
pub(super) fn change<T>(
    path: &Path,
    load: impl FnOnce(&Path) -> Loaded<T>,
    make: impl FnOnce(&mut T),
    write: impl FnOnce(&T) -> serde_json::Result<String>,
) -> std::io::Result<T> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    create_private(folder)?;
    let _lock = locked(&path.with_extension("lock"))?;
    let (mut content, warning) = load(path);
    if warning.is_some() {
        std::fs::rename(path, broken(path))?;
    }
    make(&mut content);
    // It is readable by its owner alone, which is what this library makes of temporary files.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(write(&content)?.as_bytes())?;
    file.persist(path)?;
    Ok(content)
}

/// Where a file goes that cannot be used.
fn broken(path: &Path) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(".broken");
    path.with_file_name(name)
}

/// How often a lock is tried, and how long each time is waited: nobody who leaves waits for long.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// The lock, which counts until it is dropped.
pub(super) fn locked(path: &Path) -> std::io::Result<File> {
    // To read as well: to write alone would wait for a reader if it is a pipe.
    let lock = File::options().read(true).append(true).create(true).open(path)?;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    Err(Error::other(format!("another program holds {}", path.display())))
}

/// Makes a folder that is its owner's alone; one that exists stays as it is.
pub(super) fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
