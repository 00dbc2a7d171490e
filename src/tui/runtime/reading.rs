//! What takes time to read is read in the background, and comes back as a message.

use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::headless::{read_message, show};
use crate::knowledge::Lang;
use crate::session::content::Content;
use crate::smtp::payload;
use crate::speaker::Say;

use super::super::files::{Folder, MOST};
use super::super::message::Message;
use super::sessions::Order;

/// Where messages of the background go; an error ends the program.
pub(super) type Inner = mpsc::Sender<anyhow::Result<Message>>;

/// Reads a recording for session `id`.
pub(super) fn load(id: usize, path: PathBuf, lang: Lang, inner: Inner) {
    tokio::task::spawn_blocking(move || {
        let loaded = show::open_as_session(&path, lang);
        let message =
            loaded.map(|(dialogue, notice)| Message::Loaded(id, Box::new(dialogue), notice));
        // Nobody is there to hear it if the person has left.
        let _ = inner.blocking_send(message);
    });
}

/// Reads a message, and sends it as mail data.
pub(super) fn say_file(path: String, orders: mpsc::Sender<Order>, inner: Inner) {
    tokio::spawn(async move {
        let name = PathBuf::from(&path);
        let read = move || read_message(&name).map(payload::stuff);
        let stuffed = tokio::task::spawn_blocking(read).await;
        match stuffed.unwrap_or_else(|_| Err(std::io::Error::other("not read"))) {
            Ok(bytes) => {
                // The session may be over by now; then nothing is said.
                let _ = orders.send(Order::Say(Say::Bytes(bytes))).await;
            }
            Err(error) => {
                let _ = inner.send(Ok(Message::Say(format!("{path}: {error}")))).await;
            }
        }
    });
}

/// Lists a folder; of one that cannot be read there is nothing to list.
pub(super) fn list(path: String, inner: Inner) {
    tokio::task::spawn_blocking(move || {
        let folder = if path.is_empty() { "." } else { &path };
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

/// Reads the content of a message.
pub(super) fn content(session: usize, message: usize, bytes: Vec<u8>, inner: Inner) {
    tokio::spawn(async move {
        if let Ok(content) = tokio::task::spawn_blocking(move || Content::read(&bytes)).await {
            let content = Box::new(content);
            let _ = inner.send(Ok(Message::ContentRead { session, message, content })).await;
        }
    });
}
