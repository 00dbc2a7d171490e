//! The files of the user are watched, and read again when they are saved.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::config::Folders;
use crate::knowledge;

use super::super::message::Message;
use super::reading::Inner;
use super::settings::Followed;

/// A file is read once nothing more happens to it for so long: many editors save in steps.
const SETTLED: Duration = Duration::from_millis(100);

/// By how much the time of a file may stand behind ours.
const TICK: Duration = Duration::from_millis(10);

/// Follows the files of the user from now on.
pub(super) fn follow(followed: Followed, inner: Inner) {
    let since = SystemTime::now().checked_sub(TICK);
    tokio::spawn(async move {
        let lang = followed.lang();
        if let Err(error) = watch(followed, since, &inner).await {
            let why = error.to_string();
            let text = knowledge::fill(lang, "message.not-followed", &[("why", &why)]);
            // Nobody is there to hear it if the person has left.
            let _ = inner.send(Ok(Message::Say(text))).await;
        }
    });
}

async fn watch(
    mut followed: Followed,
    since: Option<SystemTime>,
    inner: &Inner,
) -> notify::Result<()> {
    let Some(folders) = followed.folders() else { return Ok(()) };
    let (saved, mut touched) = mpsc::unbounded_channel();
    let within = [folders.themes(), folders.faults()];
    let early = saved.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let event = event.unwrap_or_default();
        let paths = event.paths.iter().filter(|_| is_change(event.kind));
        for path in paths.filter(|path| is_ours(path, &within)) {
            // Nobody is there to hear it if the person has left.
            let _ = saved.send(path.clone());
        }
    })?;
    look(&mut watcher, &folders)?;
    for path in saved_since(&folders, since) {
        // It is ours to hear.
        let _ = early.send(path);
    }
    drop(early);
    while let Some(first) = touched.recv().await {
        let mut paths = vec![first];
        while let Ok(Some(path)) = tokio::time::timeout(SETTLED, touched.recv()).await {
            paths.push(path);
        }
        // A folder may be new.
        look(&mut watcher, &folders)?;
        let read = move || {
            let message = followed.again(&paths);
            (followed, message)
        };
        let Ok((back, message)) = tokio::task::spawn_blocking(read).await else { break };
        followed = back;
        if inner.send(Ok(message)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What was saved before anybody watched.
fn saved_since(folders: &Folders, since: Option<SystemTime>) -> impl Iterator<Item = PathBuf> {
    let inside = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| is_ours(path, &[]))
    };
    let files = [folders.settings(), folders.keys()].into_iter();
    let files = files.chain([folders.themes(), folders.faults()].into_iter().flat_map(inside));
    files.filter(move |path| {
        let saved = path.metadata().and_then(|file| file.modified());
        saved.is_ok_and(|at| since.is_some_and(|since| since <= at))
    })
}

/// Watches every folder that is there. Files may be links to files of other folders.
fn look(watcher: &mut impl Watcher, folders: &Folders) -> notify::Result<()> {
    let mut watch = |folder: &Path| watcher.watch(folder, RecursiveMode::NonRecursive);
    // The folder, else the nearest above it, which tells that the next one is made: that may happen
    // at any moment, so it is looked at again.
    let nearest = || folders.config.ancestors().find(|folder| folder.exists());
    let mut known = None;
    while known != nearest() {
        known = nearest();
        known.map_or(Ok(()), &mut watch)?;
    }
    for folder in [folders.themes(), folders.faults()].iter().filter(|folder| folder.exists()) {
        watch(folder)?;
    }
    let real = folders.config.canonicalize().ok();
    let files = [folders.settings(), folders.keys()];
    let files = files.iter().filter_map(|file| file.canonicalize().ok().filter(|f| f.is_file()));
    let mut linked = files.filter_map(|file| file.parent().map(Path::to_owned));
    linked.try_for_each(|f| if Some(&f) == real.as_ref() { Ok(()) } else { watch(&f) })
}

/// Whether a path is a file of the user, or a folder on the way to some of them.
fn is_ours(path: &Path, within: &[PathBuf]) -> bool {
    within.iter().any(|folder| folder.starts_with(path))
        || path.extension().is_some_and(|extension| extension == "toml")
}

/// Whether a file may say something else now; reading it is no change.
const fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
        || matches!(kind, EventKind::Access(AccessKind::Close(AccessMode::Write)))
}
