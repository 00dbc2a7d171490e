//! Messages inside of an encoded message, so many that the parser would run out of stack.
//!
//! It copies an enclosed message that was encoded by going down into what that encloses, and copies
//! all of it once for each. Where this goes too deep, it is shown bytes in which the enclosed message
//! is another kind of part; what that part is called is read from the true ones.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::{Coding, decoded};

/// How many messages may be inside of one that is encoded.
const LIMIT: usize = 100;

/// How many bytes may be copied for them together.
const COPIED: usize = 64 << 20;

/// How often messages are decoded inside of each other, as the parser does it.
const LEVELS: usize = 4;

/// How many bytes may be looked at for this, for each byte of the message; [`COPIED`] more for all.
const EFFORT: usize = 4;

/// What stands for a letter that is hidden from the parser.
const HIDDEN: u8 = b'~';

const ENCODING: &[u8] = b"content-transfer-encoding";

/// `raw` as the parser may see it: nearly always as it is.
pub(super) fn bounded(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    let mut budget = raw.len().saturating_mul(EFFORT).saturating_add(COPIED);
    for at in too_deep(raw, LEVELS, &mut budget) {
        if let Some(letter) = out.to_mut().get_mut(at) {
            *letter = HIDDEN;
        }
    }
    out
}

/// The kind that was hidden.
pub(super) fn kind(seen: String) -> String {
    match seen.as_str() {
        "message/~fc822" => "message/rfc822".to_owned(),
        "message/~lobal" => "message/global".to_owned(),
        _ => seen,
    }
}

/// A header, as far as it matters here.
#[derive(Default)]
struct Header {
    range: Range<usize>,
    /// Behind what makes its part a message.
    message: Option<usize>,
    typed: bool,
}

impl Header {
    fn around(raw: &[u8], at: usize) -> Self {
        let range = header_around(raw, at);
        let text = raw.get(range.clone()).unwrap_or_default();
        let message = markers(text).next().map(|message| range.start + message);
        Self { message, typed: declares_type(text), range }
    }
}

/// Which letters to hide of headers that declare encoded messages with too many others inside, or
/// with so much that looking at it takes more than the `budget`, in bytes.
fn too_deep(raw: &[u8], levels: usize, budget: &mut usize) -> Vec<usize> {
    let Some(levels) = levels.checked_sub(1) else { return Vec::new() };
    let mut out = Vec::new();
    // Nearly all messages end here.
    if !encloses(raw) {
        return out;
    }
    let mut line = 0;
    let mut header = Header::default();
    let digest = std::cell::LazyCell::new(|| markers(raw).any(|at| is_digest(raw, at)));
    for end in memchr::memchr_iter(b'\n', raw) {
        let at = std::mem::replace(&mut line, end + 1);
        let Some((coding, value)) = coding(raw.get(at..end).unwrap_or_default()) else { continue };
        if !header.range.contains(&at) {
            header = Header::around(raw, at);
            spend(budget, header.range.len());
        }
        let letter = match header.message {
            Some(message) => message,
            // In a digest a part without a type is a message (RFC 2046 §5.1.5).
            None if !header.typed && *digest => at + value,
            None => continue,
        };
        let body = raw.get(header.range.end..).filter(|_| *budget > 0).unwrap_or_default();
        let body = body.get(..body_len(body)).unwrap_or_default();
        spend(budget, body.len());
        if *budget == 0 {
            out.push(letter);
            continue;
        }
        let inside = decoded(&Bytes::copy_from_slice(body), coding);
        let most = LIMIT.min(COPIED / inside.len().max(1));
        if markers(&inside).nth(most).is_some() || !too_deep(&inside, levels, budget).is_empty() {
            out.push(letter);
        }
    }
    out
}

/// Whether the header of the message, or one behind what may be a delimiter, makes a part a message:
/// the first that is encoded must stand there, and what it encloses stands in it.
fn encloses(raw: &[u8]) -> bool {
    let mut seen = 0;
    let begins = std::iter::once(0).chain(memchr::memmem::find_iter(raw, b"--"));
    for at in begins {
        if at < seen {
            continue;
        }
        let rest = raw.get(at..).unwrap_or_default();
        let mut ends = memchr::memchr_iter(b'\n', rest);
        let end = ends.find(|end| is_empty_line(rest, *end)).unwrap_or(rest.len());
        if markers(rest.get(..end).unwrap_or_default()).next().is_some() {
            return true;
        }
        seen = at + end;
    }
    false
}

fn spend(budget: &mut usize, bytes: usize) {
    *budget = budget.saturating_sub(bytes);
}

/// Behind what makes a part a message: `message/`, and `multipart/digest`.
fn markers(raw: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'/', raw).filter_map(|slash| {
        let before = raw.get(slash.checked_sub(7)?..slash)?;
        let message = before.eq_ignore_ascii_case(b"message");
        (message || is_digest(raw, slash + 1)).then_some(slash + 1)
    })
}

fn is_digest(raw: &[u8], at: usize) -> bool {
    raw.get(at..at + 6).is_some_and(|kind| kind.eq_ignore_ascii_case(b"digest"))
}

fn declares_type(header: &[u8]) -> bool {
    let name = b"content-type";
    header
        .split(|b| *b == b'\n')
        .any(|line| line.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

/// The header in which byte `at` stands, its empty line included.
fn header_around(raw: &[u8], at: usize) -> Range<usize> {
    // Longer headers are nobody's.
    const MOST: usize = 64 << 10;
    let start = at.saturating_sub(MOST);
    let before = raw.get(start..at).unwrap_or_default();
    let begin = memchr::memrchr_iter(b'\n', before).find(|end| is_empty_line(before, *end));
    let behind = raw.get(at..).unwrap_or_default();
    let behind = behind.get(..MOST).unwrap_or(behind);
    let end = memchr::memchr_iter(b'\n', behind).find(|end| is_empty_line(behind, *end));
    start + begin.map_or(0, |end| end + 1)..at + end.map_or(behind.len(), |end| end + 1)
}

/// Whether the line that ends at `end` is empty, and another stands before it.
fn is_empty_line(bytes: &[u8], end: usize) -> bool {
    let before = bytes.get(..end).unwrap_or_default();
    before.ends_with(b"\n") || before.ends_with(b"\r\n\r")
}

/// Up to the next line that may be a delimiter.
fn body_len(body: &[u8]) -> usize {
    memchr::memmem::find(body, b"\n--").unwrap_or(body.len())
}

/// The encoding that a line declares, if it changes anything, and where its name begins.
fn coding(line: &[u8]) -> Option<(Coding, usize)> {
    let (name, behind) = line.split_at_checked(ENCODING.len())?;
    if !name.eq_ignore_ascii_case(ENCODING) {
        return None;
    }
    let value = behind.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let at = line.len() - value.len();
    let value = value.trim_ascii_end();
    let is = |name: &[u8]| value.eq_ignore_ascii_case(name);
    let coding = is(b"base64").then_some(Coding::Base64);
    let coding = coding.or_else(|| is(b"quoted-printable").then_some(Coding::QuotedPrintable));
    Some((coding?, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is hidden of `text`.
    fn hidden(text: &str) -> Vec<usize> {
        let seen = bounded(text.as_bytes());
        (0..text.len()).filter(|at| seen.get(*at) != text.as_bytes().get(*at)).collect()
    }

    #[test]
    fn what_takes_too_long_is_too_deep() {
        let lines = "Content-Transfer-Encoding: quoted-printable\n\n";
        for times in [400, 2000] {
            // None of them is a message, for want of a digest.
            assert!(hidden(&lines.repeat(times)).is_empty());
            // The parser sees delimiters also within lines.
            let digest = format!("{}X--b\nContent-Type: multipart/digest\n", lines.repeat(times));
            assert!(!hidden(&digest).is_empty());
            let declared = format!("Content-Type: message/rfc822\n{lines}").repeat(times);
            assert!(hidden(&declared).contains(&"Content-Type: message/".len()));
        }
    }

    #[test]
    fn what_is_no_deeper_than_others_is_seen_whole() {
        let one = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n--b\r\n";
        assert!(hidden(&one.repeat(2000)).is_empty());
        let long = format!("X: {}\r\n{one}", "x".repeat(1000)).repeat(200);
        assert!(hidden(&long).is_empty());
    }

    #[test]
    fn only_what_headers_say_makes_a_message() {
        let parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
        for (text, encloses) in [
            ("Content-Type: message/rfc822\r\n\r\nx", true),
            ("Subject: x\r\n\r\nContent-Type: message/rfc822\r\n\r\n", false),
            (&format!("{parts}X: y\r\nContent-Type: Message/GLOBAL\r\n\r\n"), true),
            (&format!("{parts}\r\nmessage/rfc822\r\n--b\r\n"), false),
            (&format!("{parts}\r\n--b\r\nContent-Type: message/global"), true),
        ] {
            assert_eq!(super::encloses(text.as_bytes()), encloses, "{text}");
        }
    }

    #[test]
    fn a_header_is_what_stands_between_empty_lines() {
        for text in ["a\n\nB: c\nD: e\n\nf", "a\r\n\r\nB: c\r\nD: e\r\n\r\nf"] {
            let range = header_around(text.as_bytes(), text.find('D').unwrap());
            assert_eq!(range, text.find('B').unwrap()..text.find('f').unwrap(), "{text:?}");
        }
        assert_eq!(header_around(b"B: c\nD: e", 5), 0..9);
    }
}
