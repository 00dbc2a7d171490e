//! The lines of a message as they crossed the wire, as they are stored, or both: with every line
//! end, the dots that were doubled, the end mark, and the borders of chunks.

use std::ops::Range;

use crate::display::Role;
use crate::display::text::{clip, fit, split_at_width, width, width_of, wrap};
use crate::display::token::{Token, tokens};
use crate::display::words::grouped;
use crate::knowledge::{self, Kind, Lang};
use crate::session::Message;
use crate::smtp::payload::END_MARK;

use super::{About, Line, Piece, Sheet, Side};

/// From so many columns on both sides stand beside each other.
const BESIDE: usize = 100;

/// How many lines there are.
pub(super) fn count(sheet: &Sheet<'_>) -> usize {
    let (sent, stored) = (sheet.message.line_count(), stored_count(sheet));
    let lines = match sheet.shown.side {
        Side::Sent => sent,
        Side::Stored => stored,
        Side::Both if is_beside(sheet) => sent.max(stored),
        Side::Both => sent + stored + 2,
    };
    lines + difference(sheet).len()
}

/// What stands in a line of the view.
enum Row {
    /// The name of a side.
    Heading(Side),
    Sent(usize),
    Stored(usize),
    Beside(usize),
    Difference(usize),
}

/// What stands in line `at`.
fn row(sheet: &Sheet<'_>, at: usize) -> Row {
    let (sent, stored) = (sheet.message.line_count(), stored_count(sheet));
    match sheet.shown.side {
        Side::Sent if at < sent => Row::Sent(at),
        Side::Sent => Row::Difference(at - sent),
        Side::Stored if at < stored => Row::Stored(at),
        Side::Stored => Row::Difference(at - stored),
        Side::Both if is_beside(sheet) => match at.checked_sub(sent.max(stored)) {
            None => Row::Beside(at),
            Some(at) => Row::Difference(at),
        },
        Side::Both if at == 0 => Row::Heading(Side::Sent),
        Side::Both if at <= sent => Row::Sent(at - 1),
        Side::Both if at == sent + 1 => Row::Heading(Side::Stored),
        Side::Both if at < sent + stored + 2 => Row::Stored(at - sent - 2),
        Side::Both => Row::Difference(at - sent - stored - 2),
    }
}

/// Some of them.
pub(super) fn lines(sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    let difference = difference(sheet);
    let left = left(sheet);
    let line = |at: usize| match row(sheet, at) {
        Row::Heading(side) => {
            let key = if side == Side::Stored { "raw.stored" } else { "raw.sent" };
            Line::new(vec![(Role::Title, knowledge::word(sheet.lang, key).to_owned())])
        }
        Row::Sent(at) => sent_line(sheet, at, (left, sheet.columns)),
        Row::Stored(at) => stored_line(sheet, at, (left, sheet.columns)),
        Row::Beside(at) => beside(sheet, at, left),
        Row::Difference(at) => difference.get(at).cloned().unwrap_or_default(),
    };
    (range.start..range.end.min(count(sheet))).map(line).collect()
}

/// How many columns of the lines stand beyond the left border.
pub fn left(sheet: &Sheet<'_>) -> usize {
    if sheet.columns == usize::MAX { 0 } else { sheet.shown.left }
}

/// Whether one of the lines in `range` goes on beyond the right border.
pub fn goes_on(sheet: &Sheet<'_>, range: Range<usize>) -> bool {
    let left = left(sheet);
    let is_wider = |line: Line, most: usize| width_of(&line.pieces) > most;
    // With one more column for it, a line that is cut is wider.
    let sent = |at, most| is_wider(sent_line(sheet, at, (0, most + 1)), most);
    let stored = |at, most| is_wider(stored_line(sheet, at, (0, most + 1)), most);
    (range.start..range.end.min(count(sheet))).any(|at| match row(sheet, at) {
        Row::Sent(at) => sent(at, left + sheet.columns),
        Row::Stored(at) => stored(at, left + sheet.columns),
        Row::Beside(at) => sent(at, left + half(sheet)) || stored(at, left + half(sheet)),
        Row::Heading(_) | Row::Difference(_) => false,
    })
}

/// A line without its first `left` columns: an ellipsis says that something stands before.
pub fn without_left(pieces: Vec<Piece>, left: usize) -> Vec<Piece> {
    if left == 0 || width_of(&pieces) == 0 {
        return pieces;
    }
    let mut out = vec![(Role::Dim, "\u{2026}".to_owned())];
    let mut skip = left + 1;
    for (role, text) in pieces {
        let (gone, rest) = split_at_width(&text, skip);
        skip -= width(gone);
        if skip == 0 || rest.is_empty() {
            out.extend((!rest.is_empty()).then(|| (role, rest.to_owned())));
            continue;
        }
        // A wide character on the edge goes as a whole.
        let (_, rest) = split_at_width(rest, 2);
        out.push((role, format!(" {rest}")));
        skip = 0;
    }
    out
}

/// Puts the sign of what is selected into the column before a line, and where both sides stand
/// beside each other into the one between them: no byte moves.
pub fn sign(pieces: &mut Vec<Piece>) {
    let sign = (Role::Selected, ">".to_owned());
    if let Some(between) = pieces.iter_mut().rfind(|(role, _)| *role == Role::Border) {
        *between = sign.clone();
    }
    pieces.insert(0, sign);
}

const fn is_beside(sheet: &Sheet<'_>) -> bool {
    sheet.columns >= BESIDE && sheet.columns < usize::MAX
}

fn stored_count(sheet: &Sheet<'_>) -> usize {
    let raw = &sheet.content.raw;
    // Behind the last line end there is no line.
    if raw.is_empty() { 0 } else { sheet.content.line_at(raw.len() - 1) + 1 }
}

/// Columns of one of two sides.
const fn half(sheet: &Sheet<'_>) -> usize {
    (sheet.columns - 3) / 2
}

/// One line on both sides.
fn beside(sheet: &Sheet<'_>, at: usize, left: usize) -> Line {
    let half = half(sheet);
    let mut line = sent_line(sheet, at, (left, half));
    let gap = fit("", half.saturating_sub(width_of(&line.pieces)));
    line.pieces.extend([(Role::Border, gap + " \u{2502}"), (Role::Border, " ".to_owned())]);
    if at < stored_count(sheet) {
        let stored = stored_line(sheet, at, (left, half));
        line.pieces.extend(stored.pieces);
        line.span = stored.span;
    }
    line
}

fn stored_line(sheet: &Sheet<'_>, at: usize, (left, columns): (usize, usize)) -> Line {
    let columns = left.saturating_add(columns);
    let span = sheet.content.line(at);
    let bytes = span.of(&sheet.content.raw);
    let head = bytes.get(..needed(columns)).unwrap_or(bytes);
    let pieces = clipped(shown(head, Role::Data), bytes, columns);
    Line { span: Some(span), ..Line::new(without_left(pieces, left)) }
}

fn sent_line(sheet: &Sheet<'_>, at: usize, (left, columns): (usize, usize)) -> Line {
    let columns = left.saturating_add(columns);
    let message = sheet.message;
    let Some(range) = message.line_range(at) else {
        let text = knowledge::word(sheet.lang, "raw.not-kept");
        return Line::new(vec![(Role::Dim, text.to_owned())]);
    };
    let most = u64::try_from(needed(columns)).unwrap_or(u64::MAX);
    let head = message.wire(range.start, range.end.min(range.start.saturating_add(most)));
    // What ends a line stands at its end, however long it is.
    let tail = message.wire(range.end.saturating_sub(2).max(range.start), range.end);
    let is_end = is_end_mark(message, at);
    let is_stuffed = !is_end && is_stuffed(message, range.start, &head);
    let mut pieces = Vec::new();
    let mut rest = head.as_slice();
    if is_end {
        pieces.extend(shown(rest, Role::Dim));
        rest = &[];
    } else if is_stuffed {
        pieces.push((Role::Warn, ".".to_owned()));
        rest = rest.get(1..).unwrap_or_default();
    }
    let mut offset = range.end.min(range.start + head.len() as u64) - rest.len() as u64;
    for (number, begin, len) in chunks_in(message, range.start, range.end) {
        if begin >= offset {
            let cut = usize::try_from(begin - offset).unwrap_or(usize::MAX).min(rest.len());
            let (before, behind) = rest.split_at_checked(cut).unwrap_or((rest, &[]));
            pieces.extend(shown(before, Role::Data));
            rest = behind;
            offset = begin;
        }
        let (n, len) = (number.to_string(), grouped(len));
        let mark = knowledge::fill(sheet.lang, "raw.chunk", &[("n", &n), ("size", &len)]);
        pieces.push((Role::Notice, mark));
    }
    pieces.extend(shown(rest, Role::Data));
    let said = if is_end { Some("raw.end") } else { is_stuffed.then_some("raw.dot") };
    let whole = if range.end - range.start > head.len() as u64 {
        &[&head[..], &tail].concat()
    } else {
        &head
    };
    let mut pieces = clipped(pieces, whole, columns);
    if let Some(key) = said {
        let text = format!("  {}", knowledge::word(sheet.lang, key));
        if width_of(&pieces) + width(&text) <= columns {
            pieces.push((Role::Dim, text));
        }
    }
    // The same line of the content: places on the wire move with every dot.
    let span = (!is_end && at < stored_count(sheet)).then(|| sheet.content.line(at));
    let about = match said {
        Some("raw.end") => "end-of-data",
        Some(_) => "dot-stuffing",
        None => "body",
    };
    let about = About::new(vec![(Kind::Idea, about.to_owned())]);
    Line { about, span, ..Line::new(without_left(pieces, left)) }
}

/// Whether line `at` is the end mark.
fn is_end_mark(message: &Message, at: usize) -> bool {
    message.is_stuffed() && message.is_complete() && at + 1 == message.line_count() && {
        message.line(at).as_deref() == Some(END_MARK)
    }
}

/// Whether the first byte of a line, which stands at `start`, was added for the way: behind CRLF a
/// dot is taken away (RFC 5321 §4.5.2).
fn is_stuffed(message: &Message, start: u64, head: &[u8]) -> bool {
    let behind_crlf = start == 0 || message.wire(start.saturating_sub(2), start) == b"\r\n";
    message.is_stuffed() && head.first() == Some(&b'.') && behind_crlf
}

/// How many bytes may be needed to fill `columns`.
pub const fn needed(columns: usize) -> usize {
    columns.saturating_mul(4).saturating_add(64)
}

fn shown(bytes: &[u8], plain: Role) -> Vec<Piece> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let piece = |token: Token| (if token.odd { Role::Dim } else { plain }, token.text);
    tokens(bytes).into_iter().map(piece).collect()
}

/// As much of a line as fits. How it ends is told even then, where that is not with CRLF.
fn clipped(pieces: Vec<Piece>, whole: &[u8], columns: usize) -> Vec<Piece> {
    if width_of(&pieces) <= columns {
        return pieces;
    }
    let end = match whole {
        [.., b'\r', b'\n'] => "",
        [.., b'\n'] => "\\n",
        _ => "",
    };
    let mut left = columns.saturating_sub(end.len());
    let mut out = Vec::new();
    for (role, text) in pieces {
        if left == 0 {
            break;
        }
        let fits = width(&text) < left;
        let text = if fits { text } else { clip(&format!("{text} "), left) };
        left = left.saturating_sub(width(&text));
        out.push((role, text));
        if !fits {
            break;
        }
    }
    if !end.is_empty() {
        out.push((Role::Warn, end.to_owned()));
    }
    out
}

/// The chunks that begin on the wire between two places: number, place, and length.
fn chunks_in(message: &Message, start: u64, end: u64) -> impl Iterator<Item = (usize, u64, u64)> {
    let all = message.chunk_starts();
    let first = all.partition_point(|begin| *begin < start);
    (first..all.len()).map_while(move |at| {
        let begin = *all.get(at)?;
        let next = all.get(at + 1).copied().unwrap_or_else(|| message.wire_len());
        // What begins behind the last byte belongs to its line.
        let last = begin == end && end == message.wire_len();
        (begin < end || last).then_some((at + 1, begin, next - begin))
    })
}

/// What stands on the wire beside the message, counted.
fn difference(sheet: &Sheet<'_>) -> Vec<Line> {
    if sheet.message.is_in().is_some() {
        // What lies in a file is stored as it is.
        return Vec::new();
    }
    let text = difference_words(sheet.message, sheet.lang);
    let wrapped = wrap(&text, sheet.columns).into_iter();
    wrapped.map(|line| Line::new(vec![(Role::Dim, line)]).about("dot-stuffing")).collect()
}

/// The same as a sentence.
pub fn difference_words(message: &Message, lang: Lang) -> String {
    let n = |n: u64| grouped(n);
    let (sent, stored) = (n(message.wire_len()), n(message.content_len()));
    let chunks = message.chunk_starts().len();
    if message.is_chunked() {
        let values = [("n", &*chunks.to_string()), ("sent", &sent)];
        return knowledge::fill(lang, "raw.chunks", &values);
    }
    let dots = n(message.stuffed());
    let key = if message.is_complete() { "raw.difference" } else { "raw.difference.open" };
    knowledge::fill(lang, key, &[("sent", &sent), ("dots", &dots), ("stored", &stored)])
}

/// Which bytes are shown: the key of the words.
pub fn side_words(sheet: &Sheet<'_>) -> &'static str {
    match sheet.shown.side {
        // What lies in a file was not sent from there.
        _ if sheet.message.is_in().is_some() => "raw.stored",
        Side::Sent => "raw.sent",
        Side::Stored => "raw.stored",
        Side::Both => "raw.both",
    }
}

/// Where line `line` of the message stands among those of the view.
pub fn row_of(sheet: &Sheet<'_>, line: usize) -> usize {
    let headed = sheet.shown.side == Side::Both && !is_beside(sheet);
    line + usize::from(headed)
}

/// The bytes of line `at` of what is shown, on the side that [`super::hex`] shows.
pub fn place(sheet: &Sheet<'_>, at: usize) -> (Side, usize) {
    let wire = |at: u64| (Side::Sent, usize::try_from(at).unwrap_or(usize::MAX));
    match row(sheet, at) {
        Row::Stored(at) => (Side::Stored, sheet.content.line(at).start),
        Row::Sent(at) | Row::Beside(at) => {
            wire(sheet.message.line_range(at).map_or(0, |range| range.start))
        }
        Row::Heading(Side::Stored) => (Side::Stored, 0),
        Row::Heading(_) => wire(0),
        // It stands behind the last byte.
        Row::Difference(_) if sheet.shown.side == Side::Stored => {
            (Side::Stored, sheet.content.raw.len())
        }
        Row::Difference(_) => wire(sheet.message.wire_len()),
    }
}
