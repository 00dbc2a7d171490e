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
    of_bytes(shape(sheet), len(sheet), range, bytes)
        .map(|(span, line)| Line { span: has_places(sheet).then_some(span), ..line })
        .collect()
}

/// Whether a byte of the message has the same place here: without stuffed dots it has on the wire.
fn has_places(sheet: &Sheet<'_>) -> bool {
    let stored = sheet.shown.side == Side::Stored;
    stored || !sheet.message.is_stuffed() || sheet.message.stuffed() == 0
}

/// The line in which byte `offset` of the message stands.
pub fn row_of(sheet: &Sheet<'_>, offset: usize) -> Option<usize> {
    has_places(sheet).then(|| offset / shape(sheet).each)
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
