//! Pane 4: the last message, in several views, also while it is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::{Line, body, header, parts};
use crate::display::text::{width, wrap};
use crate::display::token::tokens;
use crate::knowledge::{self, Kind, Topic};
use crate::session::content::Content;
use crate::session::{Message, Row};
use crate::smtp::Span;

use super::super::explain::topics_of_data;
use super::super::model::{ContentView, Model, Pane};
use super::super::rows::{Piece, selected_line};
use super::find::matched;
use super::{Click, Title, boxed, draw_lines, in_sight, point_out, signed};

/// Draws the content.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model, area).into_iter().map(|(text, _)| text).collect();
    let remark = remark(model, room(area).saturating_sub(width(&title)));
    let area = boxed(model, Pane::Content, &title, (Role::Dim, &remark), area, frame);
    draw_lines(model, matched(model, Pane::Content, lines(model, area)), area, frame);
    point_out(model, Pane::Content, area, frame);
}

/// The lines that are in sight.
pub fn lines(model: &Model, area: Rect) -> Vec<Vec<Piece>> {
    from(model, model.session.content_scroll, usize::from(area.width), usize::from(area.height))
}

/// The line that is selected in the transcript, or whose field is.
pub fn meant(model: &Model, columns: usize) -> Option<usize> {
    let (_, line) = selected(model)?;
    match model.session.view {
        ContentView::Header => signed(&all(model, columns, usize::MAX)),
        ContentView::Raw => Some(line),
        ContentView::Parts | ContentView::Body => None,
    }
}

/// What is left of the upper border beside the corners, the number, and the blanks around it.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(8)
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    if model.session.view == ContentView::Raw
        && let Some((_, message)) = message(model)
    {
        let line = selected(model).map(|(_, line)| line);
        return raw(message, scroll, height, columns, line);
    }
    in_sight(all(model, columns, height.saturating_add(scroll)), scroll, height)
}

/// The message that is shown: the last one, or in raw lines that of the selected line.
pub fn message(model: &Model) -> Option<(usize, &Message)> {
    let messages = model.session.dialogue.messages();
    let selected = selected(model).filter(|_| model.session.view == ContentView::Raw);
    let index = selected.map(|(index, _)| index).or_else(|| messages.len().checked_sub(1))?;
    Some((index, messages.get(index)?))
}

/// The message and the line of it that are selected in the transcript.
fn selected(model: &Model) -> Option<(usize, usize)> {
    match selected_line(model)? {
        Row::Data { message, line } => Some((message, line)),
        _ => None,
    }
}

/// The bytes of the message that was read that are selected in the transcript.
fn selected_bytes(model: &Model) -> Option<Span> {
    let (index, line) = selected(model)?;
    let read = model.session.read.as_ref().filter(|read| read.message == index)?;
    Some(read.content.line(line))
}

/// The last line to which one can scroll, or one behind line `wanted`: no more are made.
pub fn length(model: &Model, wanted: usize) -> usize {
    let columns = model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width));
    let count = match (model.session.view, message(model)) {
        (ContentView::Raw, Some((_, message))) => message.line_count(),
        _ => all(model, columns, wanted.saturating_add(1)).len(),
    };
    count.saturating_sub(1)
}

/// The views by name, the shown one in brackets; that one alone where there is no room for all.
///
/// Where the envelope shares the place, the name of the pane leads back to it.
pub fn title(model: &Model, area: Rect) -> Title {
    let word = |key| knowledge::word(model.lang, key);
    let back = model.panes().envelope.is_none().then_some(Click::Pane(Pane::Envelope));
    let name = || (word(Pane::Content.title()).to_owned(), back.clone());
    let colon = || (word("colon").to_owned(), None);
    let mut all = vec![name(), colon()];
    for view in ContentView::ALL {
        let name = word(view.title());
        let name = if view == model.session.view { format!("[{name}]") } else { name.to_owned() };
        let gap = if view == ContentView::default() { "" } else { " " };
        all.extend([(gap.to_owned(), None), (name, Some(Click::View(view)))]);
    }
    if all.iter().map(|(text, _)| width(text)).sum::<usize>() <= room(area) {
        return all;
    }
    // One click goes on to the next view, as the key does.
    let shown = format!("[{}]", word(model.session.view.title()));
    let next = Some(Click::View(model.session.view.next()));
    vec![name(), colon(), (shown, next)]
}

/// Which message, and how much of it there is; the size alone where there is no room for more.
fn remark(model: &Model, room: usize) -> String {
    let Some((index, message)) = message(model) else { return String::new() };
    let key = if message.is_complete() { "content.message" } else { "content.growing" };
    let (n, size) = ((index + 1).to_string(), message.wire_len().to_string());
    let all = knowledge::fill(model.lang, key, &[("n", &n), ("size", &size)]);
    if width(&all) + 2 <= room { all } else { format!("{size} B") }
}

/// The lines of the pane, at least `enough` of them if there are so many.
pub fn all(model: &Model, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    let sentence = |key| {
        let text = knowledge::word(model.lang, key);
        wrap(text, columns).into_iter().map(|line| vec![(Role::Dim, line)]).collect::<Vec<_>>()
    };
    let Some(last) = model.session.dialogue.messages().len().checked_sub(1) else {
        return sentence("content.empty");
    };
    let read = model.session.read.as_ref().filter(|r| r.message == last);
    let Some(content) = read.map(|r| &r.content) else { return sentence("content.reading") };
    let mut out = match model.session.view {
        ContentView::Header if content.fields.is_empty() => sentence("content.none"),
        ContentView::Body if content.body.is_none() => sentence("content.no-body"),
        view => {
            let bytes = selected_bytes(model).filter(|_| view == ContentView::Header);
            signed_lines(made(content, view, columns, enough), bytes)
        }
    };
    if model.session.reading {
        out.extend(sentence("content.reading"));
    }
    if content.beyond > 0 {
        let text =
            knowledge::fill(model.lang, "content.beyond", &[("n", &content.beyond.to_string())]);
        out.push(vec![(Role::Dim, text)]);
    }
    out
}

/// The lines of a view of the content, at least `enough` of them if there are so many.
fn made(content: &Content, view: ContentView, columns: usize, enough: usize) -> Vec<Line> {
    match view {
        ContentView::Header => header::lines(content, columns, enough),
        ContentView::Parts => parts::lines(content, columns, enough),
        ContentView::Body => body::lines(content, columns, enough),
        ContentView::Raw => Vec::new(),
    }
}

/// The lines, with a sign at the first that shows `bytes`.
fn signed_lines(lines: Vec<Line>, bytes: Option<Span>) -> Vec<Vec<Piece>> {
    let meant = bytes.and_then(|span| lines.iter().position(|line| line.shows(span)));
    let mut lines: Vec<_> = lines.into_iter().map(|line| line.pieces).collect();
    if let Some(first) = meant.and_then(|at| lines.get_mut(at)?.first_mut()) {
        first.0 = Role::Selected;
        first.1.insert(0, '>');
    }
    lines
}

/// What line number `line` of the pane is about.
pub fn topics_at(model: &Model, line: usize) -> Vec<Topic> {
    let columns = model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width));
    if let (ContentView::Raw, Some((number, _))) = (model.session.view, message(model)) {
        return topics_of_data(model, number, line);
    }
    let Some(content) = model.session.read.as_ref().map(|read| &read.content) else {
        return Vec::new();
    };
    let lines = made(content, model.session.view, columns, line.saturating_add(1));
    match lines.get(line) {
        Some(line) => line.topics(),
        None => Topic::new(Kind::Idea, "body").into_iter().collect(),
    }
}

/// Lines as they crossed the wire, stuffed dots and end mark included, with every line end shown.
/// The selected one has a sign.
fn raw(
    message: &Message,
    scroll: usize,
    height: usize,
    columns: usize,
    selected: Option<usize>,
) -> Vec<Vec<Piece>> {
    let shown = (scroll..message.line_count()).take(height);
    let line = |at| {
        let mut pieces: Vec<Piece> = Vec::new();
        let bytes = message.line(at).unwrap_or_default();
        let mut left = columns;
        let is_selected = selected == Some(at);
        if is_selected {
            pieces.push((Role::Selected, ">".to_owned()));
            left = left.saturating_sub(1);
        }
        for token in tokens(&bytes) {
            let text = crate::display::text::clip(&token.text, left);
            left -= width(&text);
            let plain = if is_selected { Role::Selected } else { Role::Data };
            pieces.push((if token.odd { Role::Dim } else { plain }, text));
        }
        pieces
    };
    shown.map(line).collect()
}
