//! What takes time to read is read in the background, and comes back as a message.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ropey::Rope;
use tokio::sync::mpsc;

use crate::display::content::Carried;
use crate::display::content::parts::Rows;
use crate::display::content::save::Wish;
use crate::display::token::own_visible;
use crate::draft::{self, Attachment, Offers};
use crate::headless::{self, Password, Setting, authenticity, mailbox, read_message, save, show};
use crate::journal::{Event, Happening, Moment};
use crate::knowledge::{self, Lang};
use crate::net;
use crate::net::authenticity::{Source, Task};
use crate::session::content::Content;
use crate::session::thread::{Length, Threads};
use crate::session::{Keep, Kept, Past};
use crate::smtp::payload;
use crate::speaker::{Login, Octets, Say, Secret};

use super::super::editor::Reviewed;
use super::super::editor::form::Wanted;
use super::super::effect::Verifying;
use super::super::files::{Folder, MOST};
use super::super::group::Part;
use super::super::message::{Made, Message, Saved, Unread};
use super::super::model::{ReadContent, ReadThreads, ThreadsOf};
use super::super::sending::{Pieces, Way as Sends};
use super::sessions::{Door, Order};

/// Where messages of the background go; an error ends the program.
pub(super) type Inner = mpsc::Sender<anyhow::Result<Message>>;

/// The time between two words on how far reading is.
const PROGRESS: Duration = Duration::from_millis(50);

/// Reads what files hold for session `id`, until `stop` says that this is enough. What cannot be
/// read ends the program if that is `at_start`, and is told otherwise.
pub(super) fn load(
    id: usize,
    paths: Vec<PathBuf>,
    lang: Lang,
    stop: Arc<AtomicBool>,
    inner: Inner,
    at_start: bool,
) {
    tokio::task::spawn_blocking(move || {
        let mut said = Instant::now();
        let mut progress = |read, all| {
            if said.elapsed() >= PROGRESS {
                said = Instant::now();
                // Who has too much to do is told the next time.
                let _ = inner.try_send(Ok(Message::Reading { session: id, read, all }));
            }
            !stop.load(Ordering::Relaxed)
        };
        let found = mailbox::open(&paths, lang, &mut progress);
        let message = match found {
            Ok(found) => {
                let told = (!found.told.is_empty()).then(|| found.told.join("; "));
                let past = Past::of(found.journal.into_events(), Keep::ALL);
                Ok(Message::Loaded(id, Box::new(past), told))
            }
            Err(error) if at_start => Err(error),
            Err(error) => Ok(Message::Unopened(id, own_visible(&format!("{error:#}")))),
        };
        // Nobody is there to hear it if the person has left.
        let _ = inner.blocking_send(message);
    });
}

/// Reads a file with which session `id` is to be compared.
pub(super) fn compare(id: usize, file: String, path: PathBuf, lang: Lang, inner: Inner) {
    in_background(inner, move || match mailbox::open(&[path], lang, &mut |_, _| true) {
        Ok(found) => Message::Compared(id, file, Box::new(show::fold(&found.journal))),
        Err(error) => Message::Say(own_visible(&format!("{error:#}"))),
    });
}

/// Reads a message that goes out as mail data of session `session`, asked for under this number.
pub(super) fn say_file((session, number): (usize, u64), path: String, lang: Lang, inner: Inner) {
    in_background(inner, move || {
        let stuffed = read_message(&expanded(&path), lang).map(payload::stuff);
        let pieces = stuffed.map(|bytes| Pieces::data(bytes, false));
        let pieces = pieces.map_err(|error| Unread { why: error.to_string(), file: path });
        Message::Pieces { session, pieces, number }
    });
}

/// Keeps a part in a file, its owner's alone: nobody asked for it to be shared.
pub(super) fn save_part(content: Arc<Content>, wish: Wish, replaces: bool, inner: Inner) {
    in_background(inner, move || {
        let at = wish.part.unwrap_or_default();
        let bytes = wish.form.of(&content, at);
        let open = content.parts.get(at).is_some_and(|part| part.open);
        let kept = match save::write(&expanded(&wish.file), &bytes, replaces) {
            Ok(()) => Saved::Written(bytes.len() as u64, open),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Saved::Exists,
            Err(error) => Saved::Failed(error.to_string()),
        };
        Message::PartKept(wish, kept)
    });
}

/// Reads what chunks hold, and makes what leaves by hand of session `session`.
pub(super) fn octets(
    session: usize,
    parts: Vec<Part>,
    draft: Option<Rope>,
    line: Option<String>,
    lang: Lang,
    inner: Inner,
) {
    in_background(inner, move || {
        let made = made(parts, draft.as_ref(), lang);
        Message::Made { session, made, line }
    });
}

fn made(parts: Vec<Part>, draft: Option<&Rope>, lang: Lang) -> Result<Made, Unread> {
    let mut made = Made { pieces: Vec::new(), differs: None };
    for part in parts {
        let chunks = match part {
            Part::Said(bytes) => {
                made.pieces.push(bytes);
                continue;
            }
            Part::Chunks(chunks) => chunks,
        };
        let octets = match (&chunks.octets, draft) {
            (Octets::Text(octets), _) => octets.clone(),
            (Octets::File(file), _) => read_message(&expanded(file), lang)
                .map_err(|error| Unread { file: file.clone(), why: error.to_string() })?
                .into(),
            (Octets::Draft, text) => {
                text.map(|text| draft::wire(&text.to_string())).unwrap_or_default()
            }
        };
        made.differs = made.differs.or_else(|| chunks.difference(octets.len()));
        made.pieces.extend(chunks.pieces(octets));
    }
    Ok(made)
}

/// Makes what leaves of a draft.
pub(super) fn pieces(session: usize, number: u64, text: Rope, way: Sends, inner: Inner) {
    in_background(inner, move || {
        let pieces = Ok(Pieces::of(&text.to_string(), way));
        Message::Pieces { session, pieces, number }
    });
}

/// Looks a draft through.
pub(super) fn review(session: usize, text: Rope, revision: u64, offers: Offers, inner: Inner) {
    in_background(inner, move || {
        let reviewed = Reviewed::of(&text.to_string(), revision, offers);
        Message::Reviewed(session, Box::new(reviewed))
    });
}

/// Reads a plan for session `id`.
pub(super) fn plan((id, file): (usize, String), setting: Setting, lang: Lang, inner: Inner) {
    in_background(inner, move || {
        let read = headless::plan::load(&expanded(&file), &setting, lang);
        let plan = read.map(Box::new).map_err(|error| Unread { why: told(&error), file });
        Message::Planned(id, plan)
    });
}

/// Why, without the name of the file, which stands before it.
fn told(error: &anyhow::Error) -> String {
    error.chain().last().map(ToString::to_string).unwrap_or_default()
}

/// Puts a file into a draft.
pub(super) fn attach(
    session: usize,
    text: Rope,
    revision: u64,
    wanted: Wanted,
    lang: Lang,
    inner: Inner,
) {
    in_background(inner, move || {
        let text = attached(&text.to_string(), &wanted, lang);
        Message::Edited { session, revision, text }
    });
}

/// The draft with the file, or why there is none.
fn attached(text: &str, wanted: &Wanted, lang: Lang) -> Result<String, String> {
    let path = expanded(&wanted.path);
    let bytes = read_message(&path, lang).map_err(|error| format!("{}: {error}", wanted.path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let id = wanted.inline.then(|| format!("{:016x}@ehlo", seed()));
    let file = Attachment {
        name: &name,
        bytes: &bytes,
        kind: wanted.kind.as_deref(),
        encoding: wanted.encoding,
        content_id: id.as_deref(),
    };
    let attached = draft::attach(text, &file, &draft::boundary(seed()));
    attached.ok_or_else(|| knowledge::word(lang, "editor.form.impossible").to_owned())
}

/// A path as a shell reads it: `~` is the home.
pub(super) fn expanded(path: &str) -> PathBuf {
    let below = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match below.zip(std::env::home_dir()) {
        Some((rest, home)) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(path),
    }
}

/// A number that nobody else has: the keys of hash tables are chosen by chance.
pub(super) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Does what takes time, and says what came of it.
fn in_background(inner: Inner, work: impl FnOnce() -> Message + Send + 'static) {
    tokio::task::spawn_blocking(move || {
        let message = work();
        // Nobody is there to hear it if the person has left.
        let _ = inner.blocking_send(Ok(message));
    });
}

/// Finds the password of a login; what a command prints can take its time.
pub(super) fn password(
    session: usize,
    login: Box<Login>,
    from: Password,
    lang: Lang,
    inner: Inner,
) {
    in_background(inner, move || {
        let needed = login.needs_password();
        let secret = if needed { from.read(lang) } else { Ok(Some(Secret::default())) };
        Message::LogsIn { session, login, secret, seed: net::seed() }
    });
}

/// Lists a folder; of one that cannot be read there is nothing to list.
pub(super) fn list(path: String, inner: Inner) {
    tokio::task::spawn_blocking(move || {
        let folder = if path.is_empty() { PathBuf::from(".") } else { expanded(&path) };
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .take(MOST)
            .filter_map(|entry| {
                let is_folder = std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir());
                let slash = if is_folder { "/" } else { "" };
                Some(entry.file_name().into_string().ok()? + slash)
            })
            .collect();
        names.sort_unstable();
        let _ = inner.blocking_send(Ok(Message::Listed(Folder { path, names })));
    });
}

/// Reads which message answers which.
pub(super) fn threads(session: usize, of: ThreadsOf, kept: Vec<(Kept, Length)>, inner: Inner) {
    in_background(inner, move || {
        let threads = Box::new(ReadThreads { of, threads: Threads::read(kept) });
        Message::ThreadsRead { session, threads }
    });
}

/// Reads the answers that a message is to be judged by, and lets its session verify it; of a session
/// that is only looked at it is done here.
pub(super) fn verify(wanted: Verifying, kept: Kept, door: Door, lang: Lang, inner: Inner) {
    tokio::spawn(async move {
        let Verifying { session, message, mut check, way } = wanted;
        if let Some(file) = check.file.clone() {
            let read = move || authenticity::answers(&expanded(&file), lang);
            match tokio::task::spawn_blocking(read).await {
                Ok(Ok(answers)) => check.answers = Some(answers),
                Ok(Err(error)) => {
                    let told = Message::Say(own_visible(&format!("{error:#}")));
                    let _ = inner.send(Ok(told)).await;
                    return;
                }
                Err(_) => return,
            }
        }
        if let Some(orders) = door.orders {
            let _ = orders.send(Order::Say(Say::Verify(check))).await;
            return;
        }
        let (way, whole) = (check.way.clone().or(way), kept.is_whole());
        let task = Task { index: message, content: kept.content(), whole, way };
        let found = task.verified(&Source::of(&check, door.dns)).await;
        let event = Event::new(Moment(0), Happening::Verified(Box::new(found)));
        let _ = inner.send(Ok(Message::Heard(session, event))).await;
    });
}

/// Reads the content of a message, and judges it, so that nobody waits for that.
pub(super) fn content(
    session: usize,
    (message, of): (usize, (u64, bool)),
    carried: Box<Carried>,
    kept: Kept,
    inner: Inner,
) {
    in_background(inner, move || {
        let content = kept.read().prepared();
        let read = Box::new(ReadContent::new(message, of, content, &carried));
        Message::ContentRead { session, read }
    });
}

/// Finds out the rows of the tree of many parts.
pub(super) fn lay_out(
    session: usize,
    message: usize,
    content: Arc<Content>,
    (lang, columns): (Lang, usize),
    inner: Inner,
) {
    in_background(inner, move || {
        let rows = Box::new(Rows::whole(&content, lang, columns));
        Message::LaidOut { session, message, content, lang, columns, rows }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_begin_at_home() {
        let home = std::env::home_dir().unwrap();
        for (typed, path) in [
            ("~/a/b.png", home.join("a/b.png")),
            ("~", home.join("")),
            ("~other/b.png", PathBuf::from("~other/b.png")),
            ("a~/b.png", PathBuf::from("a~/b.png")),
        ] {
            assert_eq!(expanded(typed), path, "{typed}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_files_are_attached() {
        let wanted = |path: &str| Wanted {
            path: path.to_owned(),
            kind: None,
            encoding: None,
            inline: false,
        };
        for path in ["/dev/zero", "/dev/tty", "/dev"] {
            let why = attached("A: b\n\n", &wanted(path), Lang::En).unwrap_err();
            assert_eq!(why, format!("{path}: this is no regular file"));
        }
    }
}
