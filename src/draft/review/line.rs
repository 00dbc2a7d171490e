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
        one(at, line, line.as_bytes(), in_header, marks);
        if *line == "." {
            marks.add(&LONE_DOT, at, whole(lines, at));
        }
    }
}

/// Reads a line, which is the text that `octets` come nearest to.
pub(super) fn one(at: usize, line: &str, octets: &[u8], in_header: bool, marks: &mut Marks) {
    length(at, line, octets, marks);
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

fn length(at: usize, line: &str, octets: &[u8], marks: &mut Marks) {
    let n = line.len();
    if octets.len() > LIMIT {
        let span = Span::new(in_text(octets, LIMIT), n);
        marks.say(&LONG, at, span, &[("n", octets.len().to_string())]);
    } else if n > WIDTH && line.width() > WIDTH {
        marks.say(&WIDE, at, Span::new(WIDTH, n), &[("n", line.width().to_string())]);
    }
}

/// Where octet `wanted` of a line stands in its text, in which one sign stands for what is no UTF-8.
fn in_text(octets: &[u8], wanted: usize) -> usize {
    let (mut text, mut at) = (0, 0);
    for chunk in octets.utf8_chunks() {
        let (valid, invalid) = (chunk.valid().len(), chunk.invalid().len());
        if wanted < at + valid + invalid {
            return text + (wanted - at).min(valid);
        }
        at += valid + invalid;
        text += valid + if invalid > 0 { char::REPLACEMENT_CHARACTER.len_utf8() } else { 0 };
    }
    text
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
