//! Drafts on disk: written soon after a change by a thread of their own, so that no key waits.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use ropey::Rope;
use tokio::time::Instant;

use crate::config::drafts::{Kept, Left, left};
use crate::config::{Folders, Sources};
use crate::session::content::Content;

use super::super::editor::{Editor, LeftDraft};
use super::super::message::Message;
use super::super::model::Model;
use super::reading::Inner;

/// A change is written this much later, together with what was typed meanwhile.
const KEEP_AFTER: Duration = Duration::from_millis(400);

/// How much of a draft that was left is looked at for its subject.
const HEAD: u64 = 4 << 10;

/// What the thread is told; a session is known by its number.
enum Job {
    Keep(usize, Rope),
    Forget(usize),
    Release(usize),
    Take(usize, PathBuf),
    Delete(PathBuf),
}

/// What was written of each session, and the thread that writes.
pub(super) struct Drafts {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    written: HashMap<usize, u64>,
    due: Option<Instant>,
}

impl Drafts {
    /// Looks for drafts that were left, and begins to keep those of this program.
    pub(super) fn begin(sources: &Sources, inner: Inner) -> Self {
        let folder = sources.folders.as_ref().map(Folders::drafts);
        let (jobs, taken) = channel();
        // Without a home there is no place to keep anything.
        let thread = folder.map(|folder| std::thread::spawn(move || keep(folder, &taken, &inner)));
        let jobs = thread.is_some().then_some(jobs);
        Self { jobs, thread, written: HashMap::new(), due: None }
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
            None => {}
        }
    }

    /// Whether a draft differs from what was written of it; one that was never begun has no file.
    fn is_new(&self, (id, editor): &(usize, &Editor)) -> bool {
        match self.written.get(id) {
            Some(revision) => *revision != editor.text.revision(),
            None => !editor.text.is_empty(),
        }
    }

    /// Writes what has changed.
    pub(super) fn write(&mut self, model: &Model) {
        self.due = None;
        let drafts = model.sessions().filter_map(|s| Some((s.id, s.editor.as_ref()?)));
        for (id, editor) in drafts.filter(|draft| self.is_new(draft)).collect::<Vec<_>>() {
            self.written.insert(id, editor.text.revision());
            self.tell(Job::Keep(id, editor.text.rope().clone()));
        }
    }

    /// The draft of a session that is being closed: it stays for another time.
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
    pub(super) fn delete(&self, path: PathBuf) {
        self.tell(Job::Delete(path));
    }

    /// Writes what is still to be written, and waits for that.
    pub(super) fn farewell(&mut self, model: &Model) {
        self.write(model);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has said what went wrong.
            let _ = thread.join();
        }
    }

    fn tell(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // The thread ends behind this end of the channel.
            let _ = jobs.send(job);
        }
    }
}

/// The thread: does one job after the other, and of several texts of one draft writes the last.
fn keep(folder: PathBuf, jobs: &Receiver<Job>, inner: &Inner) {
    say(inner, Message::DraftsLeft(left_drafts(&folder)));
    let mut keeper = Keeper { folder, kept: HashMap::new() };
    while let Ok(first) = jobs.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter()).collect();
        let mut newest: HashMap<usize, usize> = HashMap::new();
        for (at, job) in batch.iter().enumerate() {
            if let Job::Keep(id, _) = job {
                newest.insert(*id, at);
            }
        }
        for (at, job) in batch.into_iter().enumerate() {
            let is_old = matches!(&job, Job::Keep(id, _) if newest.get(id) != Some(&at));
            if !is_old && let Some(message) = keeper.obey(job) {
                say(inner, message);
            }
        }
    }
}

/// Nobody is there to hear it if the person has left.
fn say(inner: &Inner, message: Message) {
    let _ = inner.blocking_send(Ok(message));
}

/// The drafts that this program holds.
struct Keeper {
    folder: PathBuf,
    kept: HashMap<usize, Kept>,
}

impl Keeper {
    /// Does what it is told; gives what is to be said about it.
    fn obey(&mut self, job: Job) -> Option<Message> {
        let done = match job {
            Job::Keep(id, text) => self.keep(id, &text),
            Job::Forget(id) => self.kept.remove(&id).map_or(Ok(()), Kept::delete),
            Job::Release(id) => {
                self.kept.remove(&id);
                Ok(())
            }
            Job::Take(session, path) => {
                let text = self.take(session, &path).map_err(|error| error.to_string());
                return Some(Message::DraftTaken { session, path, text });
            }
            Job::Delete(path) => Kept::take(&path).and_then(|(kept, _)| kept.delete()),
        };
        let error = done.err()?;
        Some(Message::Say(format!("{}: {error}", self.folder.display())))
    }

    /// Writes a draft; where nothing is left of it, no file is either.
    fn keep(&mut self, id: usize, text: &Rope) -> std::io::Result<()> {
        if text.len_bytes() == 0 {
            return self.kept.remove(&id).map_or(Ok(()), Kept::delete);
        }
        let kept = match self.kept.entry(id) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(place) => place.insert(Kept::begin(&self.folder)?),
        };
        kept.write(text.chunks())
    }

    fn take(&mut self, id: usize, path: &Path) -> std::io::Result<String> {
        let (kept, text) = Kept::take(path)?;
        self.kept.insert(id, kept);
        Ok(text)
    }
}

/// What was left by other runs.
fn left_drafts(folder: &Path) -> Vec<LeftDraft> {
    let told = |left: Left| {
        let mut head = Vec::new();
        // What cannot be read has no subject.
        let _ = File::open(&left.path).map(|file| file.take(HEAD).read_to_end(&mut head));
        let subject = Content::read(&head).field("Subject").map(|field| field.value.clone());
        let written = Timestamp::try_from(left.written).unwrap_or_default();
        LeftDraft {
            path: left.path,
            subject: subject.unwrap_or_default(),
            len: left.len,
            written: written.strftime("%F %R UTC").to_string(),
        }
    };
    left(folder).into_iter().map(told).collect()
}
