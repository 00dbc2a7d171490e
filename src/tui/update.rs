//! `update(&mut Model, Message) -> Vec<Effect>`: synchronous, total, without a clock.

mod arrange;
mod browse;
mod compose;
pub mod directive;
mod help;
mod palette;
mod question;
mod themes;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::display::keys::Action;
use crate::journal::{Event, Happening, Side};
use crate::knowledge;
use crate::session::Dialogue;
use crate::session::content::Content;

use super::effect::Effect;
use super::message::Message;
use super::model::{Anchor, Model, Pane, ReadContent};
use super::popup::{Asked, Popup, Question};
use super::rows;

pub use palette::highlighted;
pub use question::{answers, reason};

/// How far a page goes in a list.
const PAGE: isize = 10;

/// Messages up to this size are read at once; larger ones in the background.
const READ_NOW: u64 = 64 << 10;

/// Takes `message` into the model and says what has to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Tick(now) => model.now = now,
        Message::Resize(columns, rows) => model.size = (columns, rows),
        Message::Key(key) => return key_pressed(model, key),
        Message::Paste(text) => question::paste(model, &text),
        Message::Heard(event) => return heard(model, &event),
        Message::Loaded(dialogue, notice) => {
            model.session.dialogue = *dialogue;
            model.session.loading = false;
            model.notice = model.notice.take().or(notice);
            return read_content(model);
        }
        Message::ContentRead(message, content) => {
            model.session.reading = false;
            let len = model
                .session
                .dialogue
                .messages()
                .get(message)
                .map_or(0, crate::session::Message::wire_len);
            model.session.read = Some(ReadContent { message, len, content: *content });
            return read_content(model);
        }
        Message::Say(text) => model.notice = Some(text),
        Message::RecordingFailed(why) => {
            model.recording = false;
            model.notice =
                Some(knowledge::fill(model.lang, "message.recording-failed", &[("why", &why)]));
        }
    }
    Vec::new()
}

fn heard(model: &mut Model, event: &Event) -> Vec<Effect> {
    let before = what_fills(&model.session.dialogue);
    model.session.dialogue.apply(event);
    let now = what_fills(&model.session.dialogue);
    if now != before && now.is_some() {
        // Where envelope and content share a place, it shows what is being filled.
        model.tab =
            if model.session.dialogue.awaits_mail_data() { Pane::Content } else { Pane::Envelope };
    }
    if matches!(event.what, Happening::Opened(_) | Happening::NotOpened(_)) {
        model.session.dialling = false;
    }
    model.session.explain_scroll = 0;
    if model.session.anchor == Anchor::Follow {
        model.session.followed = rows::count(&model.session.dialogue);
    }
    let mut effects = Vec::new();
    if let Happening::Bytes { from, .. } = &event.what {
        effects = read_content(model);
        if let Some(queue) = model.session.queue.as_mut().filter(|_| *from == Side::Client) {
            queue.written();
        }
    }
    effects.extend(question::next_line(model));
    if model.parting && !model.session.dialogue.phase().is_open() {
        effects.push(Effect::Quit);
    }
    effects
}

/// The transaction that is open, and whether its message is being sent.
fn what_fills(dialogue: &Dialogue) -> Option<(usize, bool)> {
    dialogue.envelope().open().map(|t| (t.exchange, dialogue.awaits_mail_data()))
}

/// Reads the content of the last message, if there is more of it than was read.
fn read_content(model: &mut Model) -> Vec<Effect> {
    let Some((index, message)) = model.session.dialogue.messages().iter().enumerate().next_back()
    else {
        return Vec::new();
    };
    let known = model.session.read.as_ref().filter(|r| r.message == index).map(|r| r.len);
    if known == Some(message.wire_len()) {
        return Vec::new();
    }
    let small = message.wire_len() <= READ_NOW;
    if small || (known.is_none_or(|len| len < READ_NOW) && !message.is_complete()) {
        // Of a large message the beginning is enough until it is complete: its header is there.
        let content = Content::read(&message.content_up_to(READ_NOW));
        model.session.read = Some(ReadContent { message: index, len: message.wire_len(), content });
    } else if message.is_complete() && !model.session.reading {
        model.session.reading = true;
        let limit = crate::session::content::READ_LIMIT as u64 + READ_NOW;
        return vec![Effect::ReadContent { message: index, bytes: message.content_up_to(limit) }];
    }
    Vec::new()
}

fn key_pressed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let action = model.keys.action(model.layers(), key);
    if !matches!(action, Some(Action::Quit | Action::Hangup)) {
        model.leaving = false;
    }
    model.notice = None;
    if let Some(action) = action {
        return act(model, action);
    }
    compose::typed(model, key)
}

/// Does `action`, whichever key, click or list entry asked for it. An open popup has the first
/// say; what it does not know closes it.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(effects) = in_popup(model, action) {
        return effects;
    }
    match action {
        Action::Help => help::open(model),
        Action::Palette => palette::open(model, ":"),
        Action::Theme => themes::open(model),
        Action::Language => model.lang = model.lang.other(),
        Action::Connect => return compose::connect(model),
        Action::KeepAlive => return compose::keep_alive(model),
        Action::Hangup => return hang_up(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Quit => return question::quit(model),
        Action::Send => return compose::send(model),
        Action::Delete if model.prompt.text().is_empty() => return question::quit(model),
        _ if compose::edit(model, action) || arrange::arrange(model, action) => {}
        _ => browse::browse(model, action),
    }
    Vec::new()
}

/// What an open popup makes of `action`; `None` if there is none, or if it is closed by it.
fn in_popup(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    model.popup.as_ref()?;
    if matches!(action, Action::Quit | Action::Suspend | Action::Redraw) {
        return None;
    }
    if matches!(action, Action::Leave | Action::Hangup) {
        close(model);
        return Some(Vec::new());
    }
    let edited = compose::edit(model, action);
    let effects = match model.popup {
        Some(Popup::Help(_)) => help::act(model, action, edited),
        Some(Popup::Palette(_)) => palette::act(model, action, edited),
        Some(Popup::Themes(_)) => themes::act(model, action),
        Some(Popup::Question(_)) => question::act(model, action),
        None => None,
    };
    if effects.is_none() {
        close(model);
    }
    effects
}

/// Closes the popup; what it had put aside is there again.
fn close(model: &mut Model) {
    match model.popup.take() {
        Some(Popup::Palette(palette)) => {
            let draft = model.prompt.put_aside("");
            model.prompt.put_back(palette.draft.or(draft));
        }
        Some(Popup::Themes(themes)) => model.theme = themes.before,
        Some(Popup::Question(Question { asked: Asked::Paste(text), .. })) => {
            question::put_off(model, text);
        }
        _ => {}
    }
}

/// Chooses an entry of the open list by its number, as a click does.
pub fn choose(model: &mut Model, index: usize) -> Vec<Effect> {
    match &mut model.popup {
        Some(Popup::Palette(palette)) => palette.chosen = Some(index),
        Some(Popup::Themes(themes)) => themes.chosen = index,
        Some(Popup::Question(question)) => question.chosen = index,
        _ => return Vec::new(),
    }
    themes::preview(model);
    act(model, Action::Choose)
}

/// The line of an open popup has other text.
fn line_changed(model: &mut Model) {
    match &mut model.popup {
        Some(Popup::Help(help)) => help.scroll = 0,
        Some(Popup::Palette(_)) => palette::typed_on(model),
        _ => {}
    }
}

/// Ctrl-C: stops a queue, clears the line, stops connecting, and at the second time leaves.
fn hang_up(model: &mut Model) -> Vec<Effect> {
    if model.session.queue.is_some() {
        question::stop(model, "queue.by-hand", "");
        return Vec::new();
    }
    if !model.prompt.text().is_empty() {
        model.prompt.take(false);
        return Vec::new();
    }
    if model.session.dialling {
        return vec![Effect::HangUp];
    }
    if std::mem::replace(&mut model.leaving, true) {
        return question::quit(model);
    }
    model.notice = Some(knowledge::word(model.lang, "message.quit-again").to_owned());
    Vec::new()
}

/// Whether a key types its character.
fn typed_char(key: KeyEvent) -> Option<char> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => Some(c),
        _ => None,
    }
}
