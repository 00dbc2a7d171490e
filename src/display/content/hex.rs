//! The bytes of a message, in hexadecimal: any of them is there at once.

use std::ops::Range;

use crate::display::hex::Shape;
use crate::smtp::Span;

use super::{Line, Sheet, Side};

/// How many bytes there are to be seen.
pub fn len(sheet: &Sheet<'_>) -> usize {
    match sheet.shown.side {
        Side::Stored => sheet.content.raw.len(),
        Side::Sent | Side::Both => sheet.message.kept(),
    }
}

/// How they stand.
pub fn shape(sheet: &Sheet<'_>) -> Shape {
    Shape::of(len(sheet), sheet.columns)
}

/// How many lines they take.
pub(super) fn count(sheet: &Sheet<'_>) -> usize {
    shape(sheet).lines(len(sheet))
}

/// Some of the lines.
pub(super) fn lines(sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    let stored = sheet.shown.side == Side::Stored;
    let bytes = |start: usize, end: usize| {
        if stored {
            Span::new(start, end).of(&sheet.content.raw).to_vec()
        } else {
            sheet.message.wire(start as u64, end as u64)
        }
    };
    let place = |span: Span| Span::new(to_content(sheet, span.start), to_content(sheet, span.end));
    of_bytes(shape(sheet), len(sheet), range, bytes)
        .map(|(span, line)| Line {
            span: Some(place(span)).filter(|span| !span.is_empty()),
            ..line
        })
        .collect()
}

/// Whether a byte of the message has another place here: on the wire it moves with every dot.
fn is_moved(sheet: &Sheet<'_>) -> bool {
    sheet.shown.side != Side::Stored && sheet.message.stuffed() > 0
}

/// Where the line of the message begins here that stands at `span` in it, and how many bytes stand
/// before it that are none of it: a doubled dot.
fn line_here(sheet: &Sheet<'_>, line: usize, span: Span) -> Option<(usize, usize)> {
    let range = sheet.message.line_range(line)?;
    let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (start, end) = (place(range.start), place(range.end));
    Some((start, (end - start).saturating_sub(span.len())))
}

/// The place in the message of what stands at `offset` here; a doubled dot and the end mark stand
/// before what follows them.
fn to_content(sheet: &Sheet<'_>, offset: usize) -> usize {
    if !is_moved(sheet) {
        return offset;
    }
    let line = sheet.message.line_at(offset as u64);
    let span = sheet.content.line(line);
    let (start, dots) = line_here(sheet, line, span).unwrap_or((offset, 0));
    (span.start + offset.saturating_sub(start + dots)).min(span.end)
}

/// The place here of byte `offset` of the message; of the first one of a line with its doubled dot.
fn from_content(sheet: &Sheet<'_>, offset: usize) -> usize {
    if !is_moved(sheet) {
        return offset;
    }
    let line = sheet.content.line_at(offset);
    let span = sheet.content.line(line);
    let inside = offset.saturating_sub(span.start);
    let (start, dots) = line_here(sheet, line, span).unwrap_or_else(|| (len(sheet), 0));
    if inside == 0 { start } else { start + dots + inside }
}

/// The line in which byte `offset` of the message stands.
pub fn row_of(sheet: &Sheet<'_>, offset: usize) -> Option<usize> {
    let known = !is_moved(sheet) || offset < sheet.content.raw.len();
    known.then(|| from_content(sheet, offset) / shape(sheet).each)
}

/// Where bytes of the message stand in the text of line `at`: their digits, and their characters.
pub fn places(sheet: &Sheet<'_>, at: usize, bytes: &[Span]) -> Vec<Range<usize>> {
    let shape = shape(sheet);
    let start = at.saturating_mul(shape.each);
    let own = Span::new(start, start.saturating_add(shape.each).min(len(sheet)).max(start));
    let here = |offset| from_content(sheet, offset).clamp(own.start, own.end) - own.start;
    let meant = bytes.iter().flat_map(|span| here(span.start)..here(span.end));
    let mut places: Vec<_> = meant.flat_map(|at| shape.places(own.len(), at)).collect();
    places.sort_unstable_by_key(|place| place.start);
    places
}

/// Lines of `len` bytes that are had piece by piece.
pub(super) fn of_bytes(
    shape: Shape,
    len: usize,
    range: Range<usize>,
    bytes: impl Fn(usize, usize) -> Vec<u8>,
) -> impl Iterator<Item = (Span, Line)> {
    let range = range.start..range.end.min(shape.lines(len));
    range.map(move |at| {
        let span = Span::new(at * shape.each, ((at + 1) * shape.each).min(len));
        let pieces = shape.line(span.start, &bytes(span.start, span.end), |_| false);
        (span, Line::new(pieces).about("body"))
    })
}
