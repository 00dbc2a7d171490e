//! Recordings that the program makes by itself: the last sessions, one file each in the state
//! folder, as many and as large as the settings allow.
//!
//! A file is locked by the program that writes it, which the system lets go of however that ends,
//! and it has its name only once it is locked. So what is deleted is never being written, and it is
//! never anything that has not such a name and such a beginning.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::kept::create_private;
use super::{Folders, Settings};
use crate::journal::file::is_journal;
use crate::knowledge;

/// The ending of a recording, and the beginning of one that has no name yet.
const RECORDING: &str = "jsonl";
const NEW: &str = ".new-";

/// How a name says when the session began.
const BEGUN: &str = "%Y%m%dT%H%M%S%.6fZ";

/// What has no name after this long is left over.
const NAMELESS: Duration = Duration::from_mins(1);

/// A megabyte, as the setting counts them.
const MEGABYTE: u64 = 1_000_000;

/// After which part of all that may be kept it is looked again whether the oldest have to go.
const PART: u64 = 16;

/// The last sessions of this user.
#[derive(Clone, Debug)]
pub struct Ring {
    folder: PathBuf,
    keep: usize,
    size: u64,
    /// What is said of a session that is larger than all that may be kept.
    too_large: String,
    /// A folder that cannot be used is told once.
    told: Arc<AtomicBool>,
}

/// One of the last sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Where it is recorded.
    pub path: PathBuf,
    /// When it began.
    pub begun: Timestamp,
    /// How large the file is, in bytes.
    pub len: u64,
    /// Whether it goes on.
    pub open: bool,
}

/// How many characters the library puts behind the beginning of a temporary name.
const RANDOM: usize = 6;

/// One session may be this part of all, so that it does not push out all others.
const ONE: u64 = 4;

impl Ring {
    /// As it is set; `None` where nothing is kept.
    pub fn of(folders: Option<&Folders>, settings: &Settings) -> Option<Self> {
        let (keep, megabytes) =
            (settings.recordings_keep.value.0, settings.recordings_size.value.0);
        if keep == 0 || megabytes == 0 {
            return None;
        }
        let lang = settings.lang.value;
        Some(Self {
            folder: folders?.recordings(),
            keep: usize::try_from(keep).unwrap_or(usize::MAX),
            size: megabytes.saturating_mul(MEGABYTE),
            too_large: knowledge::word(lang, "recordings.too-large").to_owned(),
            told: Arc::default(),
        })
    }

    /// A place for the recording of a session; the file is made when something has happened in it.
    pub fn place(&self) -> Place {
        Place { ring: self.clone(), state: State::Waiting(Vec::new()), written: 0, looked: 0 }
    }

    /// Deletes the oldest, as far as there are too many or they are too large together.
    fn expire(&self) {
        let files = paths(&self.folder);
        files.iter().filter(|path| is_left_over(path)).for_each(|path| delete(path));
        let mut size = 0_u64;
        for (at, recent) in among(files).into_iter().enumerate() {
            size = size.saturating_add(recent.len);
            if at >= self.keep || size > self.size {
                delete(&recent.path);
            }
        }
    }

    fn create(&self) -> std::io::Result<File> {
        create_private(&self.folder)?;
        // It is readable by its owner alone, which is what this library makes of temporary files.
        let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(&self.folder)?;
        file.as_file().try_lock()?;
        for n in 0.. {
            let begun = Timestamp::now().strftime(BEGUN);
            let name = format!("{begun}-{}-{n}.{RECORDING}", std::process::id());
            file = match file.persist_noclobber(self.folder.join(name)) {
                Ok(file) => {
                    self.expire();
                    return Ok(file);
                }
                Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => failed.file,
                Err(failed) => return Err(failed.error),
            };
        }
        Err(Error::other("no name is left"))
    }
}

/// Where a session is recorded.
#[derive(Debug)]
pub struct Place {
    ring: Ring,
    state: State,
    written: u64,
    /// How much was written when it was looked last whether others have to go.
    looked: u64,
}

#[derive(Debug)]
enum State {
    /// Nothing has happened; this stands before it.
    Waiting(Vec<u8>),
    Open(File),
    /// It could not be written, which was told.
    Closed,
}

impl Place {
    fn add(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let begins = self.written == 0;
        self.written = self.written.saturating_add(bytes.len() as u64);
        if begins {
            self.state = State::Waiting(bytes.to_vec());
            return Ok(());
        }
        if let State::Waiting(header) = &self.state {
            let mut file = self.ring.create()?;
            file.write_all(header)?;
            self.state = State::Open(file);
        }
        if self.written > self.ring.size / ONE {
            return Err(Error::other(self.ring.too_large.clone()));
        }
        if let State::Open(file) = &mut self.state {
            file.write_all(bytes)?;
        }
        if self.written - self.looked > self.ring.size / PART {
            self.looked = self.written;
            self.ring.expire();
        }
        Ok(())
    }
}

impl Write for Place {
    /// Takes all of `bytes`: the header first, then an event each time.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if matches!(self.state, State::Closed) || bytes.is_empty() {
            return Ok(bytes.len());
        }
        let begun = matches!(self.state, State::Open(_));
        if let Err(error) = self.add(bytes) {
            self.state = State::Closed;
            // That none can be begun is the same for all.
            if begun || !self.ring.told.swap(true, Ordering::Relaxed) {
                let folder = self.ring.folder.display();
                return Err(Error::new(error.kind(), format!("{folder}: {error}")));
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The last sessions in `folder`, the newest first.
pub fn recent(folder: &Path) -> Vec<Recent> {
    among(paths(folder))
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.path()).collect()
}

fn among(files: Vec<PathBuf>) -> Vec<Recent> {
    let mut all: Vec<_> = files.into_iter().filter_map(seen).collect();
    all.sort_by(|a, b| (b.begun, &b.path).cmp(&(a.begun, &a.path)));
    all
}

/// A file without its name that nobody will give one any more.
fn is_left_over(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_ours = name.strip_prefix(NEW).is_some_and(|rest| rest.len() == RANDOM);
    let facts = path.symlink_metadata().ok().filter(|facts| is_ours && facts.is_file());
    let age = facts.and_then(|facts| facts.modified().ok()?.elapsed().ok());
    age.is_some_and(|age| age > NAMELESS)
}

/// A recording of ours, as it is now.
fn seen(path: PathBuf) -> Option<Recent> {
    let name = path.file_name()?.to_str()?.strip_suffix(RECORDING)?.strip_suffix('.')?;
    let (begun, number) = name.split_once('-')?;
    let (process, n) = number.split_once('-')?;
    if ![process, n].iter().all(|part| part.parse::<u32>().is_ok()) {
        return None;
    }
    let begun = jiff::civil::DateTime::strptime(BEGUN, begun).ok()?;
    let begun = begun.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let facts = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut head = Vec::new();
    let file = File::options().read(true).open(&path).ok()?;
    (&file).take(64).read_to_end(&mut head).ok()?;
    if !head.is_empty() && !is_journal(&head) {
        return None;
    }
    // The lock is let go at once: looking takes nothing away.
    let open = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    Some(Recent { begun, len: facts.len(), path, open })
}

/// Deletes a file that nobody writes.
fn delete(path: &Path) {
    let Ok(file) = File::options().read(true).open(path) else { return };
    if file.try_lock().is_ok() {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"{\"ehlo-journal\":1}\n";

    fn ring(folder: &Path, keep: usize, size: u64) -> Ring {
        let (folder, too_large) = (folder.join("recordings"), "too large".to_owned());
        Ring { folder, keep, size, too_large, told: Arc::default() }
    }

    fn session(ring: &Ring, events: &[&[u8]]) -> Place {
        let mut place = ring.place();
        place.write_all(HEADER).unwrap();
        for event in events {
            place.write_all(event).unwrap();
        }
        place
    }

    #[test]
    fn the_newest_are_kept_and_nothing_happened_is_nothing_kept() {
        let home = tempfile::tempdir().unwrap();
        let ring = ring(home.path(), 3, 1000);
        drop(session(&ring, &[]));
        assert_eq!(recent(&ring.folder), []);
        for _ in 0..5 {
            drop(session(&ring, &[b"{}\n"]));
        }
        let left = recent(&ring.folder);
        assert_eq!(left.iter().map(|r| (r.len, r.open)).collect::<Vec<_>>(), [(22, false); 3]);
        assert!(left.windows(2).all(|two| two[0].begun >= two[1].begun));
        #[cfg(unix)]
        for (path, mode) in [(&ring.folder, 0o700), (&left[0].path, 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[test]
    fn what_is_being_written_and_what_is_no_recording_stays() {
        let home = tempfile::tempdir().unwrap();
        let ring = ring(home.path(), 1, 1000);
        let mut first = session(&ring, &[b"{}\n"]);
        let [held] = &recent(&ring.folder)[..] else { panic!("it is there") };
        assert!(held.open);
        let name = held.path.file_name().unwrap().to_str().unwrap().to_owned();
        let others =
            ["notes.jsonl", &name.replace('T', "T0"), &format!("{name}.bak"), "state.json"];
        for other in others {
            std::fs::write(ring.folder.join(other), "{\"ehlo-journal\":1}\n").unwrap();
        }
        // Somebody has put another file under such a name.
        let foreign = ring.folder.join(name.replace(".jsonl", "1.jsonl"));
        std::fs::write(&foreign, "my own notes").unwrap();
        for _ in 0..3 {
            drop(session(&ring, &[b"{}\n"]));
        }
        first.write_all(b"{}\n").unwrap();
        assert_eq!(std::fs::read(&held.path).unwrap().len(), HEADER.len() + 6);
        assert!(others.iter().all(|other| ring.folder.join(other).exists()) && foreign.exists());
        drop(first);
        drop(session(&ring, &[b"{}\n"]));
        assert!(!held.path.exists(), "nobody writes it any more");
        assert_eq!(recent(&ring.folder).len(), 1);
    }

    #[test]
    fn the_oldest_give_way_and_one_alone_is_not_larger_than_all() {
        let home = tempfile::tempdir().unwrap();
        let ring = ring(home.path(), 9, 236);
        for _ in 0..4 {
            drop(session(&ring, &[&[b' '; 40]]));
        }
        assert_eq!(recent(&ring.folder).len(), 4, "59 bytes each");
        drop(session(&ring, &[&[b' '; 40]]));
        assert_eq!(recent(&ring.folder).len(), 4, "the oldest has gone");
        let mut large = session(&ring, &[b"{}\n"]);
        let told = loop {
            if let Err(error) = large.write_all(&[b' '; 10]) {
                break error.to_string();
            }
        };
        assert!(told.ends_with("recordings: too large"), "{told}");
        large.write_all(b"nobody minds").unwrap();
        let sizes: Vec<_> = recent(&ring.folder).iter().map(|recent| recent.len).collect();
        assert_eq!(sizes, [52, 59, 59, 59], "most of the others are there");
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_told_once() {
        let home = tempfile::tempdir().unwrap();
        let ring = ring(home.path(), 9, 200);
        std::fs::write(&ring.folder, "a file").unwrap();
        let mut place = ring.place();
        place.write_all(HEADER).unwrap();
        let told = place.write_all(b"{}\n").unwrap_err().to_string();
        assert!(told.starts_with(&ring.folder.display().to_string()), "{told}");
        place.write_all(b"{}\n").unwrap();
        drop(session(&ring, &[b"{}\n"]));
    }
}
