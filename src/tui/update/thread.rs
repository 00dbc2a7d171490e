//! Going from message to message, and the tree in which they answer one another.

use crate::display::content::thread::message_at;
use crate::display::keys::Action;
use crate::session::thread::{Length, Letter, Threads, beginnings};
use crate::session::{Dialogue, Row};

use super::super::effect::Effect;
use super::super::model::{ContentView, Model, Pane, ReadThreads, ThreadsOf};
use super::super::selection::begins;
use super::super::view;
use super::{READ_NOW, browse, content, transcript};

/// So many messages of so many bytes have their headers read at once; more in the background.
const LETTERS_NOW: (usize, u64) = (16, 16 * READ_NOW);

/// Does what is about messages; `false` if `action` is none of that.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    match action {
        Action::MessageNext => turn(model, true),
        Action::MessagePrevious => turn(model, false),
        Action::MessageShow => show(model),
        _ => return false,
    }
    true
}

/// Shows the message behind the one that is shown, or before it.
fn turn(model: &mut Model, forward: bool) {
    let count = model.session.seen().messages().len();
    let Some((now, _)) = view::content::message(model).filter(|_| count > 1) else {
        return model.tell("message.only");
    };
    let next = if forward { Some(now + 1) } else { now.checked_sub(1) };
    match next.filter(|next| *next < count) {
        Some(next) => choose(model, next),
        None => model.tell(if forward { "message.last" } else { "message.first" }),
    }
}

/// Shows the message of the line at which the person points.
fn show(model: &mut Model) {
    let line = model.session.pointed.filter(|(pane, _)| *pane == Pane::Content);
    let threads =
        model.session.threads.as_ref().filter(|_| model.session.view == ContentView::Thread);
    let message = line.zip(threads).and_then(|((_, line), read)| message_at(&read.threads, line));
    let Some(message) = message else { return model.tell("thread.nothing") };
    choose(model, message);
    content::to(model, ContentView::Header);
}

/// Chooses a message, and selects its first row in the transcript where a row can be selected.
fn choose(model: &mut Model, message: usize) {
    model.session.chosen = Some(message);
    if model.panes().content.is_none() {
        browse::show_content(model);
    }
    show_place(model);
    if model.focus == Pane::Prompt {
        return;
    }
    match first_row(model.session.seen(), message) {
        Some(row) => transcript::reveal(model, row),
        // It has no lines, and what is selected is about another one.
        None => transcript::forget(model),
    }
}

/// Brings the message that is shown into sight in the tree, if that is shown.
pub(super) fn show_place(model: &mut Model) {
    let threads =
        model.session.threads.as_ref().filter(|_| model.session.view == ContentView::Thread);
    let shown = view::content::message(model).map(|(index, _)| index);
    let line = threads.zip(shown).and_then(|(read, shown)| read.threads.line_of(shown));
    if let Some(line) = line {
        browse::show_line(model, Pane::Content, line);
    }
}

/// Keeps the tree, and shows in it what is shown when it comes first.
pub(super) fn keep(model: &mut Model, id: usize, read: ReadThreads) {
    let Some(session) = model.session_mut(id) else { return };
    let first = session.threads.replace(read).is_none();
    if first && id == model.session.id {
        show_place(model);
    }
}

/// The row that says where a message lies, else its first line.
fn first_row(dialogue: &Dialogue, message: usize) -> Option<usize> {
    let wire = dialogue.wire();
    let mut at = 0;
    while let Some((rows, begin)) = wire.run(at) {
        if matches!(begin, Row::Data { message: found, .. } if found == message) {
            let before = at.checked_sub(1);
            let said = before.filter(|row| begins(dialogue, *row) == Some(message));
            return said.or(Some(at));
        }
        at = rows.end;
    }
    None
}

/// Reads the headers of all messages, if the tree is shown and there are others than were read.
pub(super) fn want(model: &mut Model) -> Vec<Effect> {
    if model.session.view != ContentView::Thread {
        return Vec::new();
    }
    let session = &mut model.session;
    let messages = session.seen().messages();
    let last = messages.iter().enumerate().next_back();
    let of = ThreadsOf {
        messages: messages.len(),
        last: last.map(|(at, last)| Length::of(session.seen(), at, last)),
        seen: last.map_or(0, |(_, last)| last.content_len()),
    };
    let is_read = |read: &ReadThreads| {
        // Of a header that is over nothing more comes.
        let grows = read.threads.letters.last().is_some_and(Letter::grows);
        read.of == of || !grows && read.of.is_like(of)
    };
    // What is being read now is waited for.
    let is_asked = session.threading.is_some_and(|asked| asked.is_like(of));
    if is_asked || session.threads.as_ref().is_some_and(is_read) {
        return Vec::new();
    }
    let (most, room) = LETTERS_NOW;
    let is_little =
        messages.len() <= most && messages.iter().map(|m| m.kept() as u64).sum::<u64>() <= room;
    let kept: Vec<_> = beginnings(session.seen()).collect();
    if is_little {
        let id = session.id;
        keep(model, id, ReadThreads { of, threads: Threads::read(kept) });
        return Vec::new();
    }
    session.threading = Some(of);
    vec![Effect::ReadThreads { session: session.id, of, kept }]
}
