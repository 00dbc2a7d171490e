//! The journals of sessions in a Maildir: which of them is that of a session, or of the message that it
//! has left, and what it holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::headless::send::release;
use crate::headless::show;
use crate::journal::{Journal, file};

use super::answer::Seen;
use super::directive::Which;
use super::event::envelope;
use super::memory::Mail;

/// The folder of journals.
pub(super) const SESSIONS: &str = "sessions";

/// Where messages lie whose time has not come (RFC 4865).
pub(super) const HELD: &str = "held";

/// The journals of one server, which may have left them beside those of others.
#[derive(Clone, Debug)]
pub(crate) struct Journals {
    dir: Arc<Path>,
    /// What was there before, in seconds and microseconds, is of another.
    since: (i64, i32),
    /// One is read at a time: some are large.
    turn: Arc<Semaphore>,
}

impl Journals {
    /// Those of a server that keeps sessions in the Maildir at `dir` since then.
    pub(super) fn of(dir: Arc<Path>, since: (i64, i32)) -> Self {
        Self { dir, since, turn: Arc::new(Semaphore::new(1)) }
    }

    /// That of session `number`, as long as it is kept.
    pub(crate) fn find(&self, number: u64) -> Option<PathBuf> {
        let folder = self.dir.join(SESSIONS);
        names(&folder).find(|name| self.is_of(number, name)).map(|name| folder.join(name))
    }

    /// Whether the journal of this name is that of session `number`.
    fn is_of(&self, number: u64, name: &str) -> bool {
        name.strip_suffix(".jsonl").is_some_and(|stem| stem.ends_with(&whose(number)))
            && begun(name).is_some_and(|begun| begun >= self.since)
    }

    /// A session, or a message with its session, as they lie here; read beside all else.
    pub(super) async fn recalled(self, which: Which) -> Option<(Seen, Option<Mail>)> {
        let turn = self.turn.clone().acquire_owned().await.ok()?;
        let read = move || (self.recall(&which), turn);
        tokio::task::spawn_blocking(read).await.ok()?.0
    }

    fn recall(&self, which: &Which) -> Option<(Seen, Option<Mail>)> {
        let (number, journal, message) = match which {
            Which::Session(number) => (*number, self.find(*number)?, None),
            Which::Message(name) => {
                // A mail reader puts flags behind it.
                let name = name.split(':').next()?;
                let (number, journal, message, copy) = self.of_message(name)?;
                (number, journal, Some((name, message, copy)))
            }
        };
        let journal = read(&journal)?;
        let begun = journal.header.started.as_ref().and_then(|started| started.parse().ok());
        let dialogue = show::fold(&journal);
        let mail = match message {
            None => None,
            Some((name, message, copy)) => {
                let paths = release::envelope(&dialogue, name, (message, copy))?;
                let envelope = envelope(&dialogue, message, paths);
                Some(Mail { message, name: name.to_owned(), envelope })
            }
        };
        Some((Seen { number, begun, dialogue }, mail))
    }

    /// The session that has left the message of this name, as long as that lies here, and its journal,
    /// and which message of it this is, and which copy.
    fn of_message(&self, name: &str) -> Option<(u64, PathBuf, usize, usize)> {
        let (journal, message, copy) = journal_of(&self.dir.join("new").join(name))?;
        let number = journal.file_stem()?.to_str()?.rsplit_once('S')?.1.parse().ok()?;
        let is_called = |file: String| file.split(':').next() == Some(name);
        let mut folders = ["new", "cur", HELD].iter().map(|folder| self.dir.join(folder));
        let is_ours = self.is_of(number, journal.file_name()?.to_str()?);
        let lies = is_ours && folders.any(|folder| names(&folder).any(is_called));
        lies.then_some((number, journal, message, copy))
    }
}

/// What the journal at `path` holds, if it can be read.
pub(crate) fn read(path: &Path) -> Option<Journal> {
    Some(file::read(&std::fs::read(path).ok()?).ok()?.journal)
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

/// When the session of a journal of this name began, in seconds and microseconds.
fn begun(name: &str) -> Option<(i64, i32)> {
    let (seconds, rest) = name.split_once(".M")?;
    Some((seconds.parse().ok()?, rest.get(..6)?.parse().ok()?))
}

/// How the name of session `number` of this process ends.
pub(super) fn whose(number: u64) -> String {
    format!("P{}S{number}", std::process::id())
}

/// The journal of the session that left the message at `path`, which message of the session it is, and
/// which copy of it: LMTP stores one for each recipient. A mail reader may have moved it, and put flags
/// behind its name.
pub(crate) fn journal_of(path: &Path) -> Option<(PathBuf, usize, usize)> {
    let name = path.file_name()?.to_str()?;
    let (session, rest) = name.rsplit_once('_')?;
    let mut digits = rest.split(|c: char| !c.is_ascii_digit());
    let journal = path.parent()?.parent()?.join(SESSIONS).join(format!("{session}.jsonl"));
    let number = digits.next()?.parse().ok()?;
    Some((journal, number, digits.next().and_then(|copy| copy.parse().ok()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_leads_to_its_session() {
        let journal = Path::new("mail/sessions/17.M000042P7S12.jsonl");
        for (name, number, copy) in [
            ("new/17.M000042P7S12_003.ehlo", 3, 0),
            ("cur/17.M000042P7S12_003.ehlo:2,S", 3, 0),
            ("new/17.M000042P7S12_010-2.ehlo", 10, 2),
        ] {
            let found = journal_of(&Path::new("mail").join(name));
            assert_eq!(found, Some((journal.to_owned(), number, copy)), "{name}");
        }
        assert_eq!(journal_of(Path::new("mail/new/message.eml")), None);
    }
}
