//! Pane 4: one message, in several views, also while it is being typed.

use std::ops::Range;
use std::sync::LazyLock;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::{self, Line, Sheet, Side, body, hex, raw, thread};
use crate::display::text::{width, wrap};
use crate::display::token::visible;
use crate::journal::Happening;
use crate::knowledge::{self, Kind, Topic};
use crate::session::content::Content;
use crate::session::selection::Selection;
use crate::session::{Message, Row};
use crate::smtp::Span;

use super::super::explain::topics_of_data;
use super::super::model::{ContentView, Model, Pane, ReadContent, ReadThreads};
use super::super::rows::{self, Piece, looking};
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
    if model.session.view == ContentView::Thread {
        // The tree has one line for a message, whatever is selected of it.
        selected_message(model)?;
        return model.session.threads.as_ref()?.threads.line_of(index);
    }
    let first = meant_bytes(model, index).first().copied()?;
    let sheet = sheet(model, columns)?;
    match model.session.view {
        ContentView::Raw => {
            let line = selection::line_of(&model.session, index, first.start)?;
            Some(raw::row_of(&sheet, line))
        }
        ContentView::Hex => hex::row_of(&sheet, first.start),
        // Decoded bytes have no place in the message.
        ContentView::Body if body::is_hex(&sheet) => None,
        _ => signed(&all(model, columns, usize::MAX)),
    }
}

/// What line number `line` of the pane is.
pub fn meant_at(model: &Model, line: usize) -> Selection {
    let Some((index, message)) = message(model) else { return Selection::default() };
    let shown = || {
        let sheet = sheet(model, columns(model))?;
        content::lines(model.session.view, &sheet, line..line.saturating_add(1)).first()?.span
    };
    let span = match (model.session.view, model.session.shown.side) {
        (ContentView::Raw, Side::Sent) if line < message.line_count() => {
            selection::place(&model.session, index, line)
        }
        _ => shown(),
    };
    Selection::new(Vec::new(), span.map(|span| (index, span)).into_iter().collect())
}

/// The bytes of a message that are selected elsewhere.
fn meant_bytes(model: &Model, message: usize) -> Vec<Span> {
    let here = matches!(model.session.pointed, Some((Pane::Content, _)));
    model.session.selection.of_message(message).filter(|_| !here).collect()
}

/// How wide a line of the pane may be.
pub fn columns(model: &Model) -> usize {
    model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width))
}

/// What is left of the upper border beside the corners, the number, and the blanks around it.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(8)
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    if let Some(lines) = thread_lines(model, scroll, height, columns) {
        return lines.into_iter().map(|line| line.pieces).collect();
    }
    let Some(sheet) = sheet(model, columns) else {
        return in_sight(nothing(model, columns), scroll, height);
    };
    let view = model.session.view;
    let range = scroll..scroll.saturating_add(height);
    let mut lines = signed_lines(model, view, &sheet, range.clone());
    if lines.len() < height {
        let known = content::count(view, &sheet, range.end);
        let rest = remarks(model, columns);
        lines
            .extend(rest.into_iter().skip(scroll.saturating_sub(known)).take(height - lines.len()));
    }
    lines
}

/// How far below a line stand those that may be inside what it shows.
const NEAR: usize = 8;

/// Some lines of a view, with a sign where they show bytes that are selected elsewhere.
fn signed_lines(
    model: &Model,
    view: ContentView,
    sheet: &Sheet<'_>,
    range: Range<usize>,
) -> Vec<Vec<Piece>> {
    let index = message(model).map_or(0, |(index, _)| index);
    let bytes = meant_bytes(model, index);
    if bytes.is_empty() {
        return content::lines(view, sheet, range).into_iter().map(|line| line.pieces).collect();
    }
    let first = range.start;
    let numbered = |lines: Vec<Line>| lines.into_iter().zip(first..);
    match view {
        ContentView::Raw => numbered(content::lines(view, sheet, range))
            .map(|(line, at)| signed_raw(model, sheet, (index, at), line, &bytes))
            .collect(),
        ContentView::Hex => content::lines(view, sheet, range)
            .into_iter()
            .map(|line| signed_hex(sheet, line, &bytes))
            .collect(),
        _ => {
            let from = first.saturating_sub(1);
            let wide = from..range.end.saturating_add(NEAR);
            let lines = content::lines(view, sheet, wide);
            let lines = signed_places(lines, sheet.content, &bytes).into_iter();
            lines.skip(first - from).take(range.len()).collect()
        }
    }
}

/// A line as it crossed the wire or is stored, with a sign if it is selected elsewhere.
fn signed_raw(
    model: &Model,
    sheet: &Sheet<'_>,
    (index, at): (usize, usize),
    line: Line,
    meant: &[Span],
) -> Vec<Piece> {
    let mut pieces = line.pieces;
    let sent = sheet.shown.side == Side::Sent;
    let span = if sent { selection::place(&model.session, index, at) } else { line.span };
    let Some(span) = span.filter(|_| !sent || at < sheet.message.line_count()) else {
        return pieces;
    };
    let most = raw::needed(sheet.columns);
    let own = span.of(&sheet.content.raw);
    let (bytes, len) = match sheet.shown.side {
        Side::Sent => {
            let range = sheet.message.line_range(at).unwrap_or_default();
            let most = range.start.saturating_add(u64::try_from(most).unwrap_or(u64::MAX));
            (sheet.message.wire(range.start, range.end.min(most)), range.end - range.start)
        }
        _ => (own.get(..most).unwrap_or(own).to_vec(), own.len() as u64),
    };
    let stuffed = usize::try_from(len).unwrap_or(usize::MAX).saturating_sub(span.len());
    let places = visible_places(&bytes, (span, stuffed), meant.iter().copied());
    if places.is_empty() {
        return pieces;
    }
    // Where borders of chunks stand in a line, places in its text are others.
    let plain = pieces.iter().all(|(role, _)| *role != Role::Notice);
    if plain && sheet.shown.side != Side::Both {
        pieces = looking(pieces, &places, Role::Selected);
    }
    pieces.insert(0, (Role::Selected, ">".to_owned()));
    pieces
}

/// A line of bytes, with those that are selected elsewhere.
fn signed_hex(sheet: &Sheet<'_>, line: Line, meant: &[Span]) -> Vec<Piece> {
    let Some(own) = line.span else { return line.pieces };
    let shape = hex::shape(sheet);
    let bytes = meant.iter().flat_map(|span| {
        let start = span.start.clamp(own.start, own.end) - own.start;
        start..span.end.clamp(own.start, own.end) - own.start
    });
    let mut places: Vec<_> = bytes.flat_map(|at| shape.places(own.len(), at)).collect();
    places.sort_unstable_by_key(|place| place.start);
    looking(line.pieces, &places, Role::Selected)
}

/// Of parts inside each other the innermost has the sign.
fn signed_places(lines: Vec<Line>, content: &Content, bytes: &[Span]) -> Vec<Vec<Piece>> {
    let shown: Vec<_> = lines
        .iter()
        .map(|line| Some((line.span?, line.part)))
        .zip(&lines)
        .map(|(place, line)| place.filter(|_| bytes.iter().any(|span| line.shows(*span))))
        .collect();
    let mut out = Vec::new();
    let mut signed: Vec<Span> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        let place = shown.get(at).copied().flatten();
        let inside = |(outer, part): (Span, Option<usize>)| {
            let behind = shown.iter().skip(at + 1).copied().flatten();
            let next = behind.into_iter().find(|next| Some(*next) != place);
            // What is said about bytes of a field stands below it, and is no part inside of it.
            let next = next.filter(|(_, other)| *other != part);
            next.is_some_and(|(inner, _)| outer.start <= inner.start && inner.end <= outer.end)
        };
        let meant = place.filter(|place| !inside(*place)).map(|(span, _)| span);
        let mut pieces = line.pieces;
        if let Some(own) = meant {
            for part in bytes.iter().filter(|part| own.start < part.start && part.end <= own.end) {
                pieces = looking(pieces.clone(), &places_of(&pieces, *part, content), Role::Marked);
            }
            if let Some(first) = pieces.first_mut().filter(|_| !signed.contains(&own)) {
                signed.push(own);
                first.0 = Role::Selected;
                first.1.insert(0, '>');
            }
        }
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

/// A message of which nothing was read yet.
static UNREAD: LazyLock<ReadContent> = LazyLock::new(ReadContent::default);

/// What the lines of the pane are made of, once something of the message was read.
pub fn sheet(model: &Model, columns: usize) -> Option<Sheet<'_>> {
    let (index, message) = message(model)?;
    let view = model.session.view;
    // Lines and bytes as they crossed the wire are there before anything is read of them.
    let is_wire = matches!(view, ContentView::Raw | ContentView::Hex);
    let read = model.session.read.of(index).or_else(|| is_wire.then(|| &*UNREAD))?;
    let ReadContent { content, laid, judged, .. } = read;
    let verified = model.session.dialogue.verification(index);
    let is_missing = match view {
        ContentView::Header => content.raw.is_empty(),
        ContentView::Body => content.body.is_none(),
        ContentView::Thread => true,
        _ => false,
    };
    let (shown, lang) = (model.session.shown, model.lang);
    (!is_missing).then_some(Sheet {
        content,
        judged,
        verified,
        message,
        shown,
        lang,
        columns,
        laid,
    })
}

/// What stands there instead of lines.
fn nothing(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let index = message(model).map(|(index, _)| index);
    let read = index.and_then(|index| model.session.read.of(index));
    let key = match (index, read, model.session.view) {
        (None, ..) => "content.empty",
        (_, _, ContentView::Thread) => return sentence(model, "thread.reading", columns),
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
    let Some((index, _)) = message(model) else { return out };
    if model.session.reading == Some(index) {
        out.extend(sentence(model, "content.reading", columns));
    }
    let beyond = model.session.read.of(index).map_or(0, |read| read.content.beyond);
    if beyond > 0 {
        let values = [("n", &*beyond.to_string())];
        out.push(vec![(Role::Dim, knowledge::fill(model.lang, "content.beyond", &values))]);
    }
    out
}

/// Lines of the tree, if it is shown and was read.
fn thread_lines(model: &Model, first: usize, count: usize, columns: usize) -> Option<Vec<Line>> {
    let read = threads(model)?;
    let shown = message(model).map(|(index, _)| index);
    Some(thread::lines(&read.threads, (first, count), columns, shown, model.lang))
}

/// The tree, if it is shown and was read.
fn threads(model: &Model) -> Option<&ReadThreads> {
    let read = model.session.threads.as_ref();
    read.filter(|read| model.session.view == ContentView::Thread && read.of.0 > 0)
}

/// The message that is shown: that of the selected row of the transcript, else the one that was
/// chosen, else the last one.
pub fn message(model: &Model) -> Option<(usize, &Message)> {
    let messages = model.session.dialogue.messages();
    let chosen = || model.session.chosen.or_else(|| messages.len().checked_sub(1));
    let index = selected_message(model).or_else(chosen)?;
    Some((index, messages.get(index)?))
}

/// The message to which the selected row of the transcript belongs.
fn selected_message(model: &Model) -> Option<usize> {
    let dialogue = &model.session.dialogue;
    let at = rows::selected(model, &model.session)?;
    match dialogue.wire().row(at)? {
        Row::Data { message, .. } => Some(message),
        Row::Client { exchange } | Row::Server { exchange, .. } => {
            let own = dialogue.exchanges().get(exchange)?.message;
            // MAIL and RCPT are about the message of their transaction.
            let carried = || {
                let all = &dialogue.envelope().transactions;
                let before = all.partition_point(|t| t.exchange <= exchange);
                let transaction = all.get(before.checked_sub(1)?)?;
                let is_over = transaction.end.is_some_and(|(end, _)| end < exchange);
                transaction.message.filter(|_| !is_over)
            };
            own.or_else(carried).filter(|message| *message < dialogue.messages().len())
        }
        // What lies in a file stands behind the row that says where.
        Row::Notice { index } => {
            let (_, what) = dialogue.notices().get(index)?;
            match dialogue.wire().row(at + 1)? {
                Row::Data { message, .. } if matches!(what, Happening::Stored(_)) => Some(message),
                _ => None,
            }
        }
    }
}

/// The last line to which one can scroll, or one behind line `wanted`: no more are made.
pub fn length(model: &Model, wanted: usize) -> usize {
    let columns = columns(model);
    let count = match sheet(model, columns) {
        _ if let Some(read) = threads(model) => read.threads.line_count(),
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
    fits.unwrap_or_else(|| match model.session.dialogue.messages().len() {
        0 | 1 => format!("{size} B"),
        count => format!("{n}/{count}  {size} B"),
    })
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
    let columns = columns(model);
    if let (ContentView::Raw, Some((number, message))) = (model.session.view, message(model))
        && line < message.line_count()
        && model.session.shown.side != Side::Both
    {
        return topics_of_data(model, number, line);
    }
    if let Some(lines) = thread_lines(model, line, 1, columns) {
        return lines.first().map(Line::topics).unwrap_or_default();
    }
    let Some(sheet) = sheet(model, columns) else { return Vec::new() };
    match content::lines(model.session.view, &sheet, line..line.saturating_add(1)).first() {
        Some(line) => line.topics(),
        None => Topic::new(Kind::Idea, "body").into_iter().collect(),
    }
}
