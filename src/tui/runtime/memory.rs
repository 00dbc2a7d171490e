//! What is kept from one run to the next: the borders, and the last targets.

use std::path::PathBuf;

use tokio::task::JoinSet;

use crate::config::{Folders, Sources, Warning, state};

use super::super::layout::Ratios;
use super::super::message::Message;
use super::super::model::Model;
use super::reading::Inner;

/// The state file, and what it said at the beginning.
pub(super) struct Memory {
    file: Option<PathBuf>,
    ratios: Ratios,
    writing: JoinSet<()>,
}

impl Memory {
    /// Reads what is remembered into `model`; a second value says what is wrong with it.
    pub(super) fn recall(sources: &Sources, model: &mut Model) -> (Self, Option<Warning>) {
        let file = sources.folders.as_ref().map(Folders::remembered);
        let (state, warning) = file.as_deref().map(state::load).unwrap_or_default();
        model.ratios = Ratios::from_named(state.layout.iter().map(|(name, r)| (name.as_str(), *r)));
        model.targets = state.targets;
        let ratios = model.ratios.clone();
        (Self { file, ratios, writing: JoinSet::new() }, warning)
    }

    /// A target was connected.
    pub(super) fn visit(&mut self, target: &str, model: &mut Model, inner: Inner) {
        state::visit(&mut model.targets, target);
        let Some(file) = self.file.clone() else { return };
        let target = target.to_owned();
        self.writing.spawn_blocking(move || {
            if let Err(error) = state::change(&file, |state| state.visit(&target)) {
                let text = format!("{}: {error}", file.display());
                // Nobody is there to hear it if the person has left.
                let _ = inner.blocking_send(Ok(Message::Say(text)));
            }
        });
    }

    /// Writes where the borders stand, if they were moved, and waits for what is being written.
    pub(super) async fn keep(&mut self, ratios: &Ratios) {
        if let Some(file) = self.file.clone().filter(|_| *ratios != self.ratios) {
            let (before, now) = (self.ratios.named().collect(), ratios.named().collect());
            self.writing.spawn_blocking(move || {
                if let Err(error) = state::change(&file, |state| state.rearrange(&before, now)) {
                    eprintln!("ehlo: {}: {error}", file.display());
                }
            });
        }
        while self.writing.join_next().await.is_some() {}
    }
}
