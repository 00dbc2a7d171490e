//! The prompt: editing, sending, and the directives that begin with a colon.

use bytes::Bytes;
use crossterm::event::KeyEvent;

use crate::display::keys::Action;
use crate::journal::transcript::{Place, text};
use crate::knowledge;

use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane};

/// A key that no table names: its character goes into the prompt.
pub(super) fn typed(model: &mut Model, key: KeyEvent) {
    let Some(c) = super::typed_char(key) else { return };
    let at_prompt = model.popup.is_none() && model.focus == Pane::Prompt;
    let empty = model.prompt.text().is_empty() && !model.session.dialogue.is_inside_text();
    if c == '?' && at_prompt && empty {
        return super::help::open(model);
    }
    if let Some(line) = model.line() {
        line.insert(c.encode_utf8(&mut [0; 4]));
    }
}

/// Edits the line; `false` if `action` is none of that.
pub(super) fn edit(model: &mut Model, action: Action) -> bool {
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
    true
}

/// Enter: the line goes out as it stands.
pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    let line = model.prompt.text().to_owned();
    let dialogue = &model.session.dialogue;
    let directive = line.strip_prefix(':').filter(|_| !dialogue.is_inside_text());
    // The history keeps commands; secrets and the lines of a message are none.
    let keep =
        model.typed_secrets().is_empty() && (directive.is_some() || !dialogue.awaits_mail_data());
    if let Some(directive) = directive {
        let effects = run(model, directive);
        model.prompt.take(keep);
        return effects;
    }
    if let Some(why) = cannot_send(model) {
        model.notice = Some(knowledge::word(model.lang, why).to_owned());
        return Vec::new();
    }
    model.prompt.take(keep);
    model.session.anchor = Anchor::Follow;
    let wire: String = line.split('\n').flat_map(|line| [line, "\r\n"]).collect();
    vec![Effect::Say(Bytes::from(wire))]
}

fn cannot_send(model: &Model) -> Option<&'static str> {
    if model.session.recorded {
        Some(nothing_to_send(model))
    } else if model.session.dialogue.phase().is_open() {
        None
    } else {
        Some("prompt.closed")
    }
}

/// Why nothing can ever be sent from a session that is only looked at.
const fn nothing_to_send(model: &Model) -> &'static str {
    if model.session.other_end_of.is_some() { "prompt.other-end" } else { "prompt.file" }
}

/// Puts a directive with the target of this session into the prompt, ready to be changed or sent.
pub(super) fn prepare(model: &mut Model, directive: &str) {
    if model.session.dialogue.is_inside_text() {
        model.notice = Some(knowledge::word(model.lang, "message.busy").to_owned());
        return;
    }
    model.focus = Pane::Prompt;
    model.popup = None;
    let line = format!(":{directive} {}", model.session.target);
    model.prompt.set(&line);
}

/// F7: NOOP, where it is a command.
pub(super) fn keep_alive(model: &Model) -> Vec<Effect> {
    let dialogue = &model.session.dialogue;
    let text = dialogue.awaits_mail_data() || dialogue.awaits_login();
    if model.session.recorded || text || !dialogue.awaits_client() {
        return Vec::new();
    }
    vec![Effect::Say(Bytes::from_static(b"NOOP\r\n"))]
}

/// A directive without its colon.
fn run(model: &mut Model, directive: &str) -> Vec<Effect> {
    let (name, argument) = directive.split_once(' ').unwrap_or((directive, ""));
    match name {
        "connect" => dial(model, argument),
        "new" => vec![Effect::New(target(model, argument))],
        "raw" => match text(argument.as_bytes(), Place { line: 1, column: ":raw ".len() + 1 }) {
            Ok(raw) => say(model, Effect::Say(raw.wire())),
            Err(error) => told(model, error.to_string()),
        },
        "data" if !model.session.dialogue.awaits_mail_data() => {
            told(model, knowledge::word(model.lang, "message.data-where").to_owned())
        }
        "data" => say(model, Effect::SayFile(argument.trim().to_owned())),
        "close" => vec![Effect::HangUp],
        "help" => {
            super::help::open(model);
            Vec::new()
        }
        "quit" | "q" => super::quit(model),
        _ => {
            let text = knowledge::fill(model.lang, "message.unknown-directive", &[("name", name)]);
            told(model, text)
        }
    }
}

/// The target that a directive names; without one, that of this session.
fn target(model: &Model, argument: &str) -> String {
    let named = argument.trim();
    if named.is_empty() { model.session.target.clone() } else { named.to_owned() }
}

fn dial(model: &mut Model, argument: &str) -> Vec<Effect> {
    if model.session.recorded {
        return told(model, knowledge::word(model.lang, nothing_to_send(model)).to_owned());
    }
    if model.session.dialogue.phase().is_open() || model.session.dialling {
        return told(model, knowledge::word(model.lang, "message.busy").to_owned());
    }
    vec![Effect::Dial(target(model, argument))]
}

fn say(model: &mut Model, effect: Effect) -> Vec<Effect> {
    match cannot_send(model) {
        Some(why) => told(model, knowledge::word(model.lang, why).to_owned()),
        None => vec![effect],
    }
}

fn told(model: &mut Model, text: String) -> Vec<Effect> {
    model.notice = Some(text);
    Vec::new()
}
