//! Messages inside of an encoded message, so many that the parser would run out of stack.
//!
//! It copies an enclosed message that was encoded by going down into what that encloses. Where this
//! goes too deep, it is shown bytes in which the message is not encoded. Which messages are encoded,
//! and how deep they go, is read by the same parser, with the one field hidden by which it would
//! decode: then it goes nowhere down.

use std::borrow::Cow;
use std::sync::LazyLock;

use mail_parser::{HeaderName, Message, MessageParser, MessagePart, PartType};

use super::{Coding, undone};

/// How many messages may be inside of one that is encoded.
const LIMIT: usize = 100;

/// The least that says that a part is a message.
const SHORTEST: usize = b"Content-Type:message".len();

/// How often messages may be decoded inside of each other, as the parser does it.
const LEVELS: usize = 4;

/// How many bytes may be decoded for this: for each byte of the message, and for all.
const EFFORT: (usize, usize) = (4, 256 << 10);

/// How many bytes may be copied for enclosed messages together.
const COPIED: usize = 64 << 20;

/// What stands for a letter that is hidden from the parser.
const HIDDEN: u8 = b'~';

/// The encoding is read as no text, and so not obeyed.
static BLIND: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentTransferEncoding)
        .default_header_ignore()
});

/// `raw` as the parser may see it: nearly always as it is.
pub(super) fn bounded(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    if !may_enclose(raw) {
        return out;
    }
    let mut budget = raw.len().saturating_mul(EFFORT.0).saturating_add(EFFORT.1);
    for at in too_deep(raw, LEVELS, &mut budget) {
        if let Some(letter) = out.to_mut().get_mut(at) {
            *letter = HIDDEN;
        }
    }
    out
}

/// Whether something was hidden of the header of a part, as it was `seen`.
pub(super) fn hides(part: &MessagePart<'_>, seen: &[u8], raw: &[u8]) -> bool {
    let differs = |at: usize| seen.get(at) == Some(&HIDDEN) && raw.get(at) != Some(&HIDDEN);
    part.headers.iter().any(|header| differs(header.offset_field as usize))
}

/// The fields to hide, by their first letter: those that encode what has too many messages inside, or
/// so much that decoding it takes more than the `budget`, in bytes.
///
/// What is encoded is no header to the blind parser, and what follows may become the header of a part
/// that is none: so the fields alone count, and not what a part is said to be.
fn too_deep(raw: &[u8], levels: usize, budget: &mut usize) -> Vec<usize> {
    let mut out = Vec::new();
    // Deeper than that it decodes nothing.
    let Some(levels) = levels.checked_sub(1) else { return out };
    let Some(message) = BLIND.parse(raw) else { return out };
    walk(message, |part, _| {
        let (start, end) = (part.offset_body as usize, part.offset_end as usize);
        let end = if end < start { raw.len() } else { end.min(raw.len()) };
        let body = raw.get(start..end).unwrap_or_default();
        for (field, coding) in encodings(part, raw) {
            *budget = budget.saturating_sub(body.len());
            if *budget == 0 || is_deep(&inside(body, coding), levels, budget) {
                out.push(field);
            }
        }
    });
    out
}

/// What is encoded; a delimiter may end it sooner.
fn inside(body: &[u8], coding: Coding) -> Vec<u8> {
    let first = memchr::memmem::find(body, b"--").and_then(|end| body.get(..end));
    let found = undone(body, coding).or_else(|| undone(first?, coding));
    found.map(Cow::into_owned).unwrap_or_default()
}

/// Whether a message that was decoded has too many others inside.
fn is_deep(raw: &[u8], levels: usize, budget: &mut usize) -> bool {
    let Some(message) = BLIND.parse(raw) else { return false };
    let mut messages = 0;
    walk(message, |_, is_message| messages += usize::from(is_message));
    let most = LIMIT.min(COPIED / raw.len().max(1));
    messages > most || !too_deep(raw, levels, budget).is_empty()
}

/// Goes through all parts, and says which are messages. However deep they are nested, nothing recurs.
fn walk(message: Message<'_>, mut seen: impl FnMut(&MessagePart<'_>, bool)) {
    let mut levels = vec![message.parts.into_iter()];
    while let Some(level) = levels.last_mut() {
        let Some(mut part) = level.next() else {
            levels.pop();
            continue;
        };
        let inner = match std::mem::take(&mut part.body) {
            PartType::Message(inner) => Some(inner),
            _ => None,
        };
        seen(&part, inner.is_some());
        levels.extend(inner.map(|inner| inner.parts.into_iter()));
    }
}

/// Where the fields begin that encode a part, and how.
fn encodings(part: &MessagePart<'_>, raw: &[u8]) -> Vec<(usize, Coding)> {
    let all = part.headers.iter().filter(|h| h.name == HeaderName::ContentTransferEncoding);
    let coded = all.filter_map(|header| {
        let (start, end) = (header.offset_start as usize, header.offset_end as usize);
        let coding = Coding::of(raw.get(start..end)?.trim_ascii());
        (coding != Coding::Identity).then_some((header.offset_field as usize, coding))
    });
    coded.collect()
}

/// Whether a message may be enclosed that is encoded. Rather yes than no, and quickly.
fn may_enclose(raw: &[u8]) -> bool {
    let (mut behind, mut digest) = (0, false);
    // In less than that there cannot be too many.
    let most = raw.len().saturating_sub(LIMIT * SHORTEST);
    let hyphens = memchr::memchr_iter(b'-', raw.get(..most).unwrap_or_default());
    for hyphen in hyphens.filter(|at| stands_at(raw, *at, b"-encoding")) {
        if hyphen < behind {
            continue;
        }
        let (looked, header) = (behind, header_around(raw, hyphen, behind));
        behind = header.end;
        // What it stands in was declared before it.
        digest = digest || has(raw.get(looked..behind).unwrap_or_default(), b"digest", 2);
        let header = raw.get(header).unwrap_or_default();
        let encloses = digest || encloses(header);
        let coded = || has(header, b"base64", 0) || has(header, b"quoted-printable", 0);
        if encloses && coded() {
            return true;
        }
    }
    false
}

/// Whether a header may call its part a message: a comment may stand anywhere in the type.
fn encloses(header: &[u8]) -> bool {
    let behind = |at: usize, len: usize| header.get(at + len..).unwrap_or_default();
    let is_id = |at| has(behind(at, 7).get(..3).unwrap_or_default(), b"-id", 0);
    let commented = |at| memchr::memchr(b'(', behind(at, 12)).is_some();
    places(header, b"message", 0).any(|at| !is_id(at))
        || places(header, b"content-type", 0).any(commented)
}

/// The lines around byte `at` of which none is empty, from byte `begin` on at most.
fn header_around(raw: &[u8], at: usize, begin: usize) -> std::ops::Range<usize> {
    let before = raw.get(begin..at).unwrap_or_default();
    let start = memchr::memrchr_iter(b'\n', before).find(|end| is_empty_line(before, *end));
    let rest = raw.get(at..).unwrap_or_default();
    let end = memchr::memchr_iter(b'\n', rest).find(|end| is_empty_line(rest, *end));
    begin + start.map_or(0, |end| end + 1)..at + end.map_or(rest.len(), |end| end + 1)
}

/// Whether the line that ends at `end` is empty, and another stands before it.
fn is_empty_line(bytes: &[u8], end: usize) -> bool {
    let before = bytes.get(..end).unwrap_or_default();
    before.ends_with(b"\n") || before.ends_with(b"\n\r")
}

/// Whether `word` stands in `text`.
fn has(text: &[u8], word: &[u8], rare: usize) -> bool {
    places(text, word, rare).next().is_some()
}

/// Where `word` stands in `text`, whatever its case; its letter at `rare` is looked for.
fn places<'a>(text: &'a [u8], word: &'a [u8], rare: usize) -> impl Iterator<Item = usize> + 'a {
    let letter = word.get(rare).copied().unwrap_or_default();
    let letters =
        memchr::memchr2_iter(letter.to_ascii_lowercase(), letter.to_ascii_uppercase(), text);
    letters.filter_map(move |at| {
        let start = at.checked_sub(rare)?;
        stands_at(text, start, word).then_some(start)
    })
}

/// Whether `word` stands there in `text`, whatever its case.
fn stands_at(text: &[u8], start: usize, word: &[u8]) -> bool {
    text.get(start..start + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Messages in each other.
    fn nested(levels: usize) -> String {
        "Content-Type: message/rfc822\r\n\r\n".repeat(levels) + "Subject: x\r\n\r\nx\r\n"
    }

    /// A message in which `header` encloses those, in base64.
    fn enclosing(header: &str, levels: usize) -> String {
        let inside = STANDARD.encode(nested(levels));
        let lines: Vec<_> = inside.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
        format!("{header}\r\n\r\n{}\r\n", lines.join("\r\n"))
    }

    const PLAIN: &str = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64";

    /// However it is written, nothing is copied so deep that the stack could end.
    #[test]
    fn what_is_too_deep_is_hidden_however_it_is_written() {
        let long = format!("X: {}\r\n{PLAIN}", "x".repeat(70_000));
        let digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b";
        let spaced = "Content-Type: multipart / digest; boundary=b\r\n\r\n--b";
        let coded = "Content-Transfer-Encoding: base64";
        for header in [
            PLAIN.to_owned(),
            PLAIN.to_ascii_uppercase(),
            long,
            "Content-Type: message\r\n /rfc822\r\nContent-Transfer-Encoding: base64".to_owned(),
            "Content-Type: (x) message (y) / rfc822\r\nContent-Transfer-Encoding: base64"
                .to_owned(),
            "Content-Type: message/global\r\nContent-Transfer-Encoding:\r\n base64".to_owned(),
            format!("{digest}\r\n{coded}"),
            format!("{spaced}\r\n{coded}"),
            format!("{digest}{coded}"),
            format!("{digest}\r\n\r{coded}"),
        ] {
            let text = enclosing(&header, 300);
            let seen = bounded(text.as_bytes());
            // The parser may have reasons of its own to decode nothing.
            let own = super::super::PARSER.parse(&*seen).unwrap();
            let mut deepest = 0;
            walk(own, |part, _| {
                deepest += usize::from(part.encoding != mail_parser::Encoding::None);
            });
            assert_eq!(deepest, 0, "{header}");
            super::super::Content::read(enclosing(&header, 3000));
        }
    }

    #[test]
    fn what_is_no_deeper_than_others_is_seen_whole() {
        for text in [
            enclosing(PLAIN, 50),
            enclosing("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", 300),
            nested(300),
            format!("{PLAIN}\r\n\r\n").repeat(2) + &"x".repeat(LIMIT * SHORTEST),
        ] {
            assert!(matches!(bounded(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn nearly_all_messages_are_only_looked_over() {
        let part =
            "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n";
        let text = format!("Message-ID: <1@x.example>\r\n{}", part.repeat(100));
        assert!(!may_enclose(text.as_bytes()));
        assert!(!may_enclose(enclosing(PLAIN, 1).as_bytes()));
        assert!(may_enclose(enclosing(PLAIN, LIMIT).as_bytes()));
    }

    #[test]
    fn a_header_is_what_stands_between_empty_lines() {
        for text in ["a\n\nB: c\nD: e\n\nf", "a\r\n\r\nB: c\r\nD: e\r\n\r\nf"] {
            let range = header_around(text.as_bytes(), text.find('D').unwrap(), 0);
            assert_eq!(range, text.find('B').unwrap()..text.find('f').unwrap(), "{text:?}");
        }
        assert_eq!(header_around(b"B: c\nD: e", 5, 0), 0..9);
    }

    #[test]
    fn what_takes_too_long_is_too_deep() {
        let text = enclosing(PLAIN, 1);
        let mut budget = 8;
        assert_eq!(too_deep(text.as_bytes(), LEVELS, &mut budget).len(), 1);
    }
}
