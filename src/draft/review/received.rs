//! The header of a message that is there already, by the same rules, with places in its bytes.
//!
//! A draft is text with LF; what was sent or received is bytes, which can end lines in three ways
//! and need not be UTF-8. That is judged here; everything else by the rules of the draft, on the
//! text that the bytes come nearest to. What is no fault once a message is on its way is left out.

use crate::smtp::Span;

use super::super::field::Section;
use super::super::offers::Offers;
use super::rule::{
    ADVISED, BARE_LF, FOLDED, MISSING, NO_END, NO_VERSION, NOT_UTF8, RETURN_PATH, SENDER_MISSING,
};
use super::{Left, Mark, Marks, field, form, line, mime, need, word};

/// Something to be said about bytes of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, in the bytes that were read; nothing for what is missing from the whole.
    pub span: Option<Span>,
    /// What; its line is that of the bytes.
    pub mark: Mark,
}

/// What is odd about a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is missing from the whole, then what stands in it, from the top.
    pub all: Vec<Finding>,
    /// How many are not listed.
    pub left: Left,
}

/// A line of bytes.
struct Line<'a> {
    start: usize,
    bytes: &'a [u8],
    /// How it ends.
    end: &'a [u8],
}

/// What may still come where the end of a header was not seen.
const TO_COME: [&str; 5] =
    [MISSING.key, ADVISED.key, SENDER_MISSING.key, NO_VERSION.key, NO_END.key];

/// What is odd about `header`, the empty line at its end included. Where its `end` was not seen,
/// nothing is missing from it, and a line that is not over is not judged.
pub fn received(header: &[u8], end: bool, offers: &Offers) -> Findings {
    let over = memchr::memrchr(b'\n', header).map_or(0, |at| at + 1);
    let over = if end { header.len() } else { over };
    let raw = cut(header.get(..over).unwrap_or(header));
    let texts: Vec<String> = raw.iter().map(|line| text(line.bytes)).collect();
    let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
    let section = Section::read(&lines, 0..lines.len());
    let mut silent = vec![FOLDED.key, RETURN_PATH.key];
    silent.extend(TO_COME.iter().filter(|_| !end));
    let mut marks = Marks { places: places(&section), silent, ..Marks::default() };
    let in_header = || raw.iter().zip(&texts).enumerate().take(section.lines.end);
    for (at, (bytes, text)) in in_header() {
        line::one(at, text, bytes.bytes, true, &mut marks);
        of_bytes(at, bytes, &mut marks);
    }
    if raw.iter().any(|line| line.end == b"\r\n") {
        for (at, (bytes, _)) in in_header().filter(|(_, (line, _))| line.end == b"\n") {
            marks.add(&BARE_LF, at, Span::new(bytes.bytes.len(), bytes.bytes.len() + 1));
        }
    }
    form::read(&lines, &section, &mut marks);
    field::read(&lines, &section, &mut marks);
    word::read(&lines, &section, &mut marks);
    mime::version(&lines, &section, &mut marks);
    if let Some((at, _)) =
        in_header().find(|(_, (line, text))| !text.is_ascii() && str::from_utf8(line.bytes).is_ok())
    {
        marks.add(need::international(offers), at, need::beyond_ascii(&lines, at));
    }
    marks.columns(&lines);
    let missing = |mark: &Mark| {
        let general = [MISSING.key, ADVISED.key].contains(&mark.key);
        general && !mark.about.starts_with("Resent-")
    };
    let mut all = marks.all;
    all.sort_by_key(|mark| (!missing(mark), mark.line, std::cmp::Reverse(mark.severity)));
    let found = |mark: Mark| Finding {
        span: raw.get(mark.line).filter(|_| !missing(&mark)).map(|line| place(line, mark.span)),
        mark,
    };
    Findings { all: all.into_iter().map(found).collect(), left: marks.left }
}

/// The line with which begins what each line belongs to: a field, or lines that are none.
fn places(section: &Section<'_>) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    let mut none = None;
    for field in &section.fields {
        let begin = match &field.value {
            Some(_) => field.lines.start,
            None => none.unwrap_or(field.lines.start),
        };
        none = field.value.is_none().then_some(begin);
        out.extend(field.lines.clone().map(|_| begin));
    }
    out
}

/// The lines of a header.
fn cut(header: &[u8]) -> Vec<Line<'_>> {
    let mut start = 0;
    let line = |whole: &'_ [u8]| {
        let end = if whole.ends_with(b"\r\n") { 2 } else { usize::from(whole.ends_with(b"\n")) };
        whole.len() - end
    };
    let mut out = Vec::new();
    for whole in header.split_inclusive(|b| *b == b'\n') {
        let (bytes, end) = whole.split_at(line(whole));
        out.push(Line { start, bytes, end });
        start += whole.len();
    }
    out
}

/// What the bytes come nearest to: one sign stands for what is no UTF-8.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a text cannot show.
fn of_bytes(at: usize, line: &Line<'_>, marks: &mut Marks) {
    let mut place = 0;
    for chunk in line.bytes.utf8_chunks() {
        place += chunk.valid().len();
        let len = chunk.invalid().len();
        if len > 0 {
            let sign = char::REPLACEMENT_CHARACTER.len_utf8();
            marks.add(&NOT_UTF8, at, Span::new(place, place + sign));
            place += sign;
        }
    }
}

/// Where a span of the text of a line stands in the bytes of the header.
fn place(line: &Line<'_>, span: Span) -> Span {
    let all = line.bytes.len() + line.end.len();
    let at = |wanted: usize| {
        let (mut text, mut bytes) = (0, 0);
        for chunk in line.bytes.utf8_chunks() {
            let (valid, invalid) = (chunk.valid().len(), chunk.invalid().len());
            if wanted <= text + valid {
                return bytes + wanted - text;
            }
            text += valid;
            bytes += valid;
            if invalid > 0 {
                text += char::REPLACEMENT_CHARACTER.len_utf8();
                bytes += invalid;
                if wanted <= text {
                    return bytes;
                }
            }
        }
        bytes + wanted - text
    };
    Span::new(line.start + at(span.start).min(all), line.start + at(span.end).min(all))
}

#[cfg(test)]
mod tests {
    use super::super::super::offers::tests::everything;
    use super::*;

    const HEAD: &[u8] =
        b"Date: Mon, 23 Nov 2026 07:54:41 +0000\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\n";

    /// What is said about `field` behind a good header, with the bytes that it is about.
    fn seen(field: &[u8], end: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let all = [HEAD, field, end].concat();
        let found = received(&all, true, &everything()).all;
        let of =
            |f: Finding| (f.mark.key, f.span.map_or_else(Vec::new, |span| span.of(&all).to_vec()));
        found.into_iter().map(of).collect()
    }

    #[test]
    fn findings_stand_where_their_bytes_are() {
        for (field, key, bytes) in [
            (&b"Subject: a \xe9\xe8 b"[..], "review.not-utf8", &b"\xe9"[..]),
            (b"Subject: caf\xc3\xa9", "review.international", b"\xc3\xa9"),
            (b"Subject: \xff\xc3\xa9 \x01", "review.not-utf8", b"\xff"),
            (b"Subject: a\rb", "review.bare-cr", b"\r"),
            (b"Subject: a\0b", "review.nul", b"\0"),
            (b"Subject: a\nX: b", "flaw.bare-lf", b"\n"),
            (b"Subject : a", "review.space-colon", b" "),
            (b"Subject: \xff =?x-none?q?a?=", "review.word-charset", b"=?x-none?q?a?="),
            (b"Subject: a\r\n \r\n b", "review.blank-fold", b" "),
            (b"From: c@b.example", "review.repeated", b"From: c@b.example"),
        ] {
            let all = seen(field, b"\r\n\r\n");
            let has = all.contains(&(key, bytes.to_vec()));
            assert!(has, "{}: {all:?}", String::from_utf8_lossy(field));
        }
    }

    #[test]
    fn what_is_no_fault_of_a_message_on_its_way() {
        for field in [&b"Subject: a\r\n b"[..], b"X: 1"] {
            assert_eq!(seen(field, b"\r\n\r\n"), []);
        }
        let path = b"Return-Path: <>\r\n";
        let top = [path, HEAD, b"\r\n"].concat();
        assert_eq!(received(&top, true, &everything()), Findings::default());
        let twice = [path, &top[..]].concat();
        assert_eq!(received(&twice, true, &everything()), Findings::default());
        let stored = String::from_utf8_lossy(HEAD).replace("\r\n", "\n") + "\n";
        assert_eq!(received(stored.as_bytes(), true, &everything()), Findings::default());
    }

    #[test]
    fn a_line_has_as_many_octets_as_it_had() {
        let line = |n: usize| [&b"Subject: "[..], &b"\xe9".repeat(n)].concat();
        let long = |n| {
            let found = seen(&line(n), b"\r\n\r\n").into_iter();
            found.filter(|(key, _)| *key == "review.long").map(|(_, bytes)| bytes).next()
        };
        assert_eq!(long(998 - 9), None);
        assert_eq!(long(1000 - 9), Some(b"\xe9\xe9".to_vec()));
    }

    #[test]
    fn resent_fields_that_are_none_begin_no_block() {
        let fields = (0..10_000).map(|n| format!("Resent-{n}: x\r\n")).collect::<Vec<_>>().concat();
        let none = "Resent-From\r\n".repeat(10_000);
        for text in [fields.into_bytes(), none.into_bytes()] {
            let all = seen(&text, b"\r\n");
            assert!(all.iter().all(|(key, _)| *key != "review.missing"));
        }
    }

    #[test]
    fn what_is_so_many_times_in_a_field_is_one_finding() {
        let fields = b"X: a\0\r\n \0b\0\r\nY: \0\r\nno\r\nno\r\n\r\n";
        let found = received(&[HEAD, fields].concat(), true, &everything());
        let seen = found.all.iter().map(|f| (f.mark.key, f.mark.line, f.mark.column, f.mark.count));
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [("review.nul", 3, 5, 3), ("review.nul", 5, 4, 1), ("review.no-colon", 6, 1, 2)]
        );
    }

    #[test]
    fn what_is_not_listed_is_counted() {
        let fields = "X: \u{1}\u{1}\r\n \u{1}\r\n".repeat(5000);
        let found = received(&[HEAD, fields.as_bytes(), b"\r\n"].concat(), true, &everything());
        assert_eq!(
            (found.all.len(), found.left),
            (100, Left { warnings: 4900, ..Left::default() })
        );
    }

    #[test]
    fn what_is_missing_comes_first_and_has_no_place() {
        let found = received(b"To: bob\r\n\r\n", true, &Offers::default()).all;
        let seen: Vec<_> = found.iter().map(|f| (f.mark.key, f.span.is_some())).collect();
        assert_eq!(
            seen,
            [
                ("review.missing", false),
                ("review.missing", false),
                ("review.advised", false),
                ("review.bad-address", true),
            ]
        );
    }

    #[test]
    fn what_may_still_come_is_not_missed() {
        let header =
            b"To: bob\r\nFrom: a@x, b@x\r\nResent-To: c@x\r\nContent-Type: text/plain\r\nno";
        let keys = |end| -> Vec<_> {
            let found = received(header, end, &Offers::default()).all;
            found.iter().map(|f| f.mark.key).collect()
        };
        assert_eq!(keys(false), ["review.bad-address"]);
        let whole = keys(true);
        for key in TO_COME {
            assert!(whole.contains(&key), "{key} {whole:?}");
        }
        assert!(whole.contains(&"review.no-colon"), "{whole:?}");
    }
}
