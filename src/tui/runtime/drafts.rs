//! Drafts on disk: written soon after a change by a thread of their own, so that no key waits.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Error, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use ropey::Rope;
use tokio::time::Instant;

use crate::config::drafts::{self, Kept, Left, left};
use crate::config::{Folders, Sources};
use crate::session::content::Content;

use super::super::editor::{Editor, LeftDraft};
use super::super::message::Message;
use super::super::model::Model;
use super::reading::Inner;

/// A change is written this much later, together with what was typed meanwhile.
const KEEP_AFTER: Duration = Duration::from_millis(400);

/// What could not be written is tried again so much later.
const TRY_AFTER: Duration = Duration::from_secs(5);

/// How much of a draft that was left is looked at for its subject.
const HEAD: u64 = 4 << 10;

/// What the thread is told; a session is known by its number.
enum Job {
    Keep(usize, Rope),
    Forget(usize),
    Release(usize),
    Take(usize, PathBuf),
    Delete(Left),
}

/// What was given to the thread that writes, of each session.
pub(super) struct Drafts {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<Vec<Lost>>>,
    written: HashMap<usize, Written>,
    due: Option<Instant>,
}

/// A text that was given to the thread, and whether the person was still in it.
struct Written {
    revision: u64,
    open: bool,
}

/// A draft that could not be written, and why.
pub(super) struct Lost {
    pub(super) text: Rope,
    pub(super) why: String,
}

impl Drafts {
    /// Looks for drafts that were left, and begins to keep those of this program.
    pub(super) fn begin(sources: &Sources, inner: Inner) -> Self {
        let folder = sources.folders.as_ref().map(Folders::drafts);
        let (jobs, taken) = channel();
        let thread = std::thread::spawn(move || keep(folder, &taken, &inner));
        Self { jobs: Some(jobs), thread: Some(thread), written: HashMap::new(), due: None }
    }

    /// When something has to be written.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Looks whether a draft has changed. What stands in an editor that was left is safe at once.
    pub(super) fn look(&mut self, model: &Model) {
        match model
            .sessions()
            .filter_map(|s| Some((s.id, s.editor.as_ref()?)))
            .filter(|d| self.is_new(d))
            .map(|(_, e)| e.open)
            .min()
        {
            Some(true) => self.due = self.due.or_else(|| Some(Instant::now() + KEEP_AFTER)),
            Some(false) => self.write(model),
            None if model.sessions().any(|s| s.editor.as_ref().is_some_and(is_unkept)) => {
                self.due = self.due.or_else(|| Some(Instant::now() + TRY_AFTER));
            }
            None => {}
        }
    }

    /// Whether a draft differs from what was written of it, or could not be written and is left
    /// now; one that was never begun has no file.
    fn is_new(&self, (id, editor): &(usize, &Editor)) -> bool {
        match self.written.get(id) {
            Some(written) => {
                let left = written.open && !editor.open;
                written.revision != editor.text.revision() || (left && is_unkept(editor))
            }
            None => !editor.text.is_empty(),
        }
    }

    /// Writes what has changed, and what could not be written before.
    pub(super) fn write(&mut self, model: &Model) {
        self.due = None;
        let drafts = model.sessions().filter_map(|s| Some((s.id, s.editor.as_ref()?)));
        let due = drafts.filter(|draft| self.is_new(draft) || is_unkept(draft.1));
        for (id, editor) in due.collect::<Vec<_>>() {
            let written = Written { revision: editor.text.revision(), open: editor.open };
            self.written.insert(id, written);
            self.tell(Job::Keep(id, editor.text.rope().clone()));
        }
    }

    /// A draft that stays for another time: its session is being closed, or begins another one.
    pub(super) fn leave(&mut self, id: usize, text: Rope) {
        self.written.remove(&id);
        self.tell(Job::Keep(id, text));
        self.tell(Job::Release(id));
    }

    /// The draft of a session was sent or dropped.
    pub(super) fn forget(&mut self, id: usize) {
        self.written.remove(&id);
        self.tell(Job::Forget(id));
    }

    /// Takes a draft over that was left.
    pub(super) fn take(&self, id: usize, path: PathBuf) {
        self.tell(Job::Take(id, path));
    }

    /// Deletes a draft that was left.
    pub(super) fn delete(&self, left: LeftDraft) {
        self.tell(Job::Delete(Left { path: left.path, written: left.at, len: left.len }));
    }

    /// Writes what is still to be written, and waits for that; gives what could not be.
    pub(super) fn farewell(&mut self, model: &Model) -> Vec<Lost> {
        self.write(model);
        self.jobs = None;
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }

    fn tell(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // The thread ends behind this end of the channel.
            let _ = jobs.send(job);
        }
    }
}

/// Whether the last text of a draft could not be written.
const fn is_unkept(editor: &Editor) -> bool {
    editor.unkept.is_some()
}

/// The thread: does one job after the other, and of several texts of one draft writes the last.
/// Gives what it could not write.
fn keep(folder: Option<PathBuf>, jobs: &Receiver<Job>, inner: &Inner) -> Vec<Lost> {
    let mut keeper = Keeper { folder, ..Keeper::default() };
    say(inner, keeper.left());
    while let Ok(first) = jobs.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter()).collect();
        for message in keeper.obey_all(batch) {
            say(inner, message);
        }
    }
    keeper.farewell()
}

/// Nobody is there to hear it if the person has left.
fn say(inner: &Inner, message: Message) {
    let _ = inner.blocking_send(Ok(message));
}

/// The drafts that this program holds.
#[derive(Default)]
struct Keeper {
    /// Without a home there is none.
    folder: Option<PathBuf>,
    kept: HashMap<usize, Kept>,
    /// What could not be written.
    lost: HashMap<usize, Lost>,
    /// The same, of drafts that wait for another time.
    released: Vec<Lost>,
}

impl Keeper {
    /// Does one thing after the other, but writes of several texts of one draft only the last.
    fn obey_all(&mut self, jobs: Vec<Job>) -> Vec<Message> {
        let mut followed = HashSet::new();
        let is_last = |job: &Job| match job {
            Job::Keep(id, _) => followed.insert(*id),
            // What comes behind is another draft.
            Job::Forget(id) | Job::Release(id) | Job::Take(id, _) => {
                followed.remove(id);
                true
            }
            Job::Delete(_) => true,
        };
        let mut last: Vec<_> = jobs.into_iter().rev().filter(is_last).collect();
        last.reverse();
        last.into_iter().filter_map(|job| self.obey(job)).collect()
    }

    /// Does what it is told; gives what is to be said about it.
    fn obey(&mut self, job: Job) -> Option<Message> {
        let done = match job {
            Job::Keep(id, text) => return self.try_to_keep(id, text),
            Job::Forget(session) => {
                let was_lost = self.lost.remove(&session).is_some();
                let deleted = self.kept.remove(&session).map_or(Ok(()), Kept::delete);
                if was_lost && deleted.is_ok() {
                    // What could not be written is not wanted any more.
                    return Some(Message::DraftKept { session, why: None });
                }
                deleted
            }
            Job::Release(id) => {
                self.kept.remove(&id);
                self.released.extend(self.lost.remove(&id));
                return Some(self.left());
            }
            Job::Take(session, path) => {
                let text = self.take(session, &path).map_err(|error| error.to_string());
                return Some(Message::DraftTaken { session, path, text });
            }
            Job::Delete(left) => match drafts::delete(&left) {
                // Somebody has written it meanwhile: it is to be looked at again.
                Ok(false) => return Some(self.left()),
                done => done.map(drop),
            },
        };
        done.err().map(|error| Message::Say(self.named(&error)))
    }

    fn named(&self, error: &Error) -> String {
        let folder = self.folder.as_ref().map(|folder| format!("{}: ", folder.display()));
        format!("{}{error}", folder.unwrap_or_default())
    }

    /// Writes a draft; says so if it could not be, or could not be before.
    fn try_to_keep(&mut self, session: usize, text: Rope) -> Option<Message> {
        let why = self.keep(session, &text).err().map(|error| self.named(&error));
        let before = self.lost.remove(&session);
        if let Some(why) = why.clone() {
            self.lost.insert(session, Lost { text, why });
        }
        (why.is_some() || before.is_some()).then_some(Message::DraftKept { session, why })
    }

    /// Tries once more to write what could not be written; gives what still cannot be.
    fn farewell(mut self) -> Vec<Lost> {
        for (id, lost) in std::mem::take(&mut self.lost) {
            self.try_to_keep(id, lost.text);
        }
        for lost in std::mem::take(&mut self.released) {
            // Under a number that no session has.
            self.kept.remove(&0);
            if self.keep(0, &lost.text).is_err() {
                self.released.push(lost);
            }
        }
        self.lost.into_values().chain(self.released).collect()
    }

    /// What was left by other runs.
    fn left(&self) -> Message {
        let all = self.folder.as_deref().map(left).unwrap_or_default();
        Message::DraftsLeft(all.into_iter().map(left_draft).collect())
    }

    /// Writes a draft; where nothing is left of it, no file is either.
    fn keep(&mut self, id: usize, text: &Rope) -> std::io::Result<()> {
        if text.len_bytes() == 0 {
            return self.kept.remove(&id).map_or(Ok(()), Kept::delete);
        }
        let kept = match self.kept.entry(id) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(place) => {
                let folder = self.folder.as_ref();
                let folder = folder.ok_or_else(|| Error::other("there is no home folder"))?;
                place.insert(Kept::begin(folder)?)
            }
        };
        kept.write(text.chunks())
    }

    fn take(&mut self, id: usize, path: &Path) -> std::io::Result<String> {
        let (kept, text) = Kept::take(path)?;
        self.kept.insert(id, kept);
        Ok(text)
    }
}

/// A draft that was left, and what is read of it.
fn left_draft(file: Left) -> LeftDraft {
    let mut head = Vec::new();
    // What cannot be read has no subject.
    let _ = File::open(&file.path).map(|file| file.take(HEAD).read_to_end(&mut head));
    let subject = Content::read(head).field("Subject").map(|field| field.value.clone());
    let written = Timestamp::try_from(file.written).unwrap_or_default();
    LeftDraft {
        path: file.path,
        len: file.len,
        at: file.written,
        subject: subject.unwrap_or_default(),
        written: written.strftime("%F %R UTC").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_and_is_not_wanted_is_no_longer_told_of() {
        let mut keeper = Keeper::default();
        let told = keeper.obey(Job::Keep(1, Rope::from_str("x")));
        assert!(matches!(told, Some(Message::DraftKept { session: 1, why: Some(_) })), "{told:?}");
        let told = keeper.obey(Job::Forget(1));
        assert!(matches!(told, Some(Message::DraftKept { session: 1, why: None })), "{told:?}");
        assert!(keeper.obey(Job::Forget(1)).is_none());
        assert!(keeper.farewell().is_empty());
    }

    #[test]
    fn a_draft_that_waits_is_not_written_over_by_the_next_one() {
        let jobs = || {
            let keep = |text: &str| Job::Keep(1, Rope::from_str(text));
            vec![keep("o"), keep("one"), Job::Release(1), keep("t"), keep("two")]
        };
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        let mut keeper = Keeper { folder: Some(folder.clone()), ..Keeper::default() };
        let [Message::DraftsLeft(left)] = &keeper.obey_all(jobs())[..] else { panic!() };
        let [left] = &left[..] else { panic!("{left:?}") };
        assert_eq!(std::fs::read_to_string(&left.path).unwrap(), "one");
        assert_eq!(keeper.take(2, &left.path).unwrap(), "one");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 4, "two drafts, each with a lock");
        // Where there is no place, both are printed at the end, or kept if there is one by then.
        for place in [None, Some(home.path().join("later"))] {
            let mut keeper = Keeper::default();
            keeper.obey_all(jobs());
            keeper.folder = place.clone();
            let lost: Vec<_> = keeper.farewell().into_iter().map(|l| l.text.to_string()).collect();
            assert_eq!(lost.len(), if place.is_some() { 0 } else { 2 }, "{lost:?}");
            assert_eq!(place.map_or(2, |place| drafts::left(&place).len()), 2);
        }
    }

    #[test]
    fn a_draft_that_was_emptied_before_its_session_was_closed_leaves_no_file() {
        let home = tempfile::tempdir().unwrap();
        let mut keeper = Keeper { folder: Some(home.path().to_owned()), ..Keeper::default() };
        keeper.obey_all(vec![Job::Keep(1, Rope::from_str("x"))]);
        keeper.obey_all(vec![Job::Keep(1, Rope::new()), Job::Release(1)]);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
