//! Messages that others have collected, read in place: what ehlo makes of them is what Python's
//! `email` makes of them, or the difference is listed here with its reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "support/corpora.rs"]
mod corpora;
#[path = "support/proven.rs"]
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use corpora::Mail;
use ehlo::session::content::{Content, Field, Nature};
use ehlo::smtp::{Span, mailbox};
use serde_json::Value;
use sha2::Digest as _;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/email_reference.py");

/// What Python makes of each.
fn reference(mails: &[Mail]) -> Vec<Value> {
    let mut python = Command::new("/usr/bin/python3")
        .arg(REFERENCE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = String::new();
    for mail in mails {
        writeln!(asked, "{}\t{}", mail.path.display(), mail.skip).unwrap();
    }
    let mut stdin = python.stdin.take().unwrap();
    std::thread::spawn(move || stdin.write_all(asked.as_bytes()).unwrap());
    let out = python.wait_with_output().unwrap();
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What differs for a reason, by the end of the file's name, and in what.
#[rustfmt::skip]
const DIFFERENT: &[(&str, &[&str], &str)] = &[
    ("legacy/017.eml", &["bytes"], "x-uuencode is no encoding of MIME (RFC 2045 §6.1): ehlo shows it as it stands"),
    ("legacy/048.eml", &["bytes"], "x-uuencode, as in 017"),
    ("legacy/026.eml", &["text"], "x-uuencode, as in 017"),
    ("malformed/000.eml", &["tree"], "the header of each part goes on into the next boundary, which ehlo takes for a part of it"),
    ("malformed/001.eml", &["tree"], "one boundary begins like another: ehlo takes the shorter one for the other's beginning"),
    ("malformed/003.eml", &["tree"], "inner and outer boundary are the same: ehlo gives the parts to the inner multipart"),
    ("malformed/004.eml", &["tree"], "boundaries that no multipart declares, and that begin like one"),
    ("malformed/005.eml", &["tree"], "boundaries that end in hyphens, as the last one does"),
    ("malformed/006.eml", &["text"], "a text without a boundary behind it: Python takes its last line end away"),
    ("malformed/007.eml", &["tree"], "the header of a multipart goes on into its boundary"),
    ("malformed/008.eml", &["tree"], "one boundary begins like another, as in 001"),
    ("malformed/009.eml", &["tree"], "an inner multipart that is not closed: ehlo does not see the outer boundary in it"),
    ("malformed/011.eml", &["tree"], "an inner multipart that is not closed, as in 009"),
    ("malformed/012.eml", &["tree"], "an inner multipart that is not closed, as in 009"),
    ("malformed/013.eml", &["tree"], "inner and outer boundary are the same, as in 003"),
    ("malformed/014.eml", &["tree"], "the last boundary opens one more part, in which is nothing"),
    ("malformed/016.eml", &["tree"], "boundaries of 80 and more characters, each of which begins the next, as in 001"),
    ("malformed/017.eml", &["tree"], "no semicolon before the boundary: ehlo finds it all the same"),
    ("malformed/019.eml", &["addresses", "names", "tree"], "a first line that is no field: for Python all is body, for ehlo the header goes on"),
    ("malformed/020.eml", &["tree"], "the header of a multipart goes on into its first part"),
    ("malformed/021.eml", &["tree"], "the header of a multipart goes on into its first part"),
    ("malformed/022.eml", &["tree"], "an enclosed message that has no header is none for ehlo"),
    ("rfc/000.eml", &["bytes"], "base64 that is none («... base64-encoded ...»): ehlo shows it as it stands"),
    ("rfc/008.eml", &["tree"], "a message in base64 (which RFC 2046 §5.2.1 forbids): ehlo opens it"),
    ("thirdparty/002.eml", &["text"], "words behind the padding of base64, and base64 that is none"),
    ("thirdparty/003.eml", &["text"], "a blank and a lone CR behind the name of an encoding: ehlo still decodes it"),
    ("thirdparty/005.eml", &["text"], "an end mark that stands in no line of its own ends the part for ehlo"),
    ("thirdparty/015.eml", &["tree"], "enclosed headers that end at the outer boundary, without an empty line"),
    ("dkim/006.txt", &["value"], "encoded words in List-Unsubscribe, where none can stand (RFC 2047 §5): ehlo shows them as they are"),
    ("python/msg_14.txt", &["tree"], "a type without a subtype stays as it is written"),
    ("python/msg_15.txt", &["tree"], "inner and outer boundary are the same, as in malformed/003"),
    ("python/msg_19.txt", &["text"], "a message without a header: for ehlo its first paragraph is one"),
    ("python/msg_25.txt", &["names"], "the «From » line of a mailbox in front of the header"),
    ("python/msg_35.txt", &["text"], "a line that is no field, and no empty line: for Python the body begins"),
    ("python/msg_38.txt", &["tree"], "boundaries of outer multiparts within an inner one, as in malformed/009"),
    ("python/msg_39.txt", &["tree"], "inner and outer boundary are the same, as in malformed/003"),
    ("python/msg_42.txt", &["tree"], "a multipart that has nothing but an end mark: ehlo takes what is in it for a text"),
    ("python/msg_43.txt", &["addresses", "names"], "the «From » line of a mailbox, and a name before <>"),
];

/// Whose blocks Python makes messages of, though they are no messages (RFC 3464 §2.1, RFC 5965 §3,
/// RFC 2046 §5.2.2 and §5.2.3).
const NO_MESSAGES: &[&str] = &[
    "message/delivery-status",
    "message/feedback-report",
    "message/partial",
    "message/external-body",
];

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap_or("?").to_owned()).collect()
}

/// A part as Python sees it, without what it makes of blocks that are no messages.
fn parts_of(theirs: &Value) -> Vec<(usize, &Value)> {
    let mut below = None;
    let mut out = Vec::new();
    for part in theirs["parts"].as_array().unwrap() {
        let depth = usize::try_from(part["depth"].as_u64().unwrap()).unwrap();
        if below.is_some_and(|at| depth > at) {
            continue;
        }
        below = NO_MESSAGES.contains(&part["kind"].as_str().unwrap()).then_some(depth);
        out.push((depth, part));
    }
    out
}

fn digest(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// In what ehlo and Python differ, with both sides.
#[derive(Default)]
struct Differences(Vec<(&'static str, String)>);

impl Differences {
    fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &'static str,
        ours: &T,
        theirs: &T,
    ) -> bool {
        if ours != theirs {
            self.0.push((what, format!("ours {ours:?}\n  theirs {theirs:?}")));
        }
        ours == theirs
    }

    fn of(content: &Content, theirs: &Value) -> Self {
        let mut out = Self::default();
        out.header(content, theirs);
        let parts = parts_of(theirs);
        let ours: Vec<_> = content.parts.iter().map(|p| (p.depth, p.kind.clone())).collect();
        let kind = |part: &Value| part["kind"].as_str().unwrap().to_owned();
        let trees = parts.iter().map(|(depth, part)| (*depth, kind(part))).collect();
        if out.same("tree", &ours, &trees) {
            for (at, (_, part)) in parts.into_iter().enumerate() {
                out.part(content, at, part);
            }
        }
        out
    }

    fn header(&mut self, content: &Content, theirs: &Value) {
        let fields = || content.fields.iter();
        let names = fields().map(|field| field.name.clone()).collect();
        let their_names = strings(&theirs["names"]);
        self.same("names", &names, &their_names);
        let of =
            |name: &str| fields().filter(|f| f.name.eq_ignore_ascii_case(name)).collect::<Vec<_>>();
        for (name, values) in their_names.iter().zip(theirs["values"].as_array().unwrap()) {
            // What has a structure is written anew by Python; its meaning is compared below.
            if values.is_array() {
                let ours = of(name).iter().map(|field| squeezed(&field.value)).collect();
                let values =
                    strings(values).iter().map(|value| squeezed(value)).collect::<Vec<_>>();
                self.same("value", &ours, &values);
            }
        }
        for (name, list) in theirs["addresses"].as_object().unwrap() {
            let addresses = |field: &&Field| {
                let value = Span::new(field.value_at, field.span.end);
                mailbox::list(&content.raw, value).all.into_iter().map(|one| one.address)
            };
            let ours = of(name).iter().flat_map(addresses).collect();
            self.same("addresses", &ours, &strings(list));
        }
    }

    fn part(&mut self, content: &Content, at: usize, theirs: &Value) {
        let part = &content.parts[at];
        self.same("file name", &part.name.as_deref(), &theirs["name"].as_str());
        if let Some(text) = theirs["text"].as_str() {
            self.same("text", &content.text(at).as_deref(), &Some(text));
        }
        if let Some(theirs) = theirs["digest"].as_str().filter(|_| part.nature != Nature::Multipart)
            && !NO_MESSAGES.contains(&part.kind.as_str())
        {
            self.same("bytes", &digest(&content.decoded(at)).as_str(), &theirs);
        }
    }
}

#[test]
fn what_python_sees_is_what_ehlo_sees() {
    let mails = corpora::all();
    let theirs = reference(&mails);
    assert_eq!(mails.len(), theirs.len());
    let (mut wrong, mut unused) =
        (String::new(), DIFFERENT.iter().map(|row| row.0).collect::<BTreeSet<_>>());
    for (mail, theirs) in mails.iter().zip(&theirs) {
        let listed = DIFFERENT.iter().find(|(name, _, _)| mail.name.ends_with(name));
        let (name, expected) = listed.map_or(("", &[][..]), |(name, what, _)| (*name, *what));
        unused.remove(name);
        let found = Differences::of(&Content::read(mail.bytes()), theirs).0;
        let seen: BTreeSet<_> = found.iter().map(|(what, _)| *what).collect();
        if seen != expected.iter().copied().collect() {
            let short: Vec<String> = found
                .iter()
                .map(|(what, both)| {
                    format!("{what} {}", both.chars().take(LIMIT).collect::<String>())
                })
                .collect();
            writeln!(
                wrong,
                "{} {seen:?}, listed {expected:?}\n  {}",
                mail.name,
                short.join("\n  ")
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(unused.is_empty(), "listed, and not there: {unused:?}");
    let alike = format!("{} alike", mails.len() - DIFFERENT.len());
    table::proven("Python email", &format!("{} messages of others", mails.len()), &alike);
    for (name, what, reason) in DIFFERENT {
        table::proven("Python email", name, &format!("differs in {}: {reason}", what.join(", ")));
    }
}

/// How much of a difference is told.
const LIMIT: usize = 400;

#[test]
fn every_byte_is_in_some_line() {
    for mail in corpora::all() {
        let bytes = mail.bytes();
        let content = Content::read(bytes.clone());
        let mut at = 0;
        let mut line = 0;
        while at < bytes.len() {
            let span = content.line(line);
            assert_eq!(span.start, at, "{} line {line}", mail.name);
            assert_eq!(content.line_at(span.end - 1), line, "{}", mail.name);
            (at, line) = (span.end, line + 1);
        }
        assert_eq!(content.raw, bytes, "{}", mail.name);
    }
}
