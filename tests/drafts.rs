//! Drafts as a whole: they leave as they were written, templates are what they say, and what is
//! attached comes back byte for byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

use ehlo::draft::{
    Attachment, Encoding, Facts, Offers, Outline, Review, Severity, TEMPLATES, Template, attach,
    chunks, decode_header, encode_body, encode_header, mail_data, review, set_field, wire,
};
use ehlo::knowledge::{self, Lang};
use ehlo::smtp::ehlo::{Capabilities, Keyword};
use ehlo::smtp::payload::{END_MARK, unstuff};
use ehlo::tui::editor::Needs;
use mail_parser::{MessageParser, MimeHeaders};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ropey::Rope;

/// A server that offers all that a draft may need.
fn everything() -> Offers {
    let keyword = |name: &&str| Keyword {
        name: (*name).to_owned(),
        written: (*name).to_owned(),
        params: Vec::new(),
        line: 1,
    };
    let keywords = ["SIZE", "8BITMIME", "SMTPUTF8", "BINARYMIME"].iter().map(keyword).collect();
    let capabilities = Capabilities { keywords, ..Capabilities::default() };
    Offers { capabilities: Some(capabilities), declared: None }
}

fn facts() -> Facts {
    let now = "2026-11-23T07:54:41Z".parse().unwrap();
    Facts::new(now, 0xbeef, "Alice <alice@example.org>", "Bob <bob@example.net>")
}

fn filled(template: &Template, facts: &Facts) -> String {
    knowledge::filled(knowledge::data(&template.file()), &facts.places())
}

/// The keys of the marks that matter at least so much.
fn keys(review: &Review, least: Severity) -> Vec<&'static str> {
    let marks = review.marks.iter().filter(|mark| mark.severity >= least);
    let mut keys: Vec<_> = marks.map(|mark| mark.key).collect();
    keys.dedup();
    keys
}

#[test]
fn good_templates_are_good_and_broken_ones_have_their_mark_alone() {
    for template in TEMPLATES {
        let text = filled(template, &facts());
        let seen = review(&text, &everything());
        assert!(!text.contains('{'), "{}: {text}", template.name);
        let shown = seen.marks.iter().find(|mark| Some(mark.key) == template.broken);
        let least = shown.map_or(Severity::Warn, |mark| mark.severity.min(Severity::Warn));
        let want: Vec<_> = template.broken.into_iter().collect();
        assert_eq!(keys(&seen, least), want, "{}: {:#?}", template.name, seen.marks);
    }
}

/// Outline and review agree with the parser of finished messages.
#[test]
fn templates_have_the_parts_that_they_promise() {
    for (name, parts) in [
        ("plain", &["text/plain"][..]),
        ("html", &["multipart/alternative", "text/plain", "text/html"]),
        ("attachment", &["multipart/mixed", "text/plain", "text/csv"]),
        ("inline-image", &["multipart/related", "text/html", "image/png"]),
        (
            "report",
            &[
                "multipart/report",
                "text/plain",
                "message/delivery-status",
                "message/rfc822",
                "text/plain",
            ],
        ),
    ] {
        let outline = Outline::read(&filled(Template::find(name).unwrap(), &facts()));
        let seen: Vec<_> = outline.parts.iter().map(|part| part.content.kind.as_str()).collect();
        assert_eq!(seen, parts, "{name}");
    }
}

#[test]
fn a_reply_to_a_japanese_message_is_good() {
    let parent = "From: =?utf-8?B?5bGx55Sw?= <yamada@example.net>\r\nSubject: =?utf-8?B?5Lya6K2w?=\r\nMessage-ID: <1@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u{4f1a}\u{8b70}\r\n";
    let text = filled(Template::find("reply").unwrap(), &facts().answering(parent.as_bytes()));
    assert_eq!(keys(&review(&text, &everything()), Severity::Warn), [""; 0], "{text}");
    assert!(text.contains("\nTo: =?utf-8?B?5bGx55Sw?= <yamada@example.net>\n"), "{text}");
    assert!(text.contains("\n> \u{4f1a}\u{8b70}\n"), "{text}");
}

/// Files that try every encoding: their bytes, and whether they are text.
const FILES: &[(&str, &[u8])] = &[
    ("empty.txt", b""),
    ("lines.txt", b"one\r\n.two\r\n\r\n--bound\r\nFrom here\r\n"),
    ("no-end.txt", b"one\r\ntwo"),
    ("unix.txt", b"one\ntwo\n"),
    ("blank.txt", b"trailing \r\n\ttabs\t\r\n= equals =3D\r\n"),
    ("\u{65e5}\u{672c}\u{8a9e}.txt", "\u{65e5}\u{672c}\u{8a9e}\r\n".as_bytes()),
    ("picture.png", b"\x89PNG\r\n\x1a\n\0\xff\xfe\r"),
    (
        "long name with blanks, a comma and \u{e9}\u{e8}\u{ea} that has to be continued over lines.bin",
        &[7; 300],
    ),
];

#[test]
fn an_attachment_comes_back_byte_for_byte() {
    let plain = filled(Template::find("plain").unwrap(), &facts());
    let mixed = filled(Template::find("attachment").unwrap(), &facts());
    let mut count = 0;
    for text in [&plain, &mixed] {
        for (name, bytes) in FILES {
            for encoding in [None].into_iter().chain(Encoding::ALL.map(Some)) {
                let file = Attachment { name, bytes, kind: None, encoding, content_id: None };
                let Some(text) = attach(text, &file, "bound-ary") else {
                    let cannot = match encoding {
                        Some(Encoding::SevenBit) => !bytes.is_ascii(),
                        Some(Encoding::EightBit) => str::from_utf8(bytes).is_err(),
                        _ => false,
                    };
                    assert!(cannot, "{name} {encoding:?}");
                    continue;
                };
                let wire = wire(&text);
                let message = MessageParser::default().parse(&wire[..]).unwrap();
                let part = message.attachments().last().unwrap();
                let arrives = arriving(bytes, encoding);
                assert_eq!(part.contents(), arrives, "{name} {encoding:?}\n{text}");
                assert_eq!(part.attachment_name(), Some(*name), "{encoding:?}\n{text}");
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count} were read");
}

/// What arrives of a file: base64 keeps every byte, and so does what is no text of lines. Elsewhere
/// a line end is one, however it was written (RFC 2045 §6.7).
fn arriving(bytes: &[u8], encoding: Option<Encoding>) -> Vec<u8> {
    let lines = str::from_utf8(bytes).ok().filter(|_| encoding != Some(Encoding::Base64));
    lines.map_or_else(
        || bytes.to_owned(),
        |text| text.replace("\r\n", "\n").replace('\n', "\r\n").into(),
    )
}

#[test]
fn a_text_with_line_feeds_arrives_as_readable_lines() {
    let text = "caf\u{e9}\n= 1 =\nmore of it, so that it stays readable\n";
    let unix = |kind| Attachment {
        name: "unix.txt",
        bytes: text.as_bytes(),
        kind,
        encoding: None,
        content_id: None,
    };
    let seen = attach("A: b\n\n", &unix(None), "b").unwrap();
    assert!(seen.contains("\n\ncaf=C3=A9\n=3D 1 =3D\nmore of it, so"), "{seen}");
    let japanese = "\u{65e5}\u{672c}\n".as_bytes();
    let base64 = attach("A: b\n\n", &Attachment { bytes: japanese, ..unix(None) }, "b").unwrap();
    assert!(base64.contains("\n\n5pel5pysCg==\n"), "its bytes stay: {base64}");
    let seen = attach("A: b\n\n", &unix(Some("application/x-lines")), "b").unwrap();
    assert!(seen.contains("\n\ncaf=C3=A9=0A=3D 1 =3D=0Amore"), "its bytes stay: {seen}");
}

#[test]
fn an_attachment_with_its_own_encoding_needs_nothing() {
    let plain = filled(Template::find("plain").unwrap(), &facts());
    for (name, bytes) in FILES {
        let file = Attachment { name, bytes, kind: None, encoding: None, content_id: Some("a@b") };
        let text = attach(&plain, &file, "bound-ary").unwrap();
        let seen = review(&text, &everything());
        assert_eq!(keys(&seen, Severity::Warn), [""; 0], "{name}\n{text}");
        assert!(text.is_ascii(), "{name}");
    }
}

/// What people type, and what nobody should.
fn text() -> impl Strategy<Value = String> {
    let piece = select(&[
        "Subject: x\n",
        "Content-Type: multipart/mixed; boundary=b\n",
        "\n",
        "--b\n",
        "--b--\n",
        "Content-Transfer-Encoding: base64\n",
        "QUJD\n",
        ".\n",
        "..",
        "\r",
        "\r\n",
        "\0",
        "\u{e9}",
        "\u{65e5}",
        " ",
        "\t",
        "=?utf-8?q?x?=",
        "=",
        "From: a@b.example\n",
        "Resent-To: x\n",
        "<",
        ":",
        "Content-Type: message/rfc822\n",
        "Bcc:\n",
        "\"",
        "(",
        "MIME-Version: 1.0\n",
    ]);
    vec(piece.prop_map(str::to_owned), 0..30).prop_map(|pieces| pieces.concat())
}

/// The reverse of what [`wire`] promises.
fn crlf(text: &str) -> Vec<u8> {
    let mut out = text.replace('\n', "\r\n").into_bytes();
    if !text.is_empty() && !text.ends_with('\n') {
        out.extend_from_slice(b"\r\n");
    }
    out
}

proptest! {
    #[test]
    fn a_draft_arrives_as_it_was_written(text in text(), size in 1_usize..50) {
        let bytes = wire(&text);
        prop_assert_eq!(&bytes[..], crlf(&text));
        let data = mail_data(&text);
        let content = data.strip_suffix(END_MARK).unwrap();
        prop_assert_eq!(unstuff([content]), &bytes[..]);
        let pieces: Vec<_> = chunks(bytes.clone(), size).collect();
        let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.data.to_vec()).collect();
        prop_assert_eq!(whole, &bytes[..]);
        prop_assert_eq!(pieces.iter().filter(|piece| piece.last).count(), 1);
        prop_assert!(pieces.last().unwrap().last);
    }

    /// What is said to be needed is what leaves.
    #[test]
    fn what_leaves_is_counted(text in text()) {
        let needs = Needs::of(&Rope::from_str(&text));
        let (bytes, data) = (wire(&text), mail_data(&text));
        prop_assert_eq!((needs.message, needs.wire), (bytes.len() as u64, data.len() as u64));
        prop_assert_eq!(needs.dots, data.len() - END_MARK.len() - bytes.len());
        prop_assert_eq!(needs.lines, bytes.iter().filter(|b| **b == b'\n').count());
        let limited = |limit: u64| {
            let size = Keyword {
                name: "SIZE".to_owned(),
                written: "SIZE".to_owned(),
                params: vec![limit.to_string()],
                line: 1,
            };
            let capabilities = Capabilities { keywords: vec![size], ..Capabilities::default() };
            Offers { capabilities: Some(capabilities), declared: None }
        };
        let too_big = |limit: u64| {
            review(&text, &limited(limit)).marks.iter().any(|mark| mark.key == "review.size")
        };
        prop_assert!(!too_big(needs.message.max(1)));
        prop_assert_eq!(needs.message > 1 && !too_big(needs.message - 1), false);
    }

    /// The marks of a review stand in the text.
    #[test]
    fn marks_stand_in_the_text(text in text()) {
        let seen = review(&text, &Offers::default());
        let lines: Vec<_> = text.split('\n').collect();
        for mark in &seen.marks {
            let line = lines[mark.line];
            prop_assert!(line.get(mark.span.start..mark.span.end).is_some(), "{mark:?}");
            let values: Vec<_> = mark.values.iter().map(|(name, v)| (*name, v.as_str())).collect();
            let said = knowledge::fill(Lang::Ja, mark.key, &values);
            prop_assert!(!said.contains('{') && said != mark.key, "{said}");
        }
    }

    /// Whatever changes a draft can be asked of any text, and the outline covers every line.
    #[test]
    fn nothing_is_too_odd_to_be_changed(text in text(), line in 0_usize..40) {
        let outline = Outline::read(&text);
        for at in 0..text.split('\n').count().saturating_sub(1) {
            prop_assert!(outline.at(at).is_some(), "line {at}");
        }
        for encoding in Encoding::ALL {
            let _ = encode_body(&text, line, encoding);
        }
        let dated = set_field(&text, "Date", "x");
        prop_assert_eq!(set_field(&dated, "Date", "x"), dated.clone());
        prop_assert!(dated.contains("Date: x"));
        let file = Attachment { name: "x", bytes: b"y", kind: None, encoding: None, content_id: None };
        let with_file = attach(&text, &file, "edge").unwrap();
        for line in text.lines() {
            prop_assert!(with_file.contains(line), "{line:?} is lost in {with_file:?}");
        }
    }

    #[test]
    fn headers_come_back(value in "[a-z\u{e0}-\u{ff}\u{3040}-\u{30ff} ]{1,60}") {
        let value = value.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assume!(!value.is_empty() && !value.is_ascii());
        let encoded = encode_header("Subject", &value).unwrap();
        prop_assert!(encoded.is_ascii());
        prop_assert_eq!(decode_header("Subject", &encoded.replace('\n', "")), Some(value));
    }

    /// Encoding a body and taking the encoding away gives the text back.
    #[test]
    fn bodies_come_back(body in "([a-z=. \u{e9}\u{65e5}]{0,90}\n){1,5}") {
        let body = body.lines().map(str::trim_end).fold(String::new(), |all, l| all + l + "\n");
        let text = format!("A: b\n\n{body}");
        for encoding in [Encoding::Base64, Encoding::QuotedPrintable] {
            let encoded = encode_body(&text, 0, encoding).unwrap();
            prop_assert!(encoded.is_ascii());
            let back = encode_body(&encoded, 0, Encoding::EightBit).unwrap();
            prop_assert!(back.ends_with(&format!("\n\n{body}")), "{back:?}");
        }
    }
}
