//! Messages inside of an encoded message, so many that the parser would run out of stack.
//!
//! It copies an enclosed message that was encoded by going down into what that encloses, and copies
//! all of it once for each. Where this goes too deep, it is shown bytes in which the enclosed message
//! is another kind of part; what that part is called is read from the true ones.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Coding, decoded};

/// How many messages may be inside of one that is encoded.
const LIMIT: usize = 100;

/// How many bytes may be copied for them together.
const COPIED: usize = 64 << 20;

/// How often messages are decoded inside of each other, as the parser does it.
const LEVELS: usize = 4;

/// What stands for a letter that is hidden from the parser.
const HIDDEN: u8 = b'~';

const ENCODING: &[u8] = b"content-transfer-encoding";

/// `raw` as the parser may see it: nearly always as it is.
pub(super) fn bounded(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    for at in too_deep(raw, LEVELS) {
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

/// Which letters to hide of headers that declare encoded messages with too many others inside.
fn too_deep(raw: &[u8], levels: usize) -> Vec<usize> {
    let Some(levels) = levels.checked_sub(1) else { return Vec::new() };
    let mut out = Vec::new();
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', raw) {
        let at = std::mem::replace(&mut line, end + 1);
        let Some((coding, value)) = coding(raw.get(at..end).unwrap_or_default()) else { continue };
        let header = header_around(raw, at);
        let text = raw.get(header.clone()).unwrap_or_default();
        let letter = match markers(text).next() {
            Some(message) => header.start + message,
            // In a digest a part without a type is a message (RFC 2046 §5.1.5).
            None if !declares_type(text) => at + value,
            None => continue,
        };
        let body = raw.get(header.end..).unwrap_or_default();
        let body = body.get(..body_len(body)).unwrap_or_default();
        let inside = decoded(&Bytes::copy_from_slice(body), coding);
        let most = LIMIT.min(COPIED / inside.len().max(1));
        if markers(&inside).nth(most).is_some() || !too_deep(&inside, levels).is_empty() {
            out.push(letter);
        }
    }
    out
}

/// Behind what makes a part a message: `message/`, and `multipart/digest`.
fn markers(raw: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'/', raw).filter_map(|slash| {
        let before = raw.get(slash.checked_sub(7)?..slash)?;
        let digest =
            || raw.get(slash + 1..slash + 7).is_some_and(|s| s.eq_ignore_ascii_case(b"digest"));
        (before.eq_ignore_ascii_case(b"message") || digest()).then_some(slash + 1)
    })
}

fn declares_type(header: &[u8]) -> bool {
    let name = b"content-type";
    header
        .split(|b| *b == b'\n')
        .any(|line| line.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

/// The header in which byte `at` stands, its empty line included.
fn header_around(raw: &[u8], at: usize) -> std::ops::Range<usize> {
    // Longer headers are nobody's.
    const MOST: usize = 64 << 10;
    let start = at.saturating_sub(MOST);
    let before = raw.get(start..at).unwrap_or_default();
    let crlf = memchr::memmem::rfind(before, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::rfind(before, b"\n\n").map(|at| at + 2);
    let behind = raw.get(at..).unwrap_or_default();
    let behind = behind.get(..MOST).unwrap_or(behind);
    let crlf_end = memchr::memmem::find(behind, b"\r\n\r\n").map_or(behind.len(), |at| at + 4);
    let lf_end = memchr::memmem::find(behind, b"\n\n").map_or(behind.len(), |at| at + 2);
    start + crlf.max(lf).unwrap_or(0)..at + crlf_end.min(lf_end)
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
