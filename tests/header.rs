//! Headers that nobody here wrote: every field is in the view of the header once, every Received
//! field in that of the way once, whatever the bytes, and what we read of it is what another
//! reader reads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

#[path = "support/corpora.rs"]
mod corpora;

use std::path::PathBuf;

use ehlo::display::Role;
use ehlo::display::content::{Carried, Judged, header, trace};
use ehlo::display::text::width;
use ehlo::display::token::visible;
use ehlo::knowledge::Lang;
use ehlo::session::content::Content;
use ehlo::session::received::{Received, Word};
use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderValue, Host};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Its test mails.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![corpora::sources("mail-parser").join("resources")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "eml" || e == "txt") {
                out.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    out
}

/// Number of hops, after everything was looked at that both views say.
fn look(bytes: &[u8], columns: usize) -> usize {
    let content = Content::read(bytes.to_vec());
    let judged = Judged::of(&content, &Carried::default());
    let mut hops = 0;
    for lang in [Lang::En, Lang::Ja] {
        let lines = header::lines(&judged, lang, columns, usize::MAX);
        let mut names: Vec<_> = lines
            .iter()
            .filter(|line| line.part == Some(0))
            .filter(|line| line.pieces.first().is_some_and(|(role, _)| *role == Role::Field))
            .map(|line| line.span.unwrap())
            .collect();
        // A long name stands on several lines.
        names.dedup();
        let fields: Vec<_> = content.fields.iter().map(|field| field.span).collect();
        let judged_len = judged.headers[0].fields.len();
        assert_eq!(names, fields[..judged_len], "every field once, in its order");
        for finding in &judged.headers[0].findings {
            let Some(span) = finding.span else { continue };
            let drawn = lines.iter().filter(|line| line.span == Some(span)).count();
            assert!(drawn > 0, "{finding:?} is shown");
            assert!(span.start <= span.end && span.end <= bytes.len(), "{finding:?}");
        }
        let lines = trace::lines(&content, &judged.trace, lang, columns, usize::MAX);
        let heads: Vec<_> = lines
            .iter()
            .filter(|line| line.pieces.first().is_some_and(|(_, text)| text == "•   "))
            .filter(|line| line.pieces[1].1.starts_with(|c: char| c.is_ascii_digit()))
            .filter_map(|line| line.span)
            .collect();
        let received =
            content.fields.iter().rev().filter(|f| f.name.eq_ignore_ascii_case("received"));
        let received: Vec<_> = received.map(|field| field.span).collect();
        assert_eq!(heads, received, "every hop once, the lowest first");
        hops = heads.len();
    }
    hops
}

#[test]
fn every_field_of_the_corpus_is_shown_once() {
    let (mut mails, mut hops) = (0, 0);
    for (path, bytes) in corpus() {
        eprintln!("{}", path.display());
        hops += look(&bytes, 38).max(look(&bytes, 100));
        mails += 1;
    }
    eprintln!("{mails} mails, {hops} Received fields");
    assert!(mails >= 100 && hops > 0, "{mails} mails, {hops} hops");
}

/// The Received fields inside the sources of mail-parser, from servers of all kinds, and what it
/// reads of them: who, from where, by whom, under which number and when.
///
/// Where the two differ, it reads zones by name as UTC, years of two digits as of the first
/// century, fractions of seconds as zones, and `ctime` dates not at all; it cuts ids at a slash and
/// names at a colon, and takes words inside of comments for clauses. Ours leaves out a comment that
/// stands before all clauses. An address that stands where a name should be it leaves to `from`.
#[test]
fn received_fields_are_read_as_another_reader_reads_them() {
    let path = corpora::sources("mail-parser").join("resources").join("received.json");
    let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let mut all = 0;
    for case in cases.as_array().unwrap() {
        let value = case["header"].as_str().unwrap();
        let ours = Received::read(value.as_bytes(), 0);
        let HeaderValue::Received(theirs) = MessageStream::new(value.as_bytes()).parse_received()
        else {
            continue;
        };
        all += 1;
        let plain = |text: &str| text.trim_matches(['[', ']', '.', '<', '>']).to_lowercase();
        let host = |host: &Host<'_>| plain(&host.to_string());
        let name = |word: &Word| plain(&word.text);
        let rows = [
            ("by", theirs.by.as_ref().map(host), ours.by.as_ref().map(name)),
            ("from", theirs.from.as_ref().map(host), ours.from.as_ref().map(name)),
            (
                "ip",
                theirs.from_ip.map(|ip| ip.to_canonical().to_string()),
                ours.ip.map(|(ip, _)| ip.to_string()).filter(|_| theirs.from_ip.is_some()),
            ),
            ("id", theirs.id.as_deref().map(plain), ours.id.as_ref().map(name)),
            (
                "date",
                theirs.date.map(|date| date.to_timestamp().to_string()),
                ours.date.map(|date| date.second().to_string()),
            ),
        ];
        for (what, theirs, ours) in rows {
            if theirs != ours {
                eprintln!("{what}: {theirs:?} {ours:?}: {value:?}");
                *counts.entry(what).or_default() += 1;
            }
        }
    }
    eprintln!("{all} fields, {counts:?}");
    let want = [("by", 1), ("date", 10), ("from", 8), ("id", 3), ("ip", 1)];
    assert_eq!((all, counts.into_iter().collect::<Vec<_>>()), (189, want.to_vec()));
}

/// Pieces of which headers are made, and of which they should not be.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = select(vec![
        "Received: ",
        "Return-Path: <",
        "Date: ",
        "From: ",
        "Resent-Date: ",
        "Resent-To: ",
        "ARC-Seal: i=1;",
        "from ",
        "by ",
        "with ESMTPSA ",
        "(",
        ")",
        ";",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        "a.example",
        "[192.0.2.1]",
        "Mon, 23 Nov 2026 07:54:41 +0000",
        "+9999",
        "=?utf-8?q?=C3=A9?=",
        "<a@b.example>",
        "\"",
        "\\",
        ":",
        "\r\n\r\n",
        "Content-Type: message/rfc822\r\n\r\n",
        "TLS1.3",
        "\u{65e5}",
    ]);
    let known = known.prop_map(|text: &str| text.as_bytes().to_vec());
    prop_oneof![5 => known, 1 => vec(any::<u8>(), 0..6)]
}

#[test]
fn headers_that_were_shown_wrongly() {
    look(b"Received: \r\n\rReceived: Received: ", 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_a_header_and_a_way(pieces in vec(piece(), 0..60), columns in 1usize..60) {
        look(&pieces.concat(), columns);
    }

    /// Names may be of any length, and values of one word.
    #[test]
    fn nothing_of_a_field_is_lost(
        name in "[!-9;-~]{1,90}",
        value in prop_oneof![".{0,200}", "[a-z]{0,200}", "[a-z ]{0,200}"],
        columns in 4usize..100,
    ) {
        let lines = header::field_lines(&name, &value, false, columns);
        let text = |line: &Vec<(Role, String)>| line.iter().map(|(_, text)| &**text).collect::<String>();
        for line in &lines {
            prop_assert!(width(text(line).trim_end()) <= columns, "{columns}: {line:?}");
        }
        let marks = |text: &str| text.replace(char::is_whitespace, "");
        let shown: String = lines.iter().map(text).collect();
        let whole = format!("{}:{}", visible(name.as_bytes()), visible(value.as_bytes()));
        prop_assert_eq!(marks(&shown), marks(&whole));
    }
}

/// What explains a field stands at each of its lines: it must not grow with the field.
#[test]
fn a_long_field_is_explained_as_a_short_one_is() {
    let text = format!("Received: from {} by b; x\r\n\r\n", "word ".repeat(20_000));
    let content = Content::read(text);
    let lines = header::lines(&Judged::of(&content, &Carried::default()), Lang::En, 78, usize::MAX);
    assert!(lines.len() > 1_000);
    assert!(lines.iter().all(|line| line.about.len() < 100));
}
