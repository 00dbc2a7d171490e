//! The parts of a draft with the lines on which they stand.
//!
//! The parser of finished messages forgives an open or missing boundary without a word; here it
//! is the point. What a part means is read from the wire by [`crate::session::content`].

use std::ops::Range;

use super::field::{Section, lines};
use super::param;
use crate::session::date::without_comments;

/// How deep parts may be nested; what is deeper is text.
const DEPTH_LIMIT: usize = 20;

/// One part: the message itself, a part of a multipart, or an enclosed message.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// How deep it is nested, from 0.
    pub(super) depth: usize,
    pub(super) section: Section<'a>,
    /// Type and subtype in lower case; empty if it declares none.
    pub(super) kind: String,
    /// Transfer encoding in lower case, without comments; empty if it declares none.
    pub(super) encoding: String,
    /// What separates its parts, if it is a multipart that says so.
    pub(super) boundary: Option<String>,
    /// Number of its parts.
    pub(super) count: usize,
    /// The line that closes its boundary.
    pub(super) closed: Option<usize>,
}

impl Part<'_> {
    pub(super) fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }

    pub(super) fn is_text(&self) -> bool {
        self.kind.is_empty() || self.kind.starts_with("text/")
    }

    /// Whether it encloses a message, whose header follows.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.kind.as_str(), "message/rfc822" | "message/global" | "text/rfc822-headers")
            && matches!(self.encoding.as_str(), "" | "7bit" | "8bit" | "binary")
    }

    /// Whether its body holds no other part.
    pub(super) fn is_leaf(&self) -> bool {
        self.count == 0
    }
}

/// The parts of `text`, each behind its parent.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let lines = lines(text);
    let mut out = Vec::new();
    read(&lines, 0..lines.len(), 0, &mut out);
    out
}

fn read<'a>(lines: &[&'a str], range: Range<usize>, depth: usize, out: &mut Vec<Part<'a>>) {
    let section = Section::read(lines, range);
    let declared = section.value("Content-Type").unwrap_or_default();
    let kind = param::head(declared);
    let multipart = kind.starts_with("multipart/");
    let boundary = param::find(declared, "boundary").filter(|b| multipart && !b.is_empty());
    let encoding = section.value("Content-Transfer-Encoding").unwrap_or_default();
    let encoding = param::head(&without_comments(encoding));
    let body = section.body.clone();
    let mut part = Part { depth, section, kind, encoding, boundary, count: 0, closed: None };
    let mut inner = Vec::new();
    if depth < DEPTH_LIMIT {
        if let Some(boundary) = &part.boundary {
            let (bodies, closed) = split(lines, body, boundary);
            part.closed = closed;
            inner = bodies;
        } else if part.is_message() {
            inner.push(body);
        }
    }
    part.count = inner.len();
    out.push(part);
    for range in inner {
        read(lines, range, depth + 1, out);
    }
}

/// What stands between the delimiters of `boundary` (RFC 2046 §5.1.1), and the line that closes it.
fn split(lines: &[&str], body: Range<usize>, boundary: &str) -> (Vec<Range<usize>>, Option<usize>) {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for at in body.clone() {
        let line = lines.get(at).copied().unwrap_or_default();
        let Some(ends) = delimiter(line, boundary) else { continue };
        out.extend(open.map(|start| start..at));
        if ends {
            return (out, Some(at));
        }
        open = Some(at + 1);
    }
    out.extend(open.map(|start| start..body.end));
    (out, None)
}

/// Whether `line` is a delimiter of `boundary`, and if so, whether the closing one.
pub(super) fn delimiter(line: &str, boundary: &str) -> Option<bool> {
    match line.strip_prefix("--")?.strip_prefix(boundary)?.trim_end_matches([' ', '\t']) {
        "" => Some(false),
        "--" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_lines() {
        let text = "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb\nContent-Type: text/html\n\ntwo\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ninner\n--b-- \nepilogue\n";
        let seen: Vec<_> = parts(text)
            .into_iter()
            .map(|p| (p.depth, p.kind.clone(), p.section.lines, p.section.body, p.closed))
            .collect();
        let row =
            |depth, kind: &str, head, body, closed| (depth, kind.to_owned(), head, body, closed);
        assert_eq!(
            seen,
            [
                row(0, "multipart/mixed", 0..1, 2..22, Some(19)),
                row(1, "multipart/alternative", 4..5, 6..13, None),
                row(2, "", 7..7, 8..9, None),
                row(2, "text/html", 10..11, 12..13, None),
                row(1, "message/rfc822", 14..15, 16..19, None),
                row(2, "", 16..17, 18..19, None),
            ]
        );
    }

    #[test]
    fn a_delimiter_is_the_whole_line() {
        for (line, seen) in
            [("--b", Some(false)), ("--b--\t", Some(true)), ("--bb", None), ("b", None)]
        {
            assert_eq!(delimiter(line, "b"), seen, "{line}");
        }
    }
}
