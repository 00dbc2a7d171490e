//! The Maildir of a server, and the journals of its sessions beside it.
//!
//! A message is its bytes as they were sent, and nothing else; who sent it to whom stands in the
//! journal of its session, whose name is the beginning of the message's. Nothing is said to be stored
//! before it is on the disk, message and journal and the names of both. Several servers may share a
//! Maildir: each cares for what it keeps itself, and what others left behind is cared for by one that
//! comes when nobody else is there.

use std::collections::{HashSet, VecDeque};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::headless::create_private;
use crate::journal::Side;
use crate::journal::file::Recorder;
use crate::net::Clock;
use crate::net::driver::Out;
use crate::net::listen::{Keeper, Kept};
use crate::session::archive::Room;
use crate::speaker::server::Delivery;

use super::folder::{self, Share, Writer};
use super::journals::{HELD, Journals, SESSIONS, whose};

/// How much of a session is recorded: a client that sends without end shall not fill the disk. What
/// it sends behind that is not taken.
const JOURNAL: u64 = 4 << 30;

/// A Maildir that is cared for.
pub(crate) struct Shelf {
    desk: Desk,
    care: JoinHandle<()>,
    /// When it was opened, in seconds and microseconds.
    since: (i64, i32),
}

/// Where what is kept goes, and who hears of it.
#[derive(Clone)]
struct Desk {
    dir: Arc<Path>,
    notes: mpsc::UnboundedSender<Note>,
    folders: Writer,
}

/// What is to be cared for.
enum Note {
    /// A message lies in a file until its time has come, and goes to another then.
    Held(Instant, PathBuf, PathBuf),
    /// The journal of a session that is over and left no message.
    Empty(PathBuf, u64),
}

impl Shelf {
    /// A Maildir at `dir`, which is made where it is not there, with so much room for sessions that
    /// left no message.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(dir: &Path, room: Room) -> anyhow::Result<Self> {
        make(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let mut left = VecDeque::new();
        let share = Share::of(dir, || left = clear_up(dir));
        let share = share.with_context(|| format!("cannot use {}", dir.display()))?;
        let folders = Writer::begin()?;
        let since = Timestamp::now();
        let (notes, told) = mpsc::unbounded_channel();
        let care = async move {
            care(told, left, room).await;
            drop(share);
        };
        let desk = Desk { dir: dir.into(), notes, folders };
        Ok(Self {
            desk,
            care: tokio::spawn(care),
            since: (since.as_second(), since.subsec_microsecond()),
        })
    }

    /// Keeps sessions here.
    pub(crate) fn keeper(&self) -> Keeper {
        let desk = self.desk.clone();
        Arc::new(move |session, clock| keep(&desk, session, clock))
    }

    /// Where the journals of the sessions lie that are kept here.
    pub(crate) fn journals(&self) -> Journals {
        Journals::of(self.desk.dir.clone(), self.since)
    }

    /// Nobody will be here when their time comes: messages that are held arrive now.
    pub(crate) async fn close(self) {
        drop(self.desk);
        // It ends when nobody keeps anything any more.
        let _ = self.care.await;
    }
}

/// Makes the folders of a Maildir that are not there.
fn make(dir: &Path) -> io::Result<()> {
    let mut folders = ["tmp", "new", "cur", SESSIONS, HELD].iter();
    folders.try_for_each(|folder| folder::make(&dir.join(folder)))
}

/// Does what needs the folders of a Maildir. Where somebody has taken one away it is made again: what
/// comes from now on can be kept.
fn inside<T>(dir: &Path, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    work().or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => make(dir).and_then(|()| work()),
        _ => Err(error),
    })
}

/// Messages that were held arrive, since nobody was there when their time came. Gives the journals
/// of which no message is there any more.
fn clear_up(dir: &Path) -> VecDeque<(PathBuf, u64)> {
    for (path, _) in files(&dir.join(HELD)) {
        if let Some(name) = path.file_name() {
            let _ = std::fs::rename(&path, dir.join("new").join(name));
        }
    }
    empty(dir)
}

/// The files of a folder with their sizes; names that begin with a dot are none.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    let mut files: Vec<_> = visible
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(Metadata::is_file)?)))
        .map(|(path, facts)| (path, facts.len()))
        .collect();
    files.sort_unstable();
    files
}

/// The journals of which no message is there any more, the oldest first.
fn empty(dir: &Path) -> VecDeque<(PathBuf, u64)> {
    let folders = ["new", "cur", HELD].map(|folder| files(&dir.join(folder)));
    let names = folders.iter().flatten().filter_map(|(path, _)| path.file_name()?.to_str());
    let with: HashSet<&str> = names.filter_map(session_of).collect();
    let all = files(&dir.join(SESSIONS)).into_iter();
    all.filter(|(path, _)| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| !with.contains(stem))
    })
    .collect()
}

/// The name of the session of a message: what stands before `_` in its own.
fn session_of(name: &str) -> Option<&str> {
    Some(name.rsplit_once('_')?.0)
}

/// Looks after what is on the shelf until nobody puts anything there any more.
async fn care(
    mut notes: mpsc::UnboundedReceiver<Note>,
    mut empty: VecDeque<(PathBuf, u64)>,
    room: Room,
) {
    let mut held: Vec<(Instant, PathBuf, PathBuf)> = Vec::new();
    let mut bytes: u64 = empty.iter().map(|(_, size)| size).sum();
    loop {
        while empty.len() > room.sessions || bytes > room.bytes {
            let Some((path, size)) = empty.pop_front() else { break };
            bytes = bytes.saturating_sub(size);
            // Who took it away was earlier.
            let _ = std::fs::remove_file(path);
        }
        let due = held.iter().map(|(due, ..)| *due).min();
        tokio::select! {
            note = notes.recv() => match note {
                Some(Note::Held(due, lies, arrived)) => held.push((due, lies, arrived)),
                Some(Note::Empty(path, size)) => {
                    bytes += size;
                    empty.push_back((path, size));
                }
                None => break,
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                let now = Instant::now();
                held.extract_if(.., |(due, ..)| *due <= now).for_each(arrive);
            }
        }
    }
    held.into_iter().for_each(arrive);
}

fn arrive((_, lies, arrived): (Instant, PathBuf, PathBuf)) {
    let _ = std::fs::rename(lies, arrived);
}

/// How a session is kept that goes on.
#[derive(Default)]
struct Course {
    /// Why its journal has an end before it, or is not there.
    torn: OnceLock<String>,
    /// How many files it has left.
    stored: AtomicUsize,
    /// The message that was stored last, from 1, and how often: LMTP stores it for each recipient.
    last: AtomicUsize,
    copies: AtomicUsize,
}

impl Course {
    fn tear(&self, why: &io::Error) {
        self.torn.get_or_init(|| why.to_string());
    }
}

fn keep(desk: &Desk, session: u64, clock: &Clock) -> Kept {
    let begun = clock.timestamp();
    let (seconds, micros) = (begun.as_second(), begun.subsec_microsecond());
    let stem = format!("{seconds}.M{micros:06}{}", whose(session));
    let path = desk.dir.join(SESSIONS).join(format!("{stem}.jsonl"));
    let course = Arc::<Course>::default();
    let record = |file: Arc<File>| {
        let (course, notes, path) = (course.clone(), desk.notes.clone(), path.clone());
        let out = Journal { file: file.clone(), path, course, notes, begun: false, size: 0 };
        let recorder = Recorder::begin(Box::new(out) as Out, &clock.header(Side::Server))?;
        Ok((recorder, file))
    };
    let made = inside(&desk.dir, || create_private(&path, File::options().create_new(true)));
    let made = made.map(Arc::new).and_then(record).inspect_err(|error| course.tear(error));
    let (journal, file) = made.ok().unzip();
    let not_kept = course.torn.get().cloned();
    let desk = desk.clone();
    let deliver = move |delivery: Delivery| {
        let store = || match (&file, course.torn.get()) {
            (Some(journal), None) => store(&desk, (&stem, &course), journal, &delivery),
            (_, why) => {
                let why = why.cloned().unwrap_or_default();
                Err(io::Error::other(format!("its session could not be recorded: {why}")))
            }
        };
        aside(store).map_err(|error| error.to_string())
    };
    Kept { deliver: Arc::new(deliver), journal, not_kept }
}

/// Lets the other sessions of this thread go on elsewhere while the disk is waited for.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// Stores a message byte for byte.
fn store(
    Desk { dir, notes, folders }: &Desk,
    (stem, course): (&str, &Course),
    journal: &File,
    delivery: &Delivery,
) -> io::Result<String> {
    let number = delivery.message;
    let again = course.last.swap(number + 1, Ordering::Relaxed) == number + 1;
    let copy = if again { course.copies.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
    course.copies.store(copy, Ordering::Relaxed);
    let copy = if copy == 0 { String::new() } else { format!("-{copy}") };
    let name = format!("{stem}_{number:03}{copy}.ehlo");
    let path = dir.join("tmp").join(&name);
    let place = if delivery.held.is_some() { HELD } else { "new" };
    let lies = dir.join(place).join(&name);
    let write = || {
        let mut file = create_private(&path, File::options().create_new(true))?;
        file.write_all(&delivery.content)?;
        file.sync_all()?;
        // It may be said once only that something was lost.
        journal.sync_data().inspect_err(|error| course.tear(error))?;
        std::fs::rename(&path, &lies)?;
        let first = course.stored.load(Ordering::Relaxed) == 0;
        let names = [place].into_iter().chain(first.then_some(SESSIONS));
        folders.write(names.map(|name| dir.join(name)).collect())
    };
    inside(dir, || {
        write().inspect_err(|_| {
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_file(&lies));
        })
    })?;
    if let Some(time) = delivery.held {
        // Where nobody cares for it any more, it arrives when somebody does again.
        let due = Instant::now().checked_add(time);
        let arrived = dir.join("new").join(&name);
        let _ = due.map(|due| notes.send(Note::Held(due, lies, arrived)));
    }
    course.stored.fetch_add(1, Ordering::Relaxed);
    Ok(name)
}

/// The journal of a session, as it is written.
struct Journal {
    file: Arc<File>,
    path: PathBuf,
    course: Arc<Course>,
    notes: mpsc::UnboundedSender<Note>,
    /// Whether its header is there: without that it is no journal.
    begun: bool,
    size: u64,
}

impl Write for Journal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = if self.size < JOURNAL {
            (&*self.file).write(bytes)
        } else {
            Err(io::ErrorKind::FileTooLarge.into())
        };
        match &written {
            Ok(count) => self.size += *count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.course.tear(error),
        }
        written
    }

    /// What somebody has taken away meanwhile is written to no one.
    fn flush(&mut self) -> io::Result<()> {
        if !is_there(&self.file)? {
            return Err(io::Error::other("it was taken away"));
        }
        self.begun = true;
        Ok(())
    }
}

/// Whether a file that is open still has a name.
fn is_there(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Ok(file.metadata()?.nlink() > 0)
    }
    #[cfg(not(unix))]
    {
        file.metadata().map(|_| true)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.begun {
            let _ = std::fs::remove_file(&self.path);
        } else if self.course.stored.load(Ordering::Relaxed) == 0 {
            // Nobody cares for it any more where the shelf is closed.
            let _ = self.notes.send(Note::Empty(self.path.clone(), self.size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sessions_without_a_message_are_kept_as_far_as_there_is_room() {
        let home = tempfile::tempdir().unwrap();
        let room = Room { sessions: 2, bytes: 1 << 20 };
        let kept = || files(&home.path().join(SESSIONS)).len();
        for _ in 0..2 {
            let shelf = Shelf::open(home.path(), room).unwrap();
            let keeper = shelf.keeper();
            for number in 0..5 {
                keeper(number, &Clock::start());
            }
            drop(keeper);
            shelf.close().await;
            assert_eq!(kept(), 2);
        }
        let shelf = Shelf::open(home.path(), Room { bytes: 10, ..room }).unwrap();
        shelf.close().await;
        assert_eq!(kept(), 0);
    }

    #[tokio::test]
    async fn a_journal_is_found_by_the_number_of_its_session() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(home.path(), Room::default()).unwrap();
        let keeper = shelf.keeper();
        // One process may have had the number of another.
        let other = home.path().join(SESSIONS).join(format!("17.M000042{}.jsonl", whose(3)));
        std::fs::write(&other, "").unwrap();
        let found = |number| shelf.journals().find(number);
        assert_eq!(found(3), None);
        for number in [3, 13] {
            keeper(number, &Clock::start());
        }
        let ends = |number| found(number).unwrap().display().to_string();
        assert!(ends(3).ends_with(&format!("P{}S3.jsonl", std::process::id())));
        assert!(ends(13).ends_with("S13.jsonl") && found(1).is_none());
    }

    #[tokio::test]
    async fn what_is_held_arrives_at_the_end() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(home.path(), Room { sessions: 2, bytes: 1 << 20 }).unwrap();
        let kept = shelf.keeper()(1, &Clock::start());
        let day = std::time::Duration::from_hours(24);
        for held in [None, Some(day)] {
            let delivery = Delivery {
                message: 0,
                sender: String::new(),
                recipients: Vec::new(),
                content: b"x".to_vec(),
                held,
            };
            (kept.deliver)(delivery).unwrap();
        }
        drop(kept);
        let count = |folder| files(&home.path().join(folder)).len();
        assert_eq!([count("new"), count("held"), count("tmp")], [1, 1, 0]);
        shelf.close().await;
        assert_eq!([count("new"), count("held"), count("sessions")], [2, 0, 1]);
    }
}
