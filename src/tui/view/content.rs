//! Pane 4: the last message, in several views, also while it is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::{self, Sheet, body, raw};
use crate::display::text::{width, wrap};
use crate::knowledge::{self, Kind, Topic};
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
        _ => None,
    }
}

/// What is left of the upper border beside the corners, the number, and the blanks around it.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(8)
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    let Some(sheet) = sheet(model, columns) else {
        return in_sight(nothing(model, columns), scroll, height);
    };
    let view = model.session.view;
    let range = scroll..scroll.saturating_add(height);
    let lines = content::lines(view, &sheet, range.clone());
    let meant = match view {
        ContentView::Raw => selected(model).map(|(_, line)| line),
        ContentView::Header => selected_bytes(model).and_then(|span| {
            let all = content::lines(view, &sheet, 0..range.end);
            all.iter().position(|line| line.shows(span))
        }),
        _ => None,
    };
    let mut lines: Vec<_> = lines.into_iter().map(|line| line.pieces).collect();
    let meant = meant.and_then(|at| lines.get_mut(at.checked_sub(scroll)?));
    if let Some(line) = meant {
        if view == ContentView::Raw {
            for piece in line.iter_mut().filter(|(role, _)| *role == Role::Data) {
                piece.0 = Role::Selected;
            }
        }
        let sign = (Role::Selected, ">".to_owned());
        match line.first_mut().filter(|_| view == ContentView::Header) {
            Some(first) => *first = (Role::Selected, format!(">{}", first.1)),
            None => line.insert(0, sign),
        }
    }
    if lines.len() < height {
        let known = content::count(view, &sheet, range.end);
        let rest = remarks(model, columns);
        lines
            .extend(rest.into_iter().skip(scroll.saturating_sub(known)).take(height - lines.len()));
    }
    lines
}

/// What the lines of the pane are made of, once something of the message was read.
pub fn sheet(model: &Model, columns: usize) -> Option<Sheet<'_>> {
    let (index, message) = message(model)?;
    let read = model.session.read.as_ref()?;
    let view = model.session.view;
    // Lines as they crossed the wire are there for every message.
    if read.message != index && view != ContentView::Raw {
        return None;
    }
    let (content, laid) = (&read.content, &read.laid);
    let is_missing = match view {
        ContentView::Header => content.fields.is_empty(),
        ContentView::Body => content.body.is_none(),
        _ => false,
    };
    let (shown, lang) = (model.session.shown, model.lang);
    (!is_missing).then_some(Sheet { content, message, shown, lang, columns, laid })
}

/// What stands there instead of lines.
fn nothing(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let last = model.session.dialogue.messages().len().checked_sub(1);
    let read = model.session.read.as_ref().filter(|read| Some(read.message) == last);
    let key = match (last, read, model.session.view) {
        (None, ..) => "content.empty",
        (_, Some(_), ContentView::Header) => "content.none",
        (_, Some(_), ContentView::Body) => "content.no-body",
        _ => return sentence(model, "content.reading", columns),
    };
    let mut out = sentence(model, key, columns);
    out.extend(remarks(model, columns));
    out
}

fn sentence(model: &Model, key: &'static str, columns: usize) -> Vec<Vec<Piece>> {
    let text = knowledge::word(model.lang, key);
    wrap(text, columns).into_iter().map(|line| vec![(Role::Dim, line)]).collect()
}

/// What there is to say behind the lines: that there is more than was read.
fn remarks(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let mut out = Vec::new();
    if model.session.reading {
        out.extend(sentence(model, "content.reading", columns));
    }
    let beyond = model.session.read.as_ref().map_or(0, |read| read.content.beyond);
    if beyond > 0 {
        let values = [("n", &*beyond.to_string())];
        out.push(vec![(Role::Dim, knowledge::fill(model.lang, "content.beyond", &values))]);
    }
    out
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
    let count = match sheet(model, columns) {
        Some(sheet) => {
            content::count(model.session.view, &sheet, wanted.saturating_add(1))
                + remarks(model, columns).len()
        }
        None => nothing(model, columns).len(),
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
    let mut rest = vec![name(), colon()];
    for view in window(model, room(area)) {
        let name = word(view.title());
        let name = if view == model.session.view { format!("[{name}]") } else { name.to_owned() };
        let gap = if rest.len() == 2 { "" } else { " " };
        rest.extend([(gap.to_owned(), None), (name, Some(Click::View(view)))]);
    }
    if let [_, _, _, only] = rest.as_mut_slice() {
        // One click goes on to the next view, as the key does.
        only.1 = Some(Click::View(model.session.view.next()));
    }
    rest
}

/// The views whose names fit beside each other: the shown one, and what is near it.
fn window(model: &Model, room: usize) -> Vec<ContentView> {
    let word = |key| width(knowledge::word(model.lang, key));
    let own = model.session.view;
    let at = ContentView::ALL.iter().position(|view| *view == own).unwrap_or_default();
    let mut left = room
        .saturating_sub(word(Pane::Content.title()) + word("colon"))
        .saturating_sub(word(own.title()) + 2);
    let (mut start, mut end) = (at, at + 1);
    let need = |at: usize| ContentView::ALL.get(at).map(|view| word(view.title()) + 1);
    loop {
        let behind = need(end).filter(|need| *need <= left);
        let before = start.checked_sub(1).and_then(need).filter(|need| *need <= left);
        match (behind, before) {
            // From the first one on, as far as that goes.
            (_, Some(need)) => (start, left) = (start - 1, left - need),
            (Some(need), None) => (end, left) = (end + 1, left - need),
            (None, None) => break,
        }
    }
    ContentView::ALL.get(start..end).unwrap_or_default().to_vec()
}

/// What is shown of which message, and how much of it there is, as far as there is room.
fn remark(model: &Model, room: usize) -> String {
    let Some((index, message)) = message(model) else { return String::new() };
    let key = if message.is_complete() { "content.message" } else { "content.growing" };
    let (n, size) = ((index + 1).to_string(), message.wire_len().to_string());
    let all = knowledge::fill(model.lang, key, &[("n", &n), ("size", &size)]);
    let way = way_words(model);
    let with_way = way.as_ref().map(|way| {
        knowledge::fill(model.lang, "content.way-of", &[("way", way), ("message", &all)])
    });
    let said = [with_way, way, Some(all)];
    let fits = said.into_iter().flatten().find(|text| width(text) + 2 <= room);
    fits.unwrap_or_else(|| format!("{size} B"))
}

/// Which part is seen and how, or which bytes.
pub fn way_words(model: &Model) -> Option<String> {
    let sheet = sheet(model, usize::MAX)?;
    let word = |key| knowledge::word(model.lang, key);
    match model.session.view {
        ContentView::Body => {
            let (at, way) = body::seen(&sheet)?;
            let n = (at + 1).to_string();
            let number = knowledge::fill(model.lang, "parts.number", &[("n", &n)]);
            Some(format!("{number}{}{}", word("colon"), word(way.words())))
        }
        ContentView::Raw | ContentView::Hex => Some(word(raw::side_words(&sheet)).to_owned()),
        _ => None,
    }
}

/// The lines of the pane, at least `enough` of them if there are so many.
pub fn all(model: &Model, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    from(model, 0, columns, enough)
}

/// What line number `line` of the pane is about.
pub fn topics_at(model: &Model, line: usize) -> Vec<Topic> {
    let columns = model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width));
    if let (ContentView::Raw, Some((number, message))) = (model.session.view, message(model))
        && line < message.line_count()
        && model.session.shown.side != content::Side::Both
    {
        return topics_of_data(model, number, line);
    }
    let Some(sheet) = sheet(model, columns) else { return Vec::new() };
    match content::lines(model.session.view, &sheet, line..line.saturating_add(1)).first() {
        Some(line) => line.topics(),
        None => Topic::new(Kind::Idea, "body").into_iter().collect(),
    }
}
