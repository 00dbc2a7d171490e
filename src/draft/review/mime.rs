//! Parts: boundaries, charsets, and bodies that are what their encoding says (RFC 2045 §6).

use crate::session::flaw::coding::{base64_fault, quoted_fault};
use crate::session::flaw::rule::Rule;
use crate::session::flaw::{ENCODED_WIDTH, commented, is_boundary, width};
use crate::session::header::is_one_of;
use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::super::param;
use super::super::part::Part;
use super::rule::{
    BAD_BOUNDARY, BASE64, BOUNDARY_OPEN, BOUNDARY_UNUSED, ENCODED_MESSAGE, ENCODED_MULTIPART,
    ENCODING_COMMENT, LONG_ENCODED, NAKED, NARROW, NO_BOUNDARY, NO_CHARSET, NO_ENCODING,
    NO_VERSION, QUOTED, UNKNOWN_ENCODING, WRONG_CHARSET,
};
use super::{Marks, line_of, whole};

/// Reads the parts of a draft.
pub(super) fn read(lines: &[&str], parts: &[Part<'_>], marks: &mut Marks) {
    if let Some(root) = parts.first() {
        version(lines, &root.section, marks);
    }
    for (at, part) in parts.iter().enumerate() {
        let inside = parts.iter().skip(at + 1).take_while(|inner| inner.depth > part.depth);
        narrow(lines, part, inside, marks);
        if part.is_multipart() {
            multipart(lines, part, marks);
        } else if part.is_leaf() {
            body(lines, part, marks);
        }
    }
}

/// Without MIME-Version nothing of MIME counts (RFC 2045 §4).
pub(super) fn version(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let field = section.fields.iter().find(|field| is_of_mime(field));
    if let Some(field) = field.filter(|_| section.field("MIME-Version").is_none()) {
        marks.add(&NO_VERSION, field.lines.start, whole(lines, field.lines.start));
    }
}

/// Whether a field means something in MIME only (RFC 2045 §9). Content-Length is one of mail files.
fn is_of_mime(field: &Field<'_>) -> bool {
    field.value.is_some() && is_one_of(field.name, &["Content-"]) && !field.is("Content-Length")
}

fn multipart(lines: &[&str], part: &Part<'_>, marks: &mut Marks) {
    let line = line_of(part, "Content-Type");
    unencoded(lines, part, &ENCODED_MULTIPART, marks);
    let rule = match &part.boundary {
        None => &NO_BOUNDARY,
        Some(boundary) if !is_boundary(boundary) => &BAD_BOUNDARY,
        Some(_) if part.count == 0 => &BOUNDARY_UNUSED,
        Some(_) if part.closed.is_none() => &BOUNDARY_OPEN,
        Some(_) => return,
    };
    let boundary = part.boundary.iter().map(|boundary| ("boundary", boundary.clone()));
    marks.say(rule, line, whole(lines, line), &boundary.collect::<Vec<_>>());
}

/// What holds parts or a message lets through what is `inside` (RFC 2045 §6.4).
fn narrow<'a>(
    lines: &[&str],
    part: &Part<'_>,
    inside: impl Iterator<Item = &'a Part<'a>>,
    marks: &mut Marks,
) {
    let widest = inside.map(|inner| inner.encoding.as_str()).max_by_key(|encoding| width(encoding));
    let Some(inner) = widest.filter(|inner| width(inner) > width(&part.encoding)) else { return };
    let declared = part.section.field("Content-Transfer-Encoding");
    let name = if declared.is_some() { "Content-Transfer-Encoding" } else { "Content-Type" };
    let line = line_of(part, name);
    marks.say(&NARROW, line, whole(lines, line), &[("encoding", inner.to_owned())]);
}

/// What holds parts or a message has no encoding of its own.
fn unencoded(lines: &[&str], part: &Part<'_>, rule: &Rule, marks: &mut Marks) {
    if !matches!(part.encoding.as_str(), "" | "7bit" | "8bit" | "binary") {
        let line = line_of(part, "Content-Transfer-Encoding");
        marks.add(rule, line, whole(lines, line));
    }
}

fn body(lines: &[&str], part: &Part<'_>, marks: &mut Marks) {
    if part.kind == "message/rfc822" {
        unencoded(lines, part, &ENCODED_MESSAGE, marks);
    }
    let range = part.section.body.clone();
    let body = lines.get(range.clone()).unwrap_or_default();
    let declared = part.section.value("Content-Transfer-Encoding").unwrap_or_default();
    if let Some(declared) = commented(declared) {
        let line = line_of(part, "Content-Transfer-Encoding");
        marks.say(&ENCODING_COMMENT, line, whole(lines, line), &[("encoding", declared)]);
    }
    match part.encoding.as_str() {
        "base64" => base64(body, range.start, marks),
        "quoted-printable" => quoted(body, range.start, marks),
        "" | "7bit" | "8bit" | "binary" => plain(lines, part, body, marks),
        other => {
            let line = line_of(part, "Content-Transfer-Encoding");
            let values = [("encoding", other.to_owned())];
            marks.say(&UNKNOWN_ENCODING, line, whole(lines, line), &values);
        }
    }
}

/// Text beyond ASCII says its charset and that it goes beyond ASCII.
fn plain(lines: &[&str], part: &Part<'_>, body: &[&str], marks: &mut Marks) {
    let Some(first) = body.iter().position(|line| !line.is_ascii()) else { return };
    let declared = part.section.value("Content-Type").unwrap_or_default();
    let charset = param::find(declared, "charset").unwrap_or_default();
    let is = |name: &str| charset.eq_ignore_ascii_case(name);
    let no_charset = part.is_text() && (charset.is_empty() || is("us-ascii"));
    let no_encoding = matches!(part.encoding.as_str(), "" | "7bit");
    let rule = match (no_charset, no_encoding) {
        (true, true) => &NAKED,
        (true, false) => &NO_CHARSET,
        (false, true) => &NO_ENCODING,
        // A draft is UTF-8, whatever it says.
        (false, false) if part.is_text() && !is("utf-8") => &WRONG_CHARSET,
        (false, false) => return,
    };
    let line = part.section.body.start + first;
    marks.say(rule, line, whole(lines, line), &[("charset", charset)]);
}

fn base64(body: &[&str], from: usize, marks: &mut Marks) {
    wide(body, from, marks);
    let whole = body.concat();
    let Some((mut offset, _)) = base64_fault(whole.as_bytes()) else { return };
    let filled = body.iter().rposition(|line| !line.is_empty()).unwrap_or_default();
    for (at, line) in body.iter().enumerate() {
        if offset < line.len() || at == filled {
            let end = line.ceil_char_boundary(offset + 1);
            marks.add(&BASE64, from + at, Span::new(offset.min(end.saturating_sub(1)), end));
            return;
        }
        offset -= line.len();
    }
}

fn quoted(body: &[&str], from: usize, marks: &mut Marks) {
    wide(body, from, marks);
    for (at, line) in body.iter().enumerate() {
        if let Some((place, _)) = quoted_fault(line.as_bytes()) {
            let end = line.ceil_char_boundary(place + 3);
            marks.add(&QUOTED, from + at, Span::new(place, end));
        }
    }
}

fn wide(body: &[&str], from: usize, marks: &mut Marks) {
    for (at, line) in body.iter().enumerate().filter(|(_, line)| line.len() > ENCODED_WIDTH) {
        marks.add(&LONG_ENCODED, from + at, Span::new(ENCODED_WIDTH, line.len()));
    }
}
