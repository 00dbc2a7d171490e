//! Finds what files hold: a recording, a transcript, a message, an mbox, a Maildir, a folder of
//! messages. What takes long tells how far it is, and can be stopped.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error};
use bytes::Bytes;

use crate::display::token::own_visible;
use crate::display::{recording, transcript as misread};
use crate::journal::{
    Event, Fidelity, Happening, Header, Journal, Moment, Stored, file, mbox, transcript,
};
use crate::knowledge::{self, Lang};

use super::{MESSAGE_LIMIT, kind, named, read_input, read_message};

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// What the files hold.
    pub journal: Journal,
    /// What there is to tell the person about it.
    pub told: Vec<String>,
    /// Whether a file is broken, so that this is but its beginning.
    pub broken: bool,
}

/// Told from time to time how many messages were read of how many; `false` stops reading, and what
/// was read until then stays.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> bool;

/// Reads a file or a folder; several are messages, and one session. The extension of a file decides
/// what it is before its content does.
///
/// # Errors
/// With the name of a file, the place where it is wrong, and what was expected.
pub fn open(paths: &[PathBuf], lang: Lang, progress: Progress<'_>) -> anyhow::Result<Found> {
    match paths {
        [path] if path.is_dir() => folder(path, lang, progress),
        [path] => single(path, lang),
        paths => {
            let mut reader = Reader::new(lang, paths.len());
            for path in paths {
                let read = read_input(path, lang)?;
                let stored = Stored::whole(path.display().to_string(), nonempty(path, read, lang)?);
                if !reader.add(stored) || !reader.goes_on(progress) {
                    break;
                }
            }
            Ok(reader.found())
        }
    }
}

/// The files that are looked at together: messages that are named one behind another are one
/// session, everything else is one by itself.
pub fn together(files: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    let is_message = |path: &Path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("eml"));
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    for file in files {
        match groups.last_mut() {
            Some(group) if is_message(&file) && group.iter().all(|path| is_message(path)) => {
                group.push(file);
            }
            _ => groups.push(vec![file]),
        }
    }
    groups
}

fn single(path: &Path, lang: Lang) -> anyhow::Result<Found> {
    let bytes = nonempty(path, read_input(path, lang)?, lang)?;
    let name = path.display().to_string();
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    let messages = |all: Vec<Stored>| {
        let mut reader = Reader::new(lang, all.len());
        all.into_iter().all(|stored| reader.add(stored));
        Ok(reader.found())
    };
    if !matches!(&*extension, "eml" | "mbox" | "mbx") {
        is_ours(path, &bytes, lang)?;
    }
    match &*extension {
        "eml" => return messages(vec![Stored::whole(name, bytes)]),
        "mbox" | "mbx" => {
            let values = [("file", &*named(path))];
            let wrong = || knowledge::fill(lang, "mailbox.no-mbox", &values);
            anyhow::ensure!(bytes.starts_with(b"From "), wrong());
            return messages(mbox::split(&name, &bytes));
        }
        "txt" | "transcript" => {}
        _ if is_recording(path, &bytes) => {
            return recorded(path, &bytes, lang);
        }
        _ if mbox::is_mbox(&bytes) => return messages(mbox::split(&name, &bytes)),
        _ if looks_like_message(&bytes) => return messages(vec![Stored::whole(name, bytes)]),
        _ => {}
    }
    let told = |error| Error::msg(misread::say(&error, lang));
    let journal = transcript::recording(&bytes).map_err(told).with_context(|| named(path))?;
    Ok(Found { journal, ..Found::default() })
}

/// Whether a file is to be read as a recording: it begins like one, or has such a name.
pub fn is_recording(path: &Path, bytes: &[u8]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let named = ["jsonl", "journal"].iter().any(|name| extension.eq_ignore_ascii_case(name));
    named || file::is_journal(bytes)
}

/// Insists on a file that does not seem to be somebody else's.
///
/// # Errors
/// With what it seems to be.
pub fn is_ours(path: &Path, bytes: &[u8], lang: Lang) -> anyhow::Result<()> {
    let Some(kind) = kind::seen(bytes) else { return Ok(()) };
    let values = [("file", &*named(path)), ("kind", kind)];
    anyhow::bail!("{}", knowledge::fill(lang, "recordings.kind", &values));
}

/// Reads a recording, as far as it can be read.
///
/// # Errors
/// When nothing of it can be read; with the place where it is wrong, and what was expected.
pub fn recorded(path: &Path, bytes: &[u8], lang: Lang) -> anyhow::Result<Found> {
    is_nonempty(path, bytes, lang)?;
    let told = |error| Error::msg(recording::say(&error, lang));
    let found = file::read(bytes).map_err(told).with_context(|| named(path))?;
    let told = recording::found(&found, &named(path), lang);
    Ok(Found { journal: found.journal, told, broken: found.broken.is_some() })
}

fn nonempty(path: &Path, bytes: Vec<u8>, lang: Lang) -> anyhow::Result<Bytes> {
    is_nonempty(path, &bytes, lang)?;
    Ok(bytes.into())
}

fn is_nonempty(path: &Path, bytes: &[u8], lang: Lang) -> anyhow::Result<()> {
    let why = || knowledge::word(lang, "message.empty-file");
    anyhow::ensure!(!bytes.is_empty(), "{}: {}", named(path), why());
    Ok(())
}

/// A first line such as `Subject: …`, where a transcript has `C: ` or `S: `.
fn looks_like_message(bytes: &[u8]) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let name: Vec<u8> = line.iter().copied().take_while(|b| *b != b':').collect();
    name.len() > 1
        && name.len() < line.len()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// A Maildir, or a folder of messages. Folders inside are named and not entered.
fn folder(path: &Path, lang: Lang, progress: Progress<'_>) -> anyhow::Result<Found> {
    let shown = named(path);
    let listed = Listed::of(path)
        .with_context(|| knowledge::fill(lang, "message.unreadable", &[("file", &shown)]))?;
    let is_maildir = ["cur", "new"].iter().any(|name| listed.folders.iter().any(|f| f == name));
    let mut files = Vec::new();
    if is_maildir {
        for name in ["cur", "new"] {
            // Either of them may be missing.
            let inside = Listed::of(&path.join(name)).unwrap_or_default();
            files.extend(inside.files.into_iter().map(|file| Path::new(name).join(file)));
        }
        files.sort_by_cached_key(|file| delivered(file));
    } else {
        let message = |name: &OsString| {
            Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("eml"))
        };
        files.extend(listed.files.into_iter().filter(message).map(PathBuf::from));
        files.sort_unstable();
    }
    let beside: Vec<_> = listed
        .folders
        .iter()
        .filter(|name| !(is_maildir && ["cur", "new", "tmp"].iter().any(|own| name == own)))
        .map(|name| named(Path::new(name)))
        .collect();
    let none = || knowledge::fill(lang, "mailbox.none", &[("folder", &shown)]);
    anyhow::ensure!(is_maildir || !files.is_empty(), none());
    let mut reader = Reader::new(lang, files.len());
    for file in files {
        let name = file.display().to_string();
        match read_message(&path.join(&file), lang) {
            Ok(bytes) => {
                let flags = if is_maildir { Some(flags(&name)) } else { None };
                let stored = Stored { flags, ..Stored::whole(name, bytes.into()) };
                if !reader.add(stored) {
                    break;
                }
            }
            Err(error) => reader.unread.push(format!("{name}: {error}")),
        }
        if !reader.goes_on(progress) {
            break;
        }
    }
    let mut found = reader.found();
    if !beside.is_empty() {
        let values = [("names", &*beside.join(", "))];
        found.told.push(knowledge::fill(lang, "mailbox.beside", &values));
    }
    Ok(found)
}

/// The names in a folder, by the alphabet.
#[derive(Default)]
struct Listed {
    files: Vec<OsString>,
    folders: Vec<OsString>,
}

impl Listed {
    fn of(path: &Path) -> std::io::Result<Self> {
        let mut listed = Self::default();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            let is_folder = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
            match is_folder {
                true => listed.folders.push(name),
                // What is hidden is nobody's message: an index of a server, a lock.
                false if name.as_encoded_bytes().starts_with(b".") => {}
                false => listed.files.push(name),
            }
        }
        listed.folders.sort_unstable();
        Ok(listed)
    }
}

/// By what the messages of a Maildir are ordered: the time of delivery at the front of the name.
fn delivered(file: &Path) -> (u64, PathBuf) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(u64::MAX), PathBuf::from(file.file_name().unwrap_or_default()))
}

/// What stands behind `2,` at the end of a file's name; where a colon cannot stand in a name,
/// another mark stands before it.
fn flags(name: &str) -> String {
    let behind = name.rsplit_once([':', ';', '!']).and_then(|(_, info)| info.strip_prefix("2,"));
    behind.unwrap_or_default().to_owned()
}

/// Puts messages into a journal.
struct Reader {
    lang: Lang,
    journal: Journal,
    all: usize,
    read: usize,
    size: u64,
    unread: Vec<String>,
    told: Vec<String>,
}

impl Reader {
    fn new(lang: Lang, all: usize) -> Self {
        // The bytes are those of the file; when anything happened is not known.
        let fidelity = Fidelity { exact_bytes: true, real_time: false };
        let journal = Journal::new(Header { fidelity, ..Header::default() });
        Self { lang, journal, all, read: 0, size: 0, unread: Vec::new(), told: Vec::new() }
    }

    /// `false`: there is no room for this one.
    fn add(&mut self, stored: Stored) -> bool {
        self.size += stored.data.len() as u64;
        let fits = self.size <= MESSAGE_LIMIT;
        if fits {
            self.read += 1;
            let what = Happening::Stored(Box::new(stored));
            self.journal.append(Event::new(Moment(0), what));
        } else {
            self.tell("mailbox.full");
        }
        fits
    }

    fn goes_on(&mut self, progress: Progress<'_>) -> bool {
        let done = self.read + self.unread.len();
        let goes_on = progress(done, self.all) || done == self.all;
        if !goes_on {
            self.tell("mailbox.stopped");
        }
        goes_on
    }

    fn tell(&mut self, key: &'static str) {
        let (n, all) = (self.read.to_string(), self.all.to_string());
        self.told.push(knowledge::fill(self.lang, key, &[("n", &n), ("all", &all)]));
    }

    fn found(mut self) -> Found {
        if let Some(first) = self.unread.first() {
            let n = self.unread.len().to_string();
            let values = [("n", &*n), ("why", &*own_visible(first))];
            self.told.insert(0, knowledge::fill(self.lang, "mailbox.unread", &values));
        }
        Found { journal: self.journal, told: self.told, broken: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_at_the_end_of_a_name() {
        for (name, seen) in [
            ("1.M2P3.x,S=4:2,RS", "RS"),
            ("1.M2P3.x;2,STln", "STln"),
            ("1.M2P3.x:2,", ""),
            ("1.M2P3.x:1,RS", ""),
            ("1.M2P3.x", ""),
        ] {
            assert_eq!(flags(name), seen, "{name}");
        }
    }

    #[test]
    fn messages_are_looked_at_together() {
        let files = ["a.eml", "b.EML", "c.jsonl", "d.eml", "e.mbox", "f.mbox"];
        let groups = together(files.map(PathBuf::from).to_vec());
        let sizes: Vec<_> = groups.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1, 1]);
    }
}
