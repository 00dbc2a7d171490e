//! Pane 4: one message, in several views, also while it is being typed.

use std::ops::Range;
use std::sync::LazyLock;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::{self, Line, Sheet, Side, body, hex, parts, raw, thread};
use crate::display::text::{clip, split_at_width, width, width_of, wrap};
use crate::display::token::{own_visible, visible};
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
use super::{Click, Title, boxed, draw_lines, in_sight, point_out, put, signed};

/// Draws the content.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model, area).into_iter().map(|(text, _)| text).collect();
    let remark = remark(model, room(area).saturating_sub(width(&title)));
    let border = area;
    let area = boxed(model, Pane::Content, &title, (Role::Dim, &remark), area, frame);
    if border != area {
        draw_below(model, border, &remark, frame);
    }
    draw_lines(model, matched(model, Pane::Content, lines(model, area)), area, frame);
    point_out(model, Pane::Content, area, frame);
}

/// In the lower border stands which message is shown where there are several, and which bytes are
/// where the upper one has no room for it.
fn draw_below(model: &Model, border: Rect, remark: &str, frame: &mut Frame<'_>) {
    let mut most = usize::from(border.width).saturating_sub(6);
    let (y, end) = (border.bottom().saturating_sub(1), border.right());
    let is_of_bytes = matches!(model.session.view, ContentView::Raw | ContentView::Hex);
    let way = way_words(model).filter(|way| is_of_bytes && !remark.contains(way.as_str()));
    if let Some(way) = way.filter(|way| width(way) <= most) {
        let wide = width(&way) + 2;
        let x = end.saturating_sub(u16::try_from(wide + 1).unwrap_or(end)).max(border.x);
        put(frame.buffer_mut(), (x, y), &format!(" {way} "), end, model.theme.style(Role::Dim));
        most = most.saturating_sub(wide);
    }
    let Some(name) = name(model, most).filter(|_| most > 3) else { return };
    let role = if model.focus == Pane::Content { Role::Focus } else { Role::Title };
    let text = format!(" {} ", clip(&name, most));
    put(frame.buffer_mut(), (border.x + 2, y), &text, end, model.theme.style(role));
}

/// The file of the message that is shown and what it is about, in about `most` columns; `None` if
/// there is no other message.
fn name(model: &Model, most: usize) -> Option<String> {
    let (index, message) = message(model).filter(|_| is_one_of_many(model))?;
    // Messages of an mbox lie in the same file.
    let stored = message.is_in().filter(|stored| stored.number.is_none());
    let file = stored.map(|stored| own_visible(stored.file.rsplit('/').next().unwrap_or_default()));
    let subject = model.session.read.of(index).and_then(|read| read.content.field("Subject"));
    let subject = subject.map(|field| field.value.chars().take(most).collect::<String>());
    let subject = subject.map(|subject| visible(subject.trim().as_bytes()));
    let said: Vec<_> = [file, subject].into_iter().flatten().filter(|s| !s.is_empty()).collect();
    (!said.is_empty()).then(|| said.join(knowledge::word(model.lang, "colon")))
}

fn is_one_of_many(model: &Model) -> bool {
    model.session.seen().messages().len() > 1
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
        ContentView::Parts if sheet.content.parts.len() > parts::AT_ONCE => {
            // Of so many not all are looked through.
            parts::line_of(&sheet, parts::part_at(sheet.content, first.start)?)
        }
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
    if bytes.is_empty() && view != ContentView::Raw {
        return content::lines(view, sheet, range).into_iter().map(|line| line.pieces).collect();
    }
    let first = range.start;
    let numbered = |lines: Vec<Line>| lines.into_iter().zip(first..);
    match view {
        ContentView::Raw => numbered(content::lines(view, sheet, range))
            .map(|(line, at)| signed_raw(model, sheet, (index, at), line, &bytes))
            .collect(),
        ContentView::Hex => numbered(content::lines(view, sheet, range))
            .map(|(line, at)| looking(line.pieces, &hex::places(sheet, at, &bytes), Role::Selected))
            .collect(),
        _ => {
            let from = first.saturating_sub(1);
            let wide = from..range.end.saturating_add(NEAR);
            let lines = content::lines(view, sheet, wide);
            let lines = signed_places(lines, sheet, &bytes).into_iter();
            lines.skip(first - from).take(range.len()).collect()
        }
    }
}

/// A line as it crossed the wire or is stored, behind the column of the sign that it has if it is
/// selected elsewhere.
fn signed_raw(
    model: &Model,
    sheet: &Sheet<'_>,
    (index, at): (usize, usize),
    line: Line,
    meant: &[Span],
) -> Vec<Piece> {
    let mut pieces = line.pieces;
    let without = |mut pieces: Vec<Piece>| {
        if sheet.columns < usize::MAX {
            pieces.insert(0, raw_column());
        }
        pieces
    };
    let sent = sheet.shown.side == Side::Sent;
    let span = if sent { selection::place(&model.session, index, at) } else { line.span };
    let known = span.filter(|_| !meant.is_empty() && (!sent || at < sheet.message.line_count()));
    let Some(span) = known else { return without(pieces) };
    let left = raw::left(sheet);
    let most = raw::needed(sheet.columns.saturating_add(left));
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
    let mut places = visible_places(&bytes, (span, stuffed), meant.iter().copied());
    if places.is_empty() || sheet.columns == usize::MAX {
        return without(pieces);
    }
    if left > 0 {
        // What stands beyond the left border is an ellipsis.
        let gone = split_at_width(&visible(&bytes), left + 1).0.len();
        let here = |at: usize| at.max(gone) - gone + '\u{2026}'.len_utf8();
        for place in &mut places {
            *place = here(place.start)..here(place.end);
        }
        places.retain(|place| !place.is_empty());
    }
    // Where borders of chunks stand in a line, places in its text are others.
    let plain = pieces.iter().all(|(role, _)| *role != Role::Notice);
    if plain && sheet.shown.side != Side::Both {
        pieces = looking(pieces, &places, Role::Selected);
    }
    raw::sign(&mut pieces);
    pieces
}

/// The column before a line as it crossed the wire, in which the sign of what is selected stands.
pub fn raw_column() -> Piece {
    (Role::Text, " ".to_owned())
}

/// Whether the lines of both sides are shown, as far as there is room.
pub fn is_both(model: &Model) -> bool {
    model.session.shown.side == Side::Both
}

/// How many columns of the pane are none of its lines.
pub fn gutter(model: &Model) -> usize {
    usize::from(model.session.view == ContentView::Raw)
}

/// Of parts inside each other the innermost has the sign.
fn signed_places(lines: Vec<Line>, sheet: &Sheet<'_>, bytes: &[Span]) -> Vec<Vec<Piece>> {
    let shown: Vec<_> = lines
        .iter()
        .map(|line| Some((line.span?, line.part)))
        .zip(&lines)
        .map(|(place, line)| place.filter(|_| bytes.iter().any(|span| line.shows(*span))))
        .collect();
    let following = following(&shown);
    let mut out = Vec::new();
    let mut signed: Vec<Span> = Vec::new();
    for ((line, place), next) in lines.into_iter().zip(shown).zip(following) {
        let inside = |(outer, part): (Span, Option<usize>)| {
            // What is said about bytes of a field stands below it, and is no part inside of it.
            let next = next.filter(|(_, other)| *other != part);
            next.is_some_and(|(inner, _)| outer.start <= inner.start && inner.end <= outer.end)
        };
        let meant = place.filter(|place| !inside(*place)).map(|(span, _)| span);
        let mut pieces = line.pieces;
        if let Some(own) = meant {
            for part in bytes.iter().filter(|part| own.start < part.start && part.end <= own.end) {
                let places = places_of(&pieces, *part, sheet.content);
                pieces = looking(pieces, &places, Role::Marked);
            }
            let wide = width_of(&pieces);
            if !pieces.is_empty() && !signed.contains(&own) {
                signed.push(own);
                // Where there is no room for the sign, the look says it: no text is lost.
                let fits = wide < sheet.columns || gives_room(&mut pieces);
                if let Some((role, text)) = pieces.first_mut() {
                    *role = Role::Selected;
                    text.insert_str(0, if fits { ">" } else { "" });
                }
            }
        }
        out.push(pieces);
    }
    out
}

/// Takes one of the blanks before what stands at the right, if there are any to spare.
fn gives_room(pieces: &mut [Piece]) -> bool {
    let right = pieces.last_mut().filter(|(_, text)| text.starts_with("  "));
    right.is_some_and(|(_, text)| text.remove(0) == ' ')
}

/// For each place the next other one behind it.
fn following<T: Copy + PartialEq>(places: &[Option<T>]) -> Vec<Option<T>> {
    let (mut next, mut behind) = (None, None);
    let mut out: Vec<Option<T>> = places
        .iter()
        .rev()
        .map(|place| {
            if place.is_some() && *place != next {
                (next, behind) = (*place, next);
            }
            if place.is_some() { behind } else { next }
        })
        .collect();
    out.reverse();
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
    let verified = model.session.seen().verification(index);
    let grows = model.session.seen().grows(index);
    let is_missing = match view {
        ContentView::Header => content.raw.is_empty() && grows,
        ContentView::Thread => true,
        _ => false,
    };
    let (shown, lang) = (model.session.shown, model.lang);
    // Where lines have no end no sign stands before them.
    let columns =
        if columns == usize::MAX { columns } else { columns - gutter(model).min(columns) };
    (!is_missing).then_some(Sheet {
        content,
        judged,
        verified,
        message,
        grows,
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
        (None, ..) if model.session.recorded || model.session.hand.is_some() => "content.not-begun",
        (None, ..) => "content.empty",
        (_, _, ContentView::Thread) => return sentence(model, "thread.reading", columns),
        (_, Some(_), ContentView::Header) => "content.none",
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
    let is_laid_out = model.session.view == ContentView::Parts && model.session.laying_out;
    if model.session.reading == Some(index) || is_laid_out {
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
    read.filter(|read| model.session.view == ContentView::Thread && read.of.messages > 0)
}

/// The message that is shown: that of the selected row of the transcript, else the one that was
/// chosen, else the last one.
pub fn message(model: &Model) -> Option<(usize, &Message)> {
    let messages = model.session.seen().messages();
    let chosen = || model.session.chosen.or_else(|| messages.len().checked_sub(1));
    let index = selected_message(model).or_else(chosen)?;
    Some((index, messages.get(index)?))
}

/// The message to which the selected row of the transcript belongs.
fn selected_message(model: &Model) -> Option<usize> {
    let dialogue = model.session.seen();
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
        Row::Notice { .. } => selection::begins(dialogue, at),
    }
}

/// The number of the last line, or of one behind line `wanted`: no more are made.
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
    let mut rest = vec![(heading(model), back), (word("colon").to_owned(), None)];
    let (views, before, behind) = window(model, room(area));
    // What has no room is one click away, as with the keys.
    let alone = views.len() == 1;
    let mark = |mark: &str| if alone { mark.trim() } else { mark }.to_owned();
    rest.extend(before.map(|view| (mark(BEFORE), Some(Click::View(view)))));
    for (at, view) in views.into_iter().enumerate() {
        let name = word(view.title());
        let shown = view == model.session.view;
        let name = if shown { format!("[{name}]") } else { name.to_owned() };
        let gap = if at == 0 { "" } else { " " };
        let leads = if alone { view.next() } else { view };
        rest.extend([(gap.to_owned(), None), (name, Some(Click::View(leads)))]);
    }
    rest.extend(behind.map(|view| (mark(BEHIND), Some(Click::View(view)))));
    rest
}

/// What stands for views before those that are named, and behind them; beside one alone without a
/// blank.
const BEFORE: &str = "\u{2039} ";
const BEHIND: &str = " \u{203a}";

/// The name of the pane; of several messages also which one is shown.
fn heading(model: &Model) -> String {
    let name = knowledge::word(model.lang, Pane::Content.title());
    match message(model).filter(|_| is_one_of_many(model)) {
        Some((index, _)) => {
            format!("{name} {}/{}", index + 1, model.session.seen().messages().len())
        }
        None => name.to_owned(),
    }
}

/// The views whose names fit beside each other: the shown one, and what is near it; and the nearest
/// ones before and behind them.
fn window(
    model: &Model,
    room: usize,
) -> (Vec<ContentView>, Option<ContentView>, Option<ContentView>) {
    let word = |key| width(knowledge::word(model.lang, key));
    let own = model.session.view;
    let all = &ContentView::ALL;
    let at = all.iter().position(|view| *view == own).unwrap_or_default();
    let left = room.saturating_sub(width(&heading(model)) + word("colon"));
    let wide = |(start, end): (usize, usize)| {
        let names = all.get(start..end).unwrap_or_default().iter();
        let names: usize = names.map(|view| word(view.title()) + 1).sum();
        let mark = |mark: &str| width(if end - start == 1 { mark.trim() } else { mark });
        let before = if start > 0 { mark(BEFORE) } else { 0 };
        let behind = if end < all.len() { mark(BEHIND) } else { 0 };
        // The brackets around the shown one; no blank before the first.
        names + 1 + before + behind
    };
    let mut seen = (at, at + 1);
    let fits = |range: &(usize, usize)| range.1 <= all.len() && wide(*range) <= left;
    // From the first one on, as far as that goes.
    while let Some(more) = [seen.0.checked_sub(1).map(|s| (s, seen.1)), Some((seen.0, seen.1 + 1))]
        .into_iter()
        .flatten()
        .find(fits)
    {
        seen = more;
    }
    let (start, end) = seen;
    // The shown one has its name, whatever the room.
    let marked = wide(seen) <= left;
    let before = start.checked_sub(1).and_then(|at| all.get(at)).filter(|_| marked).copied();
    let behind = all.get(end).filter(|_| marked).copied();
    (all.get(start..end).unwrap_or_default().to_vec(), before, behind)
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
