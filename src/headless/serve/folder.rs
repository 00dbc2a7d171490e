//! Folders whose entries outlive a power failure, and a Maildir that several servers may share.
//!
//! That a file is on the disk does not say that its name is: the folder has to be written as well.
//! Everybody who waits for that at the same time is answered by one such writing.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// The file by which servers know of each other; it begins with a dot, so that it is no mail.
const LOCK: &str = ".ehlo.lock";

/// Makes a folder and those that it is in, and lets their names outlive a power failure.
///
/// # Errors
/// When one cannot be made.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or_else(|| Path::new(""));
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    make(above)?;
    match std::fs::create_dir(folder) {
        // Another server makes it, too.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match write(above) {
        // Who may make something there, but not look at it, cannot have it written.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        written => written,
    }
}

/// Writes the entries of a folder to the disk.
fn write(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some file systems have nothing to write there.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput) => Ok(()),
        written => written,
    }
}

/// Somebody who waits until the entries of these folders are on the disk.
struct Wish {
    folders: Vec<PathBuf>,
    told: SyncSender<Result<(), (io::ErrorKind, String)>>,
}

/// Writes folders for all who wait for it.
#[derive(Clone)]
pub(super) struct Writer(Sender<Wish>);

impl Writer {
    /// Begins; it ends with the last copy of it.
    ///
    /// # Errors
    /// When the system gives it no thread.
    pub(super) fn begin() -> io::Result<Self> {
        let (sender, waiting) = channel();
        std::thread::Builder::new().name("folders".into()).spawn(move || write_all(&waiting))?;
        Ok(Self(sender))
    }

    /// Waits until what stands in these folders now outlives a power failure.
    ///
    /// # Errors
    /// When it does not.
    pub(super) fn write(&self, folders: Vec<PathBuf>) -> io::Result<()> {
        let gone = || io::Error::other("nobody writes folders any more");
        let (told, hears) = sync_channel(1);
        self.0.send(Wish { folders, told }).map_err(|_| gone())?;
        let written = hears.recv().map_err(|_| gone())?;
        written.map_err(|(kind, why)| io::Error::new(kind, why))
    }
}

fn write_all(waiting: &Receiver<Wish>) {
    while let Ok(first) = waiting.recv() {
        // Whoever came while the last ones were written.
        let wishes: Vec<_> = std::iter::once(first).chain(waiting.try_iter()).collect();
        let mut folders: Vec<&PathBuf> = wishes.iter().flat_map(|wish| &wish.folders).collect();
        folders.sort_unstable();
        folders.dedup();
        let written = |folder: &PathBuf| write(folder).map_err(|e| (e.kind(), e.to_string()));
        let all: Vec<_> = folders.into_iter().map(|folder| (folder, written(folder))).collect();
        for Wish { folders, told } in &wishes {
            let mut mine = all.iter().filter(|(folder, _)| folders.contains(folder));
            let failed = mine.find_map(|(_, written)| written.clone().err());
            // Who waits takes what it is told.
            let _ = told.send(failed.map_or(Ok(()), Err));
        }
    }
}

/// A Maildir that is used, by this server and perhaps by others.
pub(super) struct Share {
    /// Held as long as this server uses it.
    _lock: Option<File>,
}

impl Share {
    /// Uses the Maildir at `dir`; if nobody else does, it is cleared up first.
    ///
    /// # Errors
    /// When the file that says so cannot be made.
    pub(super) fn of(dir: &Path, clear_up: impl FnOnce()) -> io::Result<Self> {
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {
                clear_up();
                // Whoever comes in between finds everything cleared up, and no session.
                lock.unlock()?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => {
                // A file system without locks: nobody can be seen.
                clear_up();
                return Ok(Self { _lock: None });
            }
        }
        lock.lock_shared()?;
        Ok(Self { _lock: Some(lock) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_of_its_own_folders() {
        let home = tempfile::tempdir().unwrap();
        let (there, gone) = (home.path().join("a/b"), home.path().join("gone"));
        make(&there).unwrap();
        let writer = Writer::begin().unwrap();
        std::thread::scope(|scope| {
            for number in 0..20 {
                let (writer, good) = (writer.clone(), number % 2 == 0);
                let folder = if good { there.clone() } else { gone.clone() };
                scope.spawn(move || assert_eq!(writer.write(vec![folder]).is_ok(), good));
            }
        });
    }

    #[test]
    fn only_who_is_alone_clears_up() {
        let home = tempfile::tempdir().unwrap();
        let come = || {
            let mut cleared = false;
            let share = Share::of(home.path(), || cleared = true).unwrap();
            (share, cleared)
        };
        let (first, alone) = come();
        assert!(alone);
        let (second, alone) = come();
        assert!(!alone);
        drop(first);
        assert!(!come().1, "the second one is there");
        drop(second);
        assert!(come().1);
    }
}
