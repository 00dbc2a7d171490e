//! Parts of messages: taken apart, judged, seen in every view, and kept, however large or deep.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ehlo::display::content::parts::{AT_ONCE, Rows};
use ehlo::display::content::{self, Carried, ContentView, Judged, Laid, Sheet, Shown, Side, Way};
use ehlo::display::content::{place, raw};
use ehlo::display::text::width;
use ehlo::journal::{Event, Happening, Moment, Side as Peer};
use ehlo::knowledge::Lang;
use ehlo::session::content::Content;
use ehlo::session::{Dialogue, Keep, Message};
use ehlo::smtp::payload;
use program::{Home, arg};
use proptest::prelude::*;
use pty::Terminal;

/// A message behind DATA.
fn sent(content: &[u8]) -> Message {
    let data = payload::stuff(content.to_vec());
    said(&[
        (Peer::Client, "DATA\r\n".into()),
        (Peer::Server, "354 \r\n".into()),
        (Peer::Client, data),
    ])
}

fn said(lines: &[(Peer, Bytes)]) -> Message {
    kept(lines, usize::MAX)
}

/// The message of which so many bytes at most are kept.
fn kept(lines: &[(Peer, Bytes)], message: usize) -> Message {
    let mut dialogue = Dialogue::new(Keep { message, ..Keep::ALL });
    let opened = Event::new(Moment(0), Happening::Opened(Box::default()));
    dialogue.apply(&opened);
    dialogue.apply(&Event::bytes(Moment(0), Peer::Server, "220 \r\n".into()));
    for (from, bytes) in lines {
        dialogue.apply(&Event::bytes(Moment(0), *from, bytes.clone()));
    }
    dialogue.messages().last().unwrap().clone()
}

struct Desk {
    message: Message,
    content: Content,
    judged: Judged,
    laid: Laid,
}

impl Desk {
    fn of(content: &[u8]) -> Self {
        let message = sent(content);
        Self::with(Content::read(message.content()), message)
    }

    fn with(content: Content, message: Message) -> Self {
        let judged = Judged::of(&content, &Carried::default());
        Self { message, content, judged, laid: Laid::default() }
    }

    fn sheet(&self, columns: usize, shown: Shown) -> Sheet<'_> {
        let Self { message, content, judged, laid } = self;
        let (verified, grows, lang) = (None, false, Lang::En);
        Sheet { content, judged, verified, message, grows, shown, lang, columns, laid }
    }

    fn view(&self, view: ContentView, columns: usize, shown: Shown) -> Vec<String> {
        let lines = content::lines(view, &self.sheet(columns, shown), 0..usize::MAX);
        lines.iter().map(content::Line::text).collect()
    }
}

const TREE: &str = "From: alice@example.org\r\nSubject: All of it\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nThis is MIME.\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <a href=\"http://x.example/\">there</a><img src=\"cid:dot@x\">\r\n--c--\r\n--b\r\nContent-Type: image/png; name=\"../dot.png\"\r\nContent-ID: <dot@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6B\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inside\r\nFrom: carol@example.net\r\n\r\n..dotted\r\n--b--\r\nbye\r\n";

#[test]
fn a_tree_of_parts() {
    let desk = Desk::of(TREE.as_bytes());
    let lines = desk.view(ContentView::Parts, 60, Shown::default());
    let text = lines.join("\n");
    for wanted in [
        "1 multipart/mixed",
        "\u{2502} preamble, 15 B: This is MIME.",
        "\u{251c}\u{2500}2 multipart/alternative",
        "\u{2502} \u{251c}\u{2500}3 text/plain",
        "\u{2502} \u{2514}\u{2500}4 text/html; utf-8",
        "\u{251c}\u{2500}5 image/png; base64; \"../dot.png\"; <dot@x>",
        "the name is a path",
        "\u{2514}\u{2500}6 message/rfc822",
        "Subject: Inside",
        "  \u{2514}\u{2500}7 text/plain",
        "epilogue, 5 B: bye",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    for columns in [38, 60, 78, 120] {
        for line in desk.view(ContentView::Parts, columns, Shown::default()) {
            assert!(width(line.trim_end()) <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn what_is_said_of_an_enclosed_message_is_where_it_stands() {
    let turned = TREE.replace(
        "Subject: Inside\r\nFrom: carol@example.net",
        "From: carol@example.net\r\nSubject: Inside",
    );
    for (text, order) in
        [(TREE, ["Subject: Inside", "From: carol"]), (&turned, ["From: carol", "Subject: Inside"])]
    {
        let desk = Desk::of(text.as_bytes());
        let sheet = desk.sheet(60, Shown::default());
        let lines = content::lines(ContentView::Parts, &sheet, 0..usize::MAX);
        let at =
            order.map(|text| lines.iter().position(|line| line.text().contains(text)).unwrap());
        assert!(at[0] < at[1], "{order:?}");
        for (line, field) in at.into_iter().zip(order) {
            let own = lines[line].span.unwrap().of(&desk.content.raw);
            let own = String::from_utf8_lossy(own);
            assert!(own.starts_with(field) && own.lines().count() == 1, "{own}");
        }
    }
}

/// A byte has one place on each side, however many dots were doubled before it.
#[test]
fn bytes_on_the_way_are_bytes_of_the_message() {
    let text = b"Subject: x\r\n\r\n.dot\r\nplain\r\n..two\r\n.\r\nthe end\r\n";
    let desk = Desk::of(text);
    for side in [Side::Sent, Side::Stored] {
        for columns in [30, 60, 80] {
            let sheet = desk.sheet(columns, Shown { side, ..Shown::default() });
            let lines = content::lines(ContentView::Hex, &sheet, 0..usize::MAX);
            let mut seen = Vec::new();
            for at in 0..desk.content.raw.len() {
                let byte = ehlo::smtp::Span::new(at, at + 1);
                let row = content::hex::row_of(&sheet, at).unwrap();
                assert!(lines[row].span.unwrap().start <= at, "{side:?} {at}");
                // The first byte of a line may stand behind its dot in the next row.
                let (text, places) = [row, row + 1]
                    .into_iter()
                    .filter_map(|row| {
                        let places = content::hex::places(&sheet, row, &[byte]);
                        let last = places.into_iter().rfind(|place| place.len() == 1)?;
                        Some((lines[row].text(), last))
                    })
                    .next_back()
                    .unwrap();
                seen.push(text.as_bytes()[places.start]);
            }
            let expected: Vec<_> = text
                .iter()
                .map(|byte| if (0x20..=0x7e).contains(byte) { *byte } else { b'.' })
                .collect();
            assert_eq!(seen, expected, "{side:?} {columns}");
            // Together the rows show all of it, and nothing twice.
            let mut end = 0;
            for span in lines.iter().filter_map(|line| line.span) {
                assert_eq!(span.start, end, "{side:?} {columns}");
                end = span.end;
            }
            assert_eq!(end, text.len());
        }
    }
}

/// Wherever one begins to look, the tree is the same.
#[test]
fn lines_of_the_tree_are_made_where_somebody_looks() {
    let nested = |depth: usize| {
        (0..depth).fold(String::from("\r\ninside\r\n"), |inner, at| {
            format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\nbefore\r\n--b{at}\r\n{inner}\r\n--b{at}--\r\nafter {at}\r\n")
        })
    };
    for text in [TREE.to_owned(), nested(12), String::new(), "no header".to_owned()] {
        for columns in [30, 78] {
            let desk = Desk::of(text.as_bytes());
            let all = desk.view(ContentView::Parts, columns, Shown::default());
            let sheet = desk.sheet(columns, Shown::default());
            for start in 0..=all.len() {
                let seen = content::lines(ContentView::Parts, &sheet, start..start + 3);
                let seen: Vec<_> = seen.iter().map(content::Line::text).collect();
                assert_eq!(seen, all[start..all.len().min(start + 3)], "{start}");
                let fresh = Desk::of(text.as_bytes());
                let fresh = fresh.sheet(columns, Shown::default());
                let counted = content::count(ContentView::Parts, &fresh, start);
                assert_eq!(counted, start);
            }
            assert_eq!(content::count(ContentView::Parts, &sheet, usize::MAX), all.len());
            let lines = content::lines(ContentView::Parts, &sheet, 0..usize::MAX);
            for at in 0..desk.content.parts.len() {
                let own = lines.iter().position(|line| line.part == Some(at));
                assert_eq!(content::parts::line_of(&sheet, at), own);
            }
        }
    }
}

#[test]
fn what_is_numbered_in_a_view_has_a_place() {
    let text = format!(
        "Received: from a by b; Thu, 26 Nov 2026 10:00:00 +0000\r\nReceived: from c by a; Thu, 26 Nov 2026 09:00:00 +0000\r\nDKIM-Signature: v=1; d=x.example\r\n{TREE}"
    );
    let desk = Desk::of(text.as_bytes());
    let sheet = desk.sheet(60, Shown::default());
    for (view, n, what, count, line) in [
        (ContentView::Header, 1, "goto.field", 7, Some("Received: ")),
        (ContentView::Header, 5, "goto.field", 7, Some("Subject: All of it")),
        (ContentView::Header, 8, "goto.field", 7, None),
        (ContentView::Header, 0, "goto.field", 7, None),
        (ContentView::Trace, 2, "goto.hop", 2, Some("2  2026-11-26 10:00:00")),
        (ContentView::Parts, 5, "goto.part", 7, Some("\u{251c}\u{2500}5 image/png")),
        (ContentView::Parts, 8, "goto.part", 7, None),
        (ContentView::Authenticity, 1, "goto.signature", 1, Some("x.example")),
        (ContentView::Authenticity, 2, "goto.signature", 1, None),
    ] {
        let place = place::of(view, &sheet, n).unwrap();
        let found = place.line.map(|at| desk.view(view, 60, Shown::default())[at].clone());
        assert_eq!((place.what, place.count), (what, count), "{view:?} {n}");
        assert_eq!(found.is_some(), line.is_some(), "{view:?} {n}: {found:?}");
        let (found, line) = (found.unwrap_or_default(), line.unwrap_or_default());
        assert!(found.contains(line), "{view:?} {n}: {found}");
    }
    for view in [ContentView::Body, ContentView::Raw, ContentView::Hex, ContentView::Thread] {
        assert_eq!(place::of(view, &sheet, 1), None);
    }
}

/// The bytes that each line of a part shows, as text.
fn shown_bytes(desk: &Desk, part: usize, way: Option<Way>) -> Vec<(String, Option<String>)> {
    let shown = Shown { part: Some(part), way, ..Shown::default() };
    let lines = content::lines(ContentView::Body, &desk.sheet(20, shown), 0..usize::MAX);
    let raw = &desk.content.raw;
    let bytes = |line: &content::Line| {
        line.span.map(|span| String::from_utf8_lossy(span.of(raw)).into_owned())
    };
    lines.iter().map(|line| (line.text(), bytes(line))).collect()
}

#[test]
fn a_line_of_a_body_knows_its_bytes() {
    let text = "Subject: x\r\n\r\nshort\r\n\r\na line that is broken in two\r\nt\u{e5}g\r\n";
    let desk = Desk::of(text.as_bytes());
    let line = |text: &str, bytes: &str| (text.to_owned(), Some(bytes.to_owned()));
    let long = "a line that is broken in two\r\n";
    let seen = shown_bytes(&desk, 0, None);
    let own = [
        line("short", "short\r\n"),
        line("", "\r\n"),
        line("a line that is", long),
        line("broken in two", long),
    ];
    assert_eq!(seen[..4], own);
    let rest: String = seen[4..].iter().filter_map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(rest, "t\u{e5}g\r\n");
    // What was decoded is all of its part.
    let text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8KeW91\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nna\u{ef}ve\r\n--b--\r\n";
    let desk = Desk::of(text.as_bytes());
    for (part, way, body, lines) in [
        (1, None, "aGVsbG8KeW91", 2),
        (1, Some(Way::Hex), "aGVsbG8KeW91", 1),
        (2, None, "na\u{ef}ve", 1),
    ] {
        let seen = shown_bytes(&desk, part, way);
        let bytes: Vec<_> = seen.iter().filter_map(|(_, bytes)| bytes.as_deref()).collect();
        assert!(bytes.len() >= lines && bytes.iter().all(|own| *own == body), "{seen:?}");
    }
}

#[test]
fn parts_are_seen_in_several_ways() {
    let desk = Desk::of(TREE.as_bytes());
    let seen = |part, way| {
        desk.view(ContentView::Body, 60, Shown { part, way, ..Shown::default() }).join("\n")
    };
    for (part, way, wanted) in [
        (None, None, "plain"),
        (Some(3), None, "Hello there <http://x.example/>"),
        (Some(3), None, "picture: cid:dot@x = 5"),
        (Some(3), Some(Way::Text), "<p>Hello"),
        (Some(4), None, "A picture of 2 x 3 points."),
        (Some(4), None, "Would be saved as: dot.png"),
        (Some(4), Some(Way::Hex), "0000 89 50 4e 47"),
        (Some(4), Some(Way::Encoded), "iVBORw0KGgo"),
        (Some(4), Some(Way::Header), "Content-ID: <dot@x>"),
        (Some(5), None, "Subject: Inside"),
        (Some(6), None, "..dotted"),
        (Some(0), None, "This is MIME."),
        (Some(99), None, "plain"),
    ] {
        assert!(seen(part, way).contains(wanted), "{part:?} {way:?} {wanted}\n{}", seen(part, way));
    }
}

#[test]
fn bytes_on_the_way_and_in_the_end() {
    let desk = Desk::of(b"Subject: x\r\n\r\n.dot\r\n..two\r\n");
    let seen = |side| desk.view(ContentView::Raw, 60, Shown { side, ..Shown::default() });
    assert_eq!(
        seen(Side::Sent),
        [
            "Subject: x\\r\\n",
            "\\r\\n",
            "..dot\\r\\n  < the first dot is for the way only",
            "...two\\r\\n  < the first dot is for the way only",
            ".\\r\\n  < end of data, no part of the message",
            "Sent 32 B - doubled dots 2 - end mark 3 B = stored 27 B",
        ]
    );
    assert_eq!(
        seen(Side::Stored)[..4],
        ["Subject: x\\r\\n", "\\r\\n", ".dot\\r\\n", "..two\\r\\n"]
    );
    let both = desk.view(ContentView::Raw, 120, Shown { side: Side::Both, ..Shown::default() });
    assert!(both[2].contains("\u{2502} .dot\\r\\n"), "{both:?}");
    let after = seen(Side::Both);
    assert_eq!((after[0].as_str(), after[6].as_str()), ("as sent", "as stored"));
    let hex = |side| desk.view(ContentView::Hex, 80, Shown { side, ..Shown::default() });
    assert!(
        hex(Side::Sent)[1].starts_with("0010 64 6f 74 0d 0a 2e 2e 2e"),
        "{:?}",
        hex(Side::Sent)
    );
    assert_eq!(hex(Side::Stored).len(), 2);
    for (side, at, place) in [
        (Side::Sent, 2, (Side::Sent, 14)),
        (Side::Sent, 5, (Side::Sent, 32)),
        (Side::Stored, 4, (Side::Stored, 27)),
        (Side::Both, 0, (Side::Sent, 0)),
        (Side::Both, 6, (Side::Stored, 0)),
        (Side::Both, 11, (Side::Sent, 32)),
    ] {
        let shown = Shown { side, ..Shown::default() };
        assert_eq!(raw::place(&desk.sheet(60, shown), at), place, "{side:?} {at}");
    }
}

#[test]
fn borders_of_chunks() {
    let message = said(&[
        (Peer::Client, "BDAT 14\r\nSubject: x\r\n\r\n".into()),
        (Peer::Server, "250 \r\n".into()),
        (Peer::Client, "BDAT 3\r\nabc".into()),
        (Peer::Client, "BDAT 5 LAST\r\nde\r\n.".into()),
    ]);
    let content = Content::read(message.content());
    let desk = Desk::with(content, message);
    assert_eq!(
        desk.view(ContentView::Raw, 70, Shown::default()),
        [
            "[chunk 1: 14 B]Subject: x\\r\\n",
            "\\r\\n",
            "[chunk 2: 3 B]abc[chunk 3: 5 B]de\\r\\n",
            ".",
            "Sent in chunks: 3. 22 B were sent, and the same bytes are stored.",
        ]
    );
}

/// A message of messages, or of multiparts, as deep as is wished.
fn nested(depth: usize, multipart: bool) -> Vec<u8> {
    let mut out = String::new();
    for level in 0..depth {
        let _ = if multipart {
            write!(out, "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n")
        } else {
            write!(out, "Content-Type: message/rfc822\r\n\r\n")
        };
    }
    out.push_str("Subject: last\r\n\r\ntext\r\n");
    out.into_bytes()
}

/// On a stack of a size that a recursion over the depth would not fit.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap();
    thread.join().unwrap();
}

#[test]
fn no_depth_ends_the_stack() {
    on_a_small_stack(|| {
        let desk = Desk::of(&nested(200_000, false));
        assert_eq!(desk.content.parts.len(), 200_001);
        assert_eq!(desk.content.judgement().of_part(200_000).len(), 0);
    });
    on_a_small_stack(|| {
        let desk = Desk::of(&nested(10_000, false));
        assert!(desk.view(ContentView::Parts, 38, Shown::default()).len() >= 10_001);
    });
    on_a_small_stack(|| {
        let desk = Desk::of(&nested(2_000, true));
        assert!(desk.content.parts.len() >= 2_000);
        // The tree of threads is made of all messages.
        for view in ContentView::ALL.into_iter().filter(|view| *view != ContentView::Thread) {
            assert!(!desk.view(view, 38, Shown::default()).is_empty(), "{view:?}");
        }
    });
}

/// A message that encloses another one in base64.
fn encoded(inner: &[u8]) -> String {
    use base64::Engine as _;
    let inner = base64::engine::general_purpose::STANDARD.encode(inner);
    let mut text = "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_owned();
    for line in inner.as_bytes().chunks(76) {
        text.push_str(std::str::from_utf8(line).unwrap());
        text.push_str("\r\n");
    }
    text
}

#[test]
fn no_depth_inside_of_an_encoded_message_ends_the_stack() {
    on_a_small_stack(|| {
        let desk = Desk::of(encoded(&nested(50_000, false)).as_bytes());
        let [part] = &desk.content.parts[..] else { panic!("{}", desk.content.parts.len()) };
        assert_eq!(part.kind, "message/rfc822");
        assert!(desk.content.decoded(0).starts_with(b"Content-Type: message/rfc822"));
        assert!(!desk.view(ContentView::Parts, 38, Shown::default()).is_empty());
    });
}

#[test]
fn many_parts_are_looked_at_once() {
    let mut text =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    for n in 0..100_000 {
        let _ = write!(text, "--b\r\n\r\n{n}\r\n");
    }
    text.push_str("--b--\r\n");
    let desk = Desk::of(text.as_bytes());
    assert_eq!(desk.content.parts.len(), 100_001);
    let sheet = desk.sheet(80, Shown::default());
    // Nobody waits for more than the first of them.
    let known = content::count(ContentView::Parts, &sheet, usize::MAX);
    assert_eq!(known, AT_ONCE + 1);
    assert!(content::lines(ContentView::Parts, &sheet, 100_000..100_001).is_empty());
    desk.laid.keep_rows(Lang::En, 80, Rows::whole(&desk.content, Lang::En, 80));
    assert_eq!(content::count(ContentView::Parts, &sheet, usize::MAX), 100_001);
    let last = content::lines(ContentView::Parts, &sheet, 100_000..100_001);
    assert!(last[0].text().contains("100001 text/plain"), "{last:?}");
    assert_eq!(last[0].part, Some(100_000));
}

#[test]
fn an_encoded_message_is_decoded_once_for_all_its_parts() {
    let mut inner = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    for n in 0..4_000 {
        let _ = write!(
            inner,
            "--b\r\nContent-Type: multipart/mixed; boundary=c{n}\r\n\r\nbefore {n}\r\n--c{n}\r\n\r\nx\r\n--c{n}--\r\nbehind {n}\r\n"
        );
    }
    inner.push_str("--b--\r\n");
    let content = Content::read(encoded(inner.as_bytes()));
    content.judgement();
    let begun = Instant::now();
    let rows = Rows::whole(&content, Lang::En, 80);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let message = sent(&content.raw);
    let desk = Desk::with(content, message);
    desk.laid.keep_rows(Lang::En, 80, rows);
    let seen = desk.view(ContentView::Parts, 80, Shown::default()).concat();
    for n in [0, 1, 3_999] {
        assert!(seen.contains(&format!(": before {n}")), "{n}");
        assert!(seen.contains(&format!(": behind {n}")), "{n}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any bytes are taken apart without a panic; what is inside lies inside; each byte is shown.
    #[test]
    fn any_bytes_are_seen(body in pieces(), columns in 2_usize..130) {
        let desk = Desk::of(&body);
        let content = &desk.content;
        for (at, part) in content.parts.iter().enumerate() {
            let source = content.source(at);
            prop_assert!(part.header.start <= part.header.end && part.body.end <= source.len());
            let outer = content.parts[..at].iter().rposition(|outer| outer.depth < part.depth);
            if let Some(outer) = outer.filter(|o| content.parts[*o].within == part.within) {
                let outer = &content.parts[outer];
                prop_assert!(outer.body.start <= part.header.start, "{outer:?} {part:?}");
                prop_assert!(part.body.end <= outer.body.end.max(part.body.end));
            }
            for way in [Way::Text, Way::Hex, Way::Encoded, Way::Header, Way::Facts, Way::Readable] {
                let shown = Shown { part: Some(at), way: Some(way), ..Shown::default() };
                desk.view(ContentView::Body, columns, shown);
            }
        }
        for flaw in content.judgement().flaws() {
            prop_assert!(flaw.part < content.parts.len());
            prop_assert!(flaw.span.end <= content.source(flaw.part).len(), "{flaw:?}");
        }
        for view in ContentView::ALL {
            for side in [Side::Sent, Side::Stored, Side::Both] {
                let shown = Shown { side, ..Shown::default() };
                let lines = desk.view(view, columns, shown);
                let count = content::count(view, &desk.sheet(columns, shown), usize::MAX);
                prop_assert_eq!(lines.len(), count, "{:?} {:?}", view, side);
            }
        }
        let hex = desk.view(ContentView::Hex, 80, Shown { side: Side::Stored, ..Shown::default() });
        let mut seen = Vec::new();
        for line in hex {
            let digits = line.get(5..5 + 48).unwrap().trim();
            seen.extend(digits.split_whitespace().map(|d| u8::from_str_radix(d, 16).unwrap()));
        }
        prop_assert_eq!(&seen[..], &content.raw[..]);
    }
}

/// Pieces of messages in any order, among any bytes.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "Content-Type: multipart/digest; boundary=c\r\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
        "Content-Type: image/png; name=\"x.pdf.exe\"\r\n",
        "Content-Disposition: attachment; filename*=utf-8''%e9\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "Subject: x\r\n",
        "\r\n",
        "--b\r\n",
        "--b--\r\n",
        "--c\n",
        "QUJD\r\n",
        "<a href=x><img src=//x><b hidden>",
        "=E9=\r\n",
        ".\r\n",
        "\u{202e}\u{65e5}\u{301}",
    ]);
    let piece = prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_part_goes_into_a_pipe_as_it_is() {
    let home = Home::new();
    let path = home.file("m.eml", TREE);
    let file = arg(&path);
    let run = |args: &[&str]| home.run([&["show", file][..], args].concat()).with(0);
    let png = home.ehlo(["show", file, "--part", "5"]).output().unwrap();
    assert!(png.status.success());
    assert_eq!(png.stdout.len(), 33, "{:?}", png.stdout);
    assert!(png.stdout.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(
        run(&["--part", "5", "--as", "raw"]).out,
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6B"
    );
    assert_eq!(run(&["--part", "3", "--as", "text"]).out, "plain");
    assert!(run(&["--view", "parts"]).out.contains("5 image/png"));
    assert!(run(&["--view", "hex"]).out.starts_with("0000 46 72 6f 6d"));
    assert!(run(&["--view", "raw"]).out.contains("From: alice@example.org\\r\\n\n"));
    assert!(
        run(&["--view", "body", "--part", "4"]).out.contains("Hello there <http://x.example/>")
    );
    let wrong = home.run(["show", file, "--part", "99"]).with(64);
    assert!(wrong.err.contains("there is no such part; parts: 7"), "{}", wrong.err);
    home.run(["show", file, "--view", "odd"]).with(64);
    let both = home.run(["show", file, "--view", "parts", "--part", "2"]).with(64);
    assert!(both.err.contains("--view body alone shows one --part"), "{}", both.err);
    let json = &home.run(["show", file, "--json"]).with(0).json()[0];
    let part = &json["content"][0]["parts"][4];
    assert_eq!(part["content_id"], "dot@x");
    assert_eq!(part["nature"], "binary");
    let flaws: Vec<_> =
        part["flaws"].as_array().unwrap().iter().map(|f| f["what"].as_str().unwrap()).collect();
    assert!(flaws.contains(&"name-path"), "{flaws:?}");
}

#[test]
fn that_there_is_no_body_is_printed() {
    let home = Home::new();
    let none = "There is no body: no empty line ends the header section.\n";
    let (tree, empty) = ("1 text/plain, 0 B\n", "The body is empty.\n");
    for (text, body, parts) in [
        ("no header at all\r\n", none, none.to_owned()),
        ("Subject: x\r\n", none, format!("{tree}{none}")),
        ("Subject: x\r\n\r\n", empty, tree.to_owned()),
    ] {
        let path = home.file("m.eml", text);
        let view = |name| home.run(["show", arg(&path), "--view", name]).with(0).out;
        assert_eq!((view("body"), view("parts")), (body.to_owned(), parts), "{text}");
    }
}

#[test]
fn of_a_message_that_broke_off_nothing_is_said_that_only_its_end_can_tell() {
    let home = Home::new();
    let text = "S: 220 x\nC: EHLO a\nS: 250 x\nC: MAIL FROM:<>\nS: 250 x\nC: RCPT TO:<b>\nS: 250 x\nC: DATA\nS: 354 x\nC: MIME-Version: 1.0\nC: Content-Type: multipart/mixed; boundary=b\nC:\nC: --b\nC: Content-Type: image/png\nC: Content-Transfer-Encoding: base64\nC:\nC: QUJDREVG\nC: QUI\n";
    let path = home.file("cut.txt", text);
    let file = arg(&path);
    let part = home.run(["show", file, "--part", "2"]).with(0);
    assert_eq!(part.out, "ABCDEF");
    assert!(part.err.contains("only the beginning of part 2 is here"), "{}", part.err);
    let tree = home.run(["show", file, "--view", "parts"]).with(0).out;
    assert!(tree.contains("2 image/png; base64, at least 13 > 6 B"), "{tree}");
    assert!(tree.contains("It broke off after 146 B"), "{tree}");
    assert!(!tree.contains('!') && !tree.contains("one part only"), "{tree}");
    let sent = |path| {
        let json = &home.run(["show", arg(path), "--json"]).with(0).json()[0];
        json["content"][0].clone()
    };
    let cut = sent(&path);
    assert_eq!((&cut["whole"], &cut["parts"][1]["complete"]), (&false.into(), &false.into()));
    let flaws = |sent: &serde_json::Value| -> Vec<_> {
        let parts = sent["parts"].as_array().unwrap().iter();
        let flaws = parts.flat_map(|part| part["flaws"].as_array().unwrap().clone());
        flaws.map(|flaw| flaw["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(flaws(&cut), Vec::<String>::new());
    let header = text.split("C: Content-Type").next().unwrap();
    let header = home.file("header.txt", header);
    let seen = home.run(["show", arg(&header), "--view", "header"]).with(0).out;
    assert!(seen.contains("It broke off after") && !seen.contains("is missing"), "{seen}");
    assert_eq!(sent(&header)["findings"], serde_json::json!([]));
    let ended = home.file("ended.txt", format!("{text}C: .\nS: 250 x\n"));
    let ended = sent(&ended);
    assert_eq!((&ended["whole"], &ended["parts"][1]["complete"]), (&true.into(), &true.into()));
    assert_eq!(
        flaws(&ended),
        [
            "the boundary is never closed: --b--",
            "a multipart with one part only",
            "base64 with a wrong end: four characters belong together, the last ones filled with =",
        ]
    );
}

#[test]
fn each_view_of_what_is_not_kept_whole_says_so() {
    let lines = [
        (Peer::Client, "DATA\r\n".into()),
        (Peer::Server, "354 \r\n".into()),
        (Peer::Client, payload::stuff(TREE.as_bytes().to_vec())),
    ];
    let message = kept(&lines, 400);
    let desk = Desk::with(message.read(), message);
    for view in [ContentView::Parts, ContentView::Body, ContentView::Raw, ContentView::Hex] {
        for (columns, shown) in [
            (200, Shown::default()),
            (60, Shown { part: Some(4), way: Some(Way::Hex), ..Shown::default() }),
        ] {
            let sheet = desk.sheet(columns, shown);
            let all = content::lines(view, &sheet, 0..usize::MAX);
            let text: String = all.iter().map(content::Line::text).collect();
            let size = TREE.len();
            let said = format!("These are only the first 400 B of {size} B");
            assert!(text.contains(&said), "{view:?}: {text}");
            assert!(!text.contains("never closed"), "{view:?}: {text}");
            assert_eq!(content::count(view, &sheet, usize::MAX), all.len(), "{view:?}");
            for from in 0..=all.len() {
                let some = content::lines(view, &sheet, from..from + 2);
                let wanted = &all[from..(from + 2).min(all.len())];
                assert_eq!(some, wanted, "{view:?} {from}");
                let count = content::count(view, &sheet, from);
                assert!(count >= from && count <= all.len(), "{view:?} {from}: {count}");
            }
        }
    }
    let whole = Desk::of(TREE.as_bytes());
    assert!(whole.view(ContentView::Parts, 60, Shown::default()).concat().contains("multipart"));
    assert!(!whole.view(ContentView::Parts, 60, Shown::default()).concat().contains("These are"));
}

#[test]
fn to_a_terminal_nothing_goes_as_it_is() {
    let home = Home::new();
    let text = TREE.replace("plain\r\n", "\x1b[31mred\r\n");
    let path = home.file("m.eml", text);
    let mut t = Terminal::ehlo((80, 24), &["show", arg(&path), "--part", "3", "--as", "decoded"]);
    t.wait_for("\\x1b[31mred");
    t.wait_for_end();
    for (part, form, told) in [
        ("5", "raw", "iVBORw0KGgo"),
        ("5", "decoded", "89 50 4e 47"),
        ("4", "text", "<p>Hello <a href"),
    ] {
        let args = ["show", arg(&path), "--part", part, "--as", form];
        let mut t = Terminal::ehlo((80, 24), &args);
        t.wait_for(told);
        t.wait_for_end();
    }
}

#[test]
fn the_first_of_several_messages_is_meant_and_of_envelopes_all() {
    let home = Home::new();
    let talk = "S: 220 mx\nC: HELO x\nS: 250 mx\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@y.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: first\nC: \nC: the first\nC: .\nS: 250 ok\nC: MAIL FROM:<c@x.example>\nS: 250 ok\nC: RCPT TO:<d@y.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: second\nC: \nC: the second\nC: .\nS: 250 ok\n";
    let path = home.file("talk.txt", talk);
    let view = |args: &[&str]| home.run([&["show", arg(&path)][..], args].concat()).with(0).out;
    assert_eq!(view(&["--view", "body"]), "the first\n");
    assert_eq!(view(&["--view", "body", "--message", "2"]), "the second\n");
    assert_eq!(view(&["--part", "1"]), "the first\r\n");
    let all = view(&["--view", "envelope"]);
    for said in ["<a@x.example>", "<b@y.example>", "<c@x.example>"] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let second = view(&["--view", "envelope", "--message", "2"]);
    assert!(second.contains("<d@y.example>") && !second.contains("<b@y.example>"), "{second}");
    let mail = home.file("m.eml", TREE);
    let none = home.run(["show", arg(&mail), "--view", "envelope"]).with(64);
    assert!(none.err.contains("What lies in a file has no envelope any more."), "{}", none.err);
    let mut t = Terminal::ehlo((80, 24), &["open", arg(&mail)]);
    t.wait_for("All of it");
    t.line(":view env");
    t.wait_for("has no envelope any more");
    t.keys("\x11");
    t.wait_for_end();
}

#[test]
fn a_part_is_opened_and_kept() {
    let home = Home::new();
    let path = home.file("m.eml", TREE);
    let kept = home.path("kept.png");
    let mut t = Terminal::ehlo((120, 40), &["open", arg(&path)]);
    t.wait_for("All of it");
    t.keys("4");
    t.line(":view parts");
    t.wait_for("5 image/png");
    t.keys("4");
    for _ in 0..40 {
        t.keys("\x1b[B");
    }
    t.line(&format!(":save-part 5 {}", arg(&kept)));
    t.wait_for("saved to");
    assert_eq!(std::fs::read(&kept).unwrap().len(), 33);
    std::fs::write(&kept, "mine").unwrap();
    t.line(&format!(":save-part 5 {}", arg(&kept)));
    t.wait_for("exists already");
    t.keys("s");
    t.wait_gone("exists already");
    assert_eq!(std::fs::read(&kept).unwrap(), b"mine");
    // The view stands where the selected bytes are.
    t.line(":view hex");
    t.wait_for("[Hex]");
    t.line(":goto 0x0");
    t.wait_for("0000 46 72 6f 6d");
    t.line(":goto 0x40");
    t.wait_for("0040 ");
    t.keys("\x11");
    t.wait_for_end();
}

/// Large messages open and scroll; what is drawn is bounded by keys, not by bytes.
#[test]
fn a_large_message_is_no_burden() {
    // Without optimisation it is the reading that takes long.
    let size: usize = if cfg!(debug_assertions) { 4 << 20 } else { 50 << 20 };
    let home = Home::new();
    let head = "Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
    let lines = format!("{head}\r\n{}", "0123456789abcdef\r\n".repeat(size / 18));
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let coded =
        format!("{head}Content-Transfer-Encoding: base64\r\n\r\n{}", line.repeat(size / 78));
    let one = format!("{head}\r\n{}\r\n", "x".repeat(size));
    for (name, text, seen) in
        [("lines", lines, "0123456789abcdef"), ("coded", coded, "ABCABC"), ("one", one, "xxxx")]
    {
        let path = home.file(&format!("{name}.eml"), &text);
        let mut t = Terminal::ehlo((80, 24), &["open", arg(&path)]);
        t.wait_for("F9");
        t.wait_gone("reading");
        t.keys("4");
        let before = t.written().len();
        t.line(":view hex");
        t.wait_for("000000 ");
        t.line(":goto 0x200000");
        t.wait_for("200000 ");
        t.line(":view body");
        t.wait_for(seen);
        t.line(":view raw");
        // One cursor: the line is in sight in which the byte stands.
        t.wait_for("[Raw]");
        // A frame is one screen at most, and there are few of them.
        let written = t.written().len() - before;
        assert!(written < 200 * 80 * 24, "{name}: {written} bytes were written");
        t.keys("\x11");
        t.wait_for_end();
    }
}
