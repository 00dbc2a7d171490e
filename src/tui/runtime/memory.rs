//! What is kept from one run to the next: the borders, the last targets, and the lines that were
//! sent.

use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::config::{Folders, Warning, history, state};
use crate::display::token::own_visible;
use crate::headless::{Setting, complain};

use super::super::layout::Ratios;
use super::super::message::Message;
use super::super::model::Model;
use super::super::prompt::History;
use super::reading::Inner;

/// The files of the state folder, and what they said at the beginning.
pub(super) struct Memory {
    folders: Option<Folders>,
    ratios: Ratios,
    writing: JoinSet<()>,
    /// Where lines go that are to be written.
    lines: Option<mpsc::UnboundedSender<String>>,
}

impl Memory {
    /// Reads what is remembered into `model`; a second value says what is wrong with it.
    pub(super) fn recall(setting: &Setting, model: &mut Model) -> (Self, Vec<Warning>) {
        let folders = setting.sources.folders.clone();
        let file = folders.as_ref().map(Folders::remembered);
        let (state, of_state) = file.as_deref().map(state::load).unwrap_or_default();
        model.ratios = Ratios::from_named(state.layout.iter().map(|(name, r)| (name.as_str(), *r)));
        model.targets = state.targets;
        let file = folders.as_ref().map(Folders::history).filter(|_| setting.chosen.history.value);
        let (lines, of_history) = file.as_deref().map(history::load).unwrap_or_default();
        model.habits.recall(lines.iter().map(String::as_str));
        model.prompt.recall(History::new(lines));
        let ratios = model.ratios.clone();
        let memory = Self { folders, ratios, writing: JoinSet::new(), lines: None };
        (memory, of_state.into_iter().chain(of_history).collect())
    }

    /// A target was connected.
    pub(super) fn visit(&mut self, target: &str, model: &mut Model, inner: Inner) {
        state::visit(&mut model.targets, target);
        let Some(file) = self.folders.as_ref().map(Folders::remembered) else { return };
        let target = target.to_owned();
        self.writing.spawn_blocking(move || {
            if let Err(error) = state::change(&file, |state| state.visit(&target)) {
                tell(&file, &error, &inner);
            }
        });
    }

    /// A line was sent.
    pub(super) fn remember(&mut self, line: String, inner: Inner) {
        let Some(file) = self.folders.as_ref().map(Folders::history) else { return };
        let writing = &mut self.writing;
        let lines = self.lines.get_or_insert_with(|| {
            let (lines, taken) = mpsc::unbounded_channel();
            writing.spawn_blocking(move || write_lines(&file, taken, &inner));
            lines
        });
        // Its other end lives as long as this one.
        let _ = lines.send(line);
    }

    /// Writes where the borders stand, if they were moved, and waits for what is being written.
    pub(super) async fn keep(&mut self, ratios: &Ratios) {
        self.lines = None;
        let file = self.folders.as_ref().map(Folders::remembered);
        if let Some(file) = file.filter(|_| *ratios != self.ratios) {
            let (before, now) = (self.ratios.named().collect(), ratios.named().collect());
            self.writing.spawn_blocking(move || {
                if let Err(error) = state::change(&file, |state| state.rearrange(&before, now)) {
                    let file = own_visible(&file.display().to_string());
                    complain(format_args!("{file}: {error}"));
                }
            });
        }
        while self.writing.join_next().await.is_some() {}
    }
}

/// Writes lines as they come, all that wait at once. What could not be written is tried again with
/// the next.
fn write_lines(file: &Path, mut taken: mpsc::UnboundedReceiver<String>, inner: &Inner) {
    let mut waiting = Vec::new();
    while let Some(line) = taken.blocking_recv() {
        waiting.push(line);
        while let Ok(line) = taken.try_recv() {
            waiting.push(line);
        }
        match history::add(file, &waiting) {
            Ok(()) => waiting.clear(),
            Err(error) => tell(file, &error, inner),
        }
    }
}

fn tell(file: &Path, error: &std::io::Error, inner: &Inner) {
    let text = format!("{}: {error}", file.display());
    // Nobody is there to hear it if the person has left.
    let _ = inner.blocking_send(Ok(Message::Say(text)));
}
