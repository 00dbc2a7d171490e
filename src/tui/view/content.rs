//! Pane 4: the last message, in several views, also while it is being typed.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::{Line, authenticity, body, header, parts};
use crate::display::text::{clip, width, wrap};
use crate::display::token::{tokens, visible};
use crate::knowledge::{self, Kind, Topic};
use crate::session::authenticity::Stated;
use crate::session::content::Content;
use crate::session::selection::Selection;
use crate::session::{Message, Row};
use crate::smtp::Span;

use super::super::explain::topics_of_data;
use super::super::model::{ContentView, Model, Pane};
use super::super::rows::{Piece, looking, selected_line};
use super::super::selection::{self, visible_places};
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

/// The first line that is selected elsewhere, or a part of it.
pub fn meant(model: &Model, columns: usize) -> Option<usize> {
    let (index, _) = message(model)?;
    let first = meant_bytes(model, index).first().copied()?;
    match model.session.view {
        ContentView::Raw => selection::line_of(&model.session, index, first.start),
        _ => signed(&all(model, columns, usize::MAX)),
    }
}

/// What line number `line` of the pane is.
pub fn meant_at(model: &Model, line: usize) -> Selection {
    let Some((index, _)) = message(model) else { return Selection::default() };
    let span = match model.session.view {
        ContentView::Raw => selection::place(&model.session, index, line),
        view => {
            let read = model.session.read.as_ref().filter(|read| read.message == index);
            let columns = columns(model);
            let lines =
                read.map(|read| made(model, &read.content, view, columns, line.saturating_add(1)));
            lines.and_then(|lines| lines.get(line)?.span)
        }
    };
    Selection::new(Vec::new(), span.map(|span| (index, span)).into_iter().collect())
}

/// The bytes of a message that are selected elsewhere.
fn meant_bytes(model: &Model, message: usize) -> Vec<Span> {
    let here = matches!(model.session.pointed, Some((Pane::Content, _)));
    model.session.selection.of_message(message).filter(|_| !here).collect()
}

fn columns(model: &Model) -> usize {
    model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width))
}

/// What is left of the upper border beside the corners, the number, and the blanks around it.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(8)
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    if model.session.view == ContentView::Raw
        && let Some((index, _)) = message(model)
    {
        return raw(model, index, scroll, height, columns);
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
            let lines = made(model, content, view, columns, enough);
            signed_lines(lines, content, &meant_bytes(model, last))
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
fn made(
    model: &Model,
    content: &Content,
    view: ContentView,
    columns: usize,
    enough: usize,
) -> Vec<Line> {
    match view {
        ContentView::Authenticity => {
            let message = model.session.read.as_ref().map_or(0, |read| read.message);
            let verified = model.session.dialogue.verification(message);
            authenticity::lines(&Stated::read(&content.raw), verified, columns, model.lang)
        }
        ContentView::Header => header::lines(content, columns, enough),
        ContentView::Parts => parts::lines(content, columns, enough),
        ContentView::Body => body::lines(content, columns, enough),
        ContentView::Raw => Vec::new(),
    }
}

/// The lines, with a sign where they show bytes that are selected elsewhere. Of parts inside each
/// other the innermost has it.
fn signed_lines(lines: Vec<Line>, content: &Content, bytes: &[Span]) -> Vec<Vec<Piece>> {
    if bytes.is_empty() {
        return lines.into_iter().map(|line| line.pieces).collect();
    }
    let shown: Vec<_> = lines
        .iter()
        .map(|line| line.span.filter(|_| bytes.iter().any(|span| line.shows(*span))))
        .collect();
    let mut out = Vec::new();
    let mut above = None;
    for (at, line) in lines.into_iter().enumerate() {
        let span = shown.get(at).copied().flatten();
        let next = shown.iter().skip(at + 1).copied().flatten().find(|next| Some(*next) != span);
        let inside =
            |outer: Span| next.is_some_and(|n| outer.start <= n.start && n.end <= outer.end);
        let meant = span.filter(|span| !inside(*span));
        let mut pieces = line.pieces;
        if let Some(own) = meant {
            for part in bytes.iter().filter(|part| own.start < part.start && part.end <= own.end) {
                pieces = looking(pieces.clone(), &places_of(&pieces, *part, content), Role::Marked);
            }
            if let Some(first) = pieces.first_mut().filter(|_| above != meant) {
                first.0 = Role::Selected;
                first.1.insert(0, '>');
            }
        }
        above = meant;
        out.push(pieces);
    }
    out
}

/// Where what stands at `part` of the content is written in a line, if it is: a mailbox, or its
/// address.
fn places_of(pieces: &[Piece], part: Span, content: &Content) -> Vec<Range<usize>> {
    let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    let written = visible(part.of(&content.raw));
    let address = written.rsplit_once('<').map(|(_, rest)| rest.trim_end_matches('>'));
    let found = [Some(written.as_str()), address].into_iter().flatten().find_map(|wanted| {
        let at = text.find(wanted).filter(|_| !wanted.is_empty())?;
        Some(at..at + wanted.len())
    });
    found.into_iter().collect()
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
    let lines = made(model, content, model.session.view, columns, line.saturating_add(1));
    match lines.get(line) {
        Some(line) => line.topics(),
        None => Topic::new(Kind::Idea, "body").into_iter().collect(),
    }
}

/// Lines as they crossed the wire, stuffed dots and end mark included, with every line end shown.
/// What is selected elsewhere has a sign.
fn raw(
    model: &Model,
    index: usize,
    scroll: usize,
    height: usize,
    columns: usize,
) -> Vec<Vec<Piece>> {
    let Some(message) = model.session.dialogue.messages().get(index) else { return Vec::new() };
    let meant = meant_bytes(model, index);
    let shown = (scroll..message.line_count()).take(height);
    let line = |at| {
        let bytes = message.line(at).unwrap_or_default();
        let pieces = tokens(&bytes).into_iter();
        let look = |odd| if odd { Role::Dim } else { Role::Data };
        let mut pieces: Vec<Piece> = pieces.map(|token| (look(token.odd), token.text)).collect();
        let span = selection::place(&model.session, index, at).filter(|_| !meant.is_empty());
        if let Some(span) = span {
            let stuffed = bytes.len().saturating_sub(span.len());
            let places = visible_places(&bytes, (span, stuffed), meant.iter().copied());
            if !places.is_empty() {
                pieces = looking(pieces, &places, Role::Selected);
                pieces.insert(0, (Role::Selected, ">".to_owned()));
            }
        }
        let mut left = columns;
        for (_, text) in &mut pieces {
            *text = clip(text, left);
            left -= width(text);
        }
        pieces
    };
    shown.map(line).collect()
}
