//! Line by line: lengths, dots, and bytes that a line should not have (RFC 5322 §2.1.1).

use unicode_width::UnicodeWidthStr;

use crate::smtp::Span;

use super::super::part::Part;
use super::rule::{BARE_CR, CONTROL, CONTROL_IN_BODY, LONE_DOT, LONG, NUL, WIDE};
use super::{Marks, whole};

/// Longest line without its line end.
const LIMIT: usize = 998;

/// Widest line that everybody can read.
const WIDTH: usize = 78;

/// Reads all lines of a draft.
pub(super) fn read(text: &str, lines: &[&str], parts: &[Part<'_>], marks: &mut Marks) {
    let header = headers(lines.len(), parts);
    // Behind the last line end stands no line.
    let count = lines.len() - usize::from(text.is_empty() || text.ends_with('\n'));
    for (at, line) in lines.iter().take(count).enumerate() {
        let in_header = header.get(at).copied().unwrap_or_default();
        one(at, line, in_header, marks);
        if *line == "." {
            marks.add(&LONE_DOT, at, whole(lines, at));
        }
    }
}

/// Reads a line.
pub(super) fn one(at: usize, line: &str, in_header: bool, marks: &mut Marks) {
    length(at, line, marks);
    bytes(at, line, in_header, marks);
}

/// Which lines belong to a header.
pub(super) fn headers(len: usize, parts: &[Part<'_>]) -> Vec<bool> {
    let mut out = vec![false; len];
    for part in parts {
        if let Some(header) = out.get_mut(part.section.lines.clone()) {
            header.fill(true);
        }
    }
    out
}

fn length(at: usize, line: &str, marks: &mut Marks) {
    let n = line.len();
    if n > LIMIT {
        marks.say(&LONG, at, Span::new(LIMIT, n), &[("n", n.to_string())]);
    } else if n > WIDTH && line.width() > WIDTH {
        marks.say(&WIDE, at, Span::new(WIDTH, n), &[("n", line.width().to_string())]);
    }
}

fn bytes(at: usize, line: &str, in_header: bool, marks: &mut Marks) {
    for (place, c) in line.char_indices().filter(|(_, c)| c.is_control() && *c != '\t') {
        let rule = match c {
            '\r' => &BARE_CR,
            '\0' => &NUL,
            _ if in_header => &CONTROL,
            _ => &CONTROL_IN_BODY,
        };
        marks.add(rule, at, Span::new(place, place + c.len_utf8()));
    }
}
