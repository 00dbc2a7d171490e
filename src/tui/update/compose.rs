//! The prompt: editing and sending.

use bytes::Bytes;
use crossterm::event::KeyEvent;

use crate::display::keys::Action;

use super::super::directive::{cannot_keep_alive, cannot_send};
use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane};
use super::super::popup::Popup;
use super::directive;

/// A key that no table names: its character goes into the prompt.
pub(super) fn typed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(c) = super::typed_char(key) else { return Vec::new() };
    if model.popup.is_none() && model.editing().is_some() {
        super::editor::typed(model, c);
        return Vec::new();
    }
    if matches!(model.popup, Some(Popup::Question(_))) {
        return super::question::letter(model, c);
    }
    let at_prompt = model.popup.is_none() && model.focus == Pane::Prompt;
    let empty = model.prompt.text().is_empty() && !model.session.dialogue.is_inside_text();
    match c {
        '?' if at_prompt && empty => super::help::open(model),
        ':' if at_prompt && empty => super::palette::open(model, ":"),
        // It stands there already.
        ':' if matches!(model.popup, Some(Popup::Palette(_))) && model.prompt.text() == ":" => {}
        _ => {
            if let Some(line) = model.line() {
                line.insert(c.encode_utf8(&mut [0; 4]));
                super::line_changed(model);
            }
        }
    }
    Vec::new()
}

/// Edits the line; `false` if `action` is none of that.
pub(super) fn edit(model: &mut Model, action: Action) -> bool {
    // What is deleted of a secret is not kept to be put back where it could be read.
    let secret = !model.typed_secrets().is_empty();
    let Some(prompt) = model.line() else { return false };
    match action {
        Action::Back => prompt.delete_back(),
        Action::Delete => prompt.delete(),
        Action::Left => prompt.left(),
        Action::Right => prompt.right(),
        Action::WordLeft => prompt.word_left(),
        Action::WordRight => prompt.word_right(),
        Action::Home => prompt.home(),
        Action::End => prompt.end(),
        Action::KillWord => prompt.kill_word(),
        Action::KillStart => prompt.kill_start(),
        Action::KillEnd => prompt.kill_end(),
        Action::Yank => prompt.yank(),
        Action::HistoryBack => prompt.history_back(),
        Action::HistoryForward => prompt.history_forward(),
        _ => return false,
    }
    if secret && matches!(action, Action::KillWord | Action::KillStart | Action::KillEnd) {
        prompt.keep(String::new());
    }
    true
}

/// Enter: the line goes out as it stands.
pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    let dialogue = &model.session.dialogue;
    let line = model.prompt.text().to_owned();
    let directive = line.strip_prefix(':').filter(|_| !dialogue.is_inside_text());
    // The history keeps commands; secrets and the lines of a message are none.
    let keep =
        model.typed_secrets().is_empty() && (directive.is_some() || !dialogue.awaits_mail_data());
    if let Some(directive) = directive {
        let effects = directive::run(model, directive);
        model.prompt.take(keep);
        return effects;
    }
    send_text(model, keep)
}

/// Sends what stands in the prompt, its lines together, whatever they look like.
pub(super) fn send_text(model: &mut Model, keep: bool) -> Vec<Effect> {
    if let Some(why) = cannot_send(model) {
        return directive::told(model, why);
    }
    let line = model.prompt.take(keep);
    model.session.anchor = Anchor::Follow;
    super::sending::next_by_hand(model);
    let wire: String = line.split('\n').flat_map(|line| [line, "\r\n"]).collect();
    // Whoever goes on typing has changed their mind about leaving.
    model.parting.clear();
    vec![Effect::Say(model.session.id, Bytes::from(wire))]
}

/// The palette with a directive and the target of this session, ready to be changed or sent.
pub(super) fn prepare(model: &mut Model, directive: &str) {
    if model.session.dialogue.is_inside_text() {
        model.tell("message.busy");
        return;
    }
    let line = format!(":{directive} {}", model.session.target);
    super::palette::open(model, &line);
}

/// F7: NOOP, where it is a command.
pub(super) fn keep_alive(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_keep_alive(model) {
        return directive::told(model, why);
    }
    vec![Effect::Say(model.session.id, Bytes::from_static(b"NOOP\r\n"))]
}
