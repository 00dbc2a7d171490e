//! What is wrong with a draft, and what the wire and the server will need for it.
//!
//! Everything is looked at anew with each change, in one pass over the lines and one over the
//! parts. A mark never stops a draft from going out.

mod addresses;
mod field;
mod form;
mod line;
mod mime;
mod need;
mod received;
mod rule;
mod word;

use std::collections::HashMap;

use crate::smtp::Span;

use super::field::lines;
use super::offers::Offers;
use super::part::{Part, parts};
use crate::session::flaw::rule::Rule;
pub use crate::session::flaw::rule::Severity;
pub use received::{Finding, Findings, received};

/// How many marks of one kind are listed; a pasted text has the same on every line.
pub const MARK_LIMIT: usize = 100;

/// Something to be said about a place in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its line, from 0.
    pub line: usize,
    /// Where in the line, in bytes of the text.
    pub span: Span,
    /// The same as a column, in characters from 1.
    pub column: usize,
    /// How often it is so; the place is that of the first.
    pub count: usize,
    /// How much it matters.
    pub severity: Severity,
    /// Key of its sentence.
    pub key: &'static str,
    /// What fills the places of the sentence.
    pub values: Vec<(&'static str, String)>,
    /// The clause it rests on.
    pub clause: &'static str,
    /// What explains more: a field, a keyword or an oddity of the knowledge base.
    pub about: &'static str,
}

/// What is odd about a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// What is to be said, by line.
    pub marks: Vec<Mark>,
    /// How many are not listed.
    pub left: Left,
}

/// How many marks there are beyond [`MARK_LIMIT`] of a kind, by how much they matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// What is good to know.
    pub remarks: usize,
}

impl Left {
    /// Those of a severity.
    pub const fn of(self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warn => self.warnings,
            Severity::Info => self.remarks,
        }
    }

    /// All of them.
    pub const fn all(self) -> usize {
        self.errors + self.warnings + self.remarks
    }

    const fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warn => self.warnings += 1,
            Severity::Info => self.remarks += 1,
        }
    }
}

impl Review {
    /// Number of marks of a severity, listed or not.
    pub fn count(&self, severity: Severity) -> usize {
        let listed = self.marks.iter().filter(|mark| mark.severity == severity).count();
        listed + self.left.of(severity)
    }

    /// The marks of one line, the worst first.
    pub fn at(&self, line: usize) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(move |mark| mark.line == line)
    }
}

/// Reviews a draft for a session in which `offers` are known.
pub fn review(text: &str, offers: &Offers) -> Review {
    let lines = lines(text);
    let parts = parts(text);
    let mut marks = Marks::default();
    line::read(text, &lines, &parts, &mut marks);
    if let Some(root) = parts.first() {
        form::read(&lines, &root.section, &mut marks);
        field::read(&lines, &root.section, &mut marks);
        word::read(&lines, &root.section, &mut marks);
    }
    mime::read(&lines, &parts, &mut marks);
    need::read(text, &lines, &parts, offers, &mut marks);
    marks.all.sort_by_key(|mark| (mark.line, std::cmp::Reverse(mark.severity)));
    marks.columns(&lines);
    Review { marks: marks.all, left: marks.left }
}

/// The marks as they are found. What is so many times in one place is one mark.
#[derive(Debug, Default)]
struct Marks {
    all: Vec<Mark>,
    left: Left,
    kinds: HashMap<&'static str, Met>,
    /// For each line the one with which its place begins: in a draft every line is one.
    places: Vec<usize>,
    /// The kinds of which nothing is said.
    silent: Vec<&'static str>,
}

/// What was met of one kind.
#[derive(Debug, Default)]
struct Met {
    listed: usize,
    /// The place that was looked at last: its marks, and the values of those that are not listed.
    place: Option<usize>,
    marks: Vec<usize>,
    left: Vec<Values>,
}

type Values = Vec<(&'static str, String)>;

/// Whether two marks of one kind in one place are one: how long or wide the first is stands for all.
fn is_same(one: &[(&'static str, String)], other: &[(&'static str, String)]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one == other || one.0 == "n" && other.0 == "n")
}

impl Marks {
    /// Marks a place in a line.
    fn add(&mut self, rule: &Rule, line: usize, span: Span) {
        self.say(rule, line, span, &[]);
    }

    /// Marks a place in a line and says values of it.
    fn say(&mut self, rule: &Rule, line: usize, span: Span, values: &[(&'static str, String)]) {
        if self.silent.contains(&rule.key) {
            return;
        }
        let place = self.places.get(line).copied().unwrap_or(line);
        let met = self.kinds.entry(rule.key).or_default();
        if met.place.replace(place) != Some(place) {
            met.marks.clear();
            met.left.clear();
        }
        for at in &met.marks {
            if let Some(mark) = self.all.get_mut(*at).filter(|mark| is_same(&mark.values, values)) {
                mark.count += 1;
                return;
            }
        }
        if met.left.iter().any(|left| is_same(left, values)) {
            return;
        }
        if met.listed == MARK_LIMIT {
            met.left.push(values.to_vec());
            self.left.add(rule.severity);
            return;
        }
        met.listed += 1;
        met.marks.push(self.all.len());
        self.all.push(Mark {
            line,
            span,
            column: 1,
            count: 1,
            severity: rule.severity,
            key: rule.key,
            values: values.to_vec(),
            clause: rule.clause,
            about: rule.about,
        });
    }

    /// Counts the columns, once all is found.
    fn columns(&mut self, lines: &[&str]) {
        for mark in &mut self.all {
            let line = lines.get(mark.line).copied().unwrap_or_default();
            mark.column += line.get(..mark.span.start).unwrap_or(line).chars().count();
        }
    }
}

/// All of a line.
fn whole(lines: &[&str], line: usize) -> Span {
    Span::new(0, lines.get(line).map_or(0, |line| line.len()))
}

/// The line on which `name` stands in the header of `part`, or where its header begins.
fn line_of(part: &Part<'_>, name: &str) -> usize {
    part.section.field(name).map_or(part.section.lines.start, |field| field.lines.start)
}

#[cfg(test)]
mod tests {
    use super::super::offers::tests::{everything, offering};
    use super::*;
    use crate::smtp::param::Param;

    const HEAD: &str =
        "Date: Mon, 23 Nov 2026 07:54:41 +0000\nFrom: a@b.example\nMessage-ID: <1@b.example>\n";

    /// The marks that matter, with the text that each is about.
    fn seen(text: &str, offers: &Offers) -> Vec<(&'static str, usize, String)> {
        let lines = lines(text);
        let of = |mark: &Mark| {
            let line = lines.get(mark.line).copied().unwrap_or_default();
            let about = mark.span.of(line.as_bytes()).to_vec();
            (mark.key, mark.line, String::from_utf8(about).unwrap())
        };
        review(text, offers).marks.iter().map(of).collect()
    }

    /// Behind a good header: what stands on line 3, and its first mark.
    #[test]
    fn a_field_and_its_mark() {
        for (field, key, about) in [
            ("no colon", "review.no-colon", "no colon"),
            ("Not good: x", "review.bad-name", "Not good"),
            ("Subject : x", "review.space-colon", " "),
            (
                "From a@b.example Mon Nov 23 07:54:41 2026",
                "review.mbox",
                "From a@b.example Mon Nov 23 07:54:41 2026",
            ),
            (
                "Received: by a.example; Mon, 23 Nov 2026 07:54:41 +0000",
                "review.trace-low",
                "Received: by a.example; Mon, 23 Nov 2026 07:54:41 +0000",
            ),
            ("Subject: =?x-none?q?a?=", "review.word-charset", "=?x-none?q?a?="),
            (": x", "review.bad-name", ""),
            (
                "Date: Mon, 23 Nov 2026 07:54:41 +0000",
                "review.repeated",
                "Date: Mon, 23 Nov 2026 07:54:41 +0000",
            ),
            ("Resent-To: a@b.example", "review.missing", "Resent-To: a@b.example"),
            ("Resent-Date: yesterday", "review.bad-date", "Resent-Date: yesterday"),
            ("To: ", "review.empty", "To: "),
            ("To: bob", "review.bad-address", "To: bob"),
            ("To: ,", "review.bad-address", "To: ,"),
            ("To: u@[IPv6:2001:db8::x]", "review.bad-address", "To: u@[IPv6:2001:db8::x]"),
            ("To: none:", "review.group-open", "To: none:"),
            (
                "Cc: t: a@x.example, b@x.example",
                "review.group-open",
                "Cc: t: a@x.example, b@x.example",
            ),
            ("Reply-To: A B <a@x.example", "review.angle-open", "Reply-To: A B <a@x.example"),
            (
                "To: A <a@x.example, B <b@x.example>",
                "review.angle-open",
                "To: A <a@x.example, B <b@x.example>",
            ),
            ("MIME-Version: 2.0", "review.version", "MIME-Version: 2.0"),
            ("MIME-Version:", "review.empty", "MIME-Version:"),
            ("Content-Type:", "review.empty", "Content-Type:"),
            ("Content-Type: text", "review.no-subtype", "Content-Type: text"),
            ("Content-Type: ; charset=x", "review.no-subtype", "Content-Type: ; charset=x"),
            ("Cc: a@x.example b@y.example", "review.bad-address", "Cc: a@x.example b@y.example"),
            (
                "Sender: a@b.example, c@b.example",
                "review.sender-several",
                "Sender: a@b.example, c@b.example",
            ),
            ("In-Reply-To: 1@x", "review.bad-id", "In-Reply-To: 1@x"),
            ("References: <1@x> <2 @x>", "review.bad-id", "References: <1@x> <2 @x>"),
            ("Bcc: c@b.example", "review.bcc", "Bcc: c@b.example"),
            ("Bcc:", "review.bcc-empty", "Bcc:"),
            ("Return-Path: <>", "review.return-path", "Return-Path: <>"),
            ("Subject: a =?utf-8?x?b?= c", "review.word-broken", "=?utf-8?x?b?="),
            ("Subject: =?utf-8?q?a b?=", "review.word-broken", "=?utf-8?q?a b?="),
            ("Subject: =?utf-8?b?R3L?=", "review.word-broken", "=?utf-8?b?R3L?="),
            ("To: \"=?utf-8?q?a?=\" <a@x.example>", "review.word-place", "=?utf-8?q?a?="),
            ("Subject: x=?utf-8?q?a?=", "review.word-place", "=?utf-8?q?a?="),
            ("Subject: =?utf-8?q?a?=, b", "review.word-place", "=?utf-8?q?a?="),
            ("Subject: =?utf-8?q?=1B?=", "review.word-control", "=?utf-8?q?=1B?="),
            ("To: =?utf-8?b?4oCu?= <a@x.example>", "review.word-direction", "=?utf-8?b?4oCu?="),
            (
                "Subject: =?utf-8?q?=E3=81?= =?utf-8?q?=82?=",
                "review.word-split",
                "=?utf-8?q?=E3=81?=",
            ),
            ("Subject: =?utf-8?q?a=E3?= b", "review.word-split", "=?utf-8?q?a=E3?="),
            ("Subject: =?euc-jp?q?=A4?= =?euc-jp?q?=A2?=", "review.word-split", "=?euc-jp?q?=A4?="),
            ("Subject: =?utf-8?q?a=FFb?=", "flaw.not-in-charset", "=?utf-8?q?a=FFb?="),
            ("Subject: =?us-ascii?q?=E9?=", "flaw.not-in-charset", "=?us-ascii?q?=E9?="),
            (
                "Content-Disposition: attachment; filename= =?utf-8?q?a?=",
                "review.word-place",
                "=?utf-8?q?a?=",
            ),
            ("List-Post: =?utf-8?q?a?= <mailto:a@x.example>", "review.word-place", "=?utf-8?q?a?="),
            ("Subject: a\rb", "review.bare-cr", "\r"),
            ("Subject: a\0b", "review.nul", "\0"),
            ("Subject: a\u{7f}b", "review.control", "\u{7f}"),
            ("Subject: caf\u{e9}", "review.international", "\u{e9}"),
            ("Content-Type: text/plain", "review.no-version", "Content-Type: text/plain"),
            ("content-id: <1@x.example>", "review.no-version", "content-id: <1@x.example>"),
            ("Content-Language: en", "review.no-version", "Content-Language: en"),
            ("Received: by a; soon", "review.bad-date", "Received: by a; soon"),
        ] {
            let text = format!("{HEAD}{field}\n\nbody\n");
            let marks = seen(&text, &everything());
            assert_eq!(marks.first(), Some(&(key, 3, about.to_owned())), "{field}: {marks:?}");
        }
    }

    #[test]
    fn a_word_that_shifts_comes_back_to_ascii() {
        for (word, marked) in [
            ("=?iso-2022-jp?b?GyRCJCI=?=", true),
            ("=?ISO-2022-JP?q?=1B=28Ja?=", true),
            ("=?iso-2022-jp?b?GyRCJCIbKEI=?=", false),
            ("=?utf-8?q?a?=", false),
        ] {
            let marks = seen(&format!("{HEAD}Subject: {word}\n\n"), &everything());
            let shifted = ("review.word-shift", 3, word.to_owned());
            assert_eq!(marks.contains(&shifted), marked, "{word}: {marks:?}");
        }
    }

    #[test]
    fn what_is_right_has_no_mark() {
        for field in [
            "Subject: http://x.example/?a=?b",
            "Subject: (=?utf-8?q?a?=) =?iso-8859-1?b?R3I=?=",
            "Subject: 5\" =?utf-8?q?a?=",
            "Subject:=?utf-8?q?a?=",
            "Content-Type: (comment) text (c)/plain\nMIME-Version: 1.0",
            "List-Post: <mailto:a@x.example> (a \" \\) (b) =?utf-8?q?a?=)",
            "To: undisclosed-recipients:;",
            "List-ID: =?utf-8?q?a?= <list.x.example>",
            "List-Post: <mailto:a@x.example> (=?utf-8?q?a?=)",
            "To: Friends: a@x.example, B <b@x.example>;",
            "To: u@[IPv6:2001:db8::1], A: v@[IPv6:::1];",
            "Cc: \"B, C\" <b@[192.0.2.1]>, =?utf-8?q?a?= <a@x.example>",
            "References: <1@x><2@x>\t<3@x>",
            "Reply-To: \"odd one\"@x.example",
            "Subject: =?utf-8?q?=E3=81=82_=09?= =?utf-8?q?=E3=81=84?= =?euc-jp?q?=A4=A2?=",
            "Subject: =?iso-2022-jp?b?GyRCJCIbKEI=?=",
            "X-Anything: ",
            "Content-Length: 6",
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf-8\"",
        ] {
            let text = format!("{HEAD}{field}\n\nbody\n");
            assert_eq!(seen(&text, &everything()), [], "{field}");
        }
    }

    #[test]
    fn old_and_impossible_dates() {
        for (date, key, about) in [
            ("Tue, 23 Nov 2026 07:54:41 +0000", "review.date-weekday", "Tue"),
            ("Mon, 23 Nov 26 07:54:41 +0000", "review.date-year", "26"),
            ("Mon, 23 Nov 2026 07:54:41 GMT", "review.date-zone", "GMT"),
            ("Mon, 23 Nov 2026 07:54:41 +1700", "review.date-no-zone", "+1700"),
            ("Mon, 23 Nov 2026 07:54:41", "review.bad-date", "Date: Mon, 23 Nov 2026 07:54:41"),
        ] {
            let text = HEAD.replace("Mon, 23 Nov 2026 07:54:41 +0000", date);
            let marks = seen(&format!("{text}\nbody\n"), &everything());
            assert_eq!(marks, [(key, 0, about.to_owned())], "{date}");
        }
        let folded = HEAD.replace(" 07:54", "\n 07:54").replace("+0000", "GMT");
        let marks = seen(&format!("{folded}\n"), &everything());
        assert_eq!(marks.first(), Some(&("review.date-zone", 1, "GMT".to_owned())));
    }

    #[test]
    fn words_are_joined_as_readers_join_them() {
        let marks = |value: &str| {
            let seen = review(&format!("{HEAD}Subject: {value}\n\n"), &everything());
            let of = |mark: &Mark| (mark.key, mark.count, mark.values.clone());
            seen.marks.iter().filter(|mark| mark.key != "review.folded").map(of).collect::<Vec<_>>()
        };
        let split = |count| ("review.word-split", count, Vec::new());
        let hides = |key, char: &str| (key, 1, vec![("char", char.to_owned())]);
        // Over a fold, in three pieces, and with another word between them.
        assert_eq!(marks("=?utf-8?q?=E3?= =?UTF-8?q?=81?= =?utf-8*ja?q?=82?="), [split(3)]);
        assert_eq!(marks("=?utf-8?q?=E3=81?=\n =?utf-8?q?=82?="), [split(1), split(1)]);
        assert_eq!(marks("=?utf-8?q?=E3=81?= x =?utf-8?q?=82?="), [split(2)]);
        // What hides in pieces is seen too.
        assert_eq!(
            marks("=?utf-8?q?=E2=80?= =?utf-8?q?=AE=07=07?= =?utf-8?q?=1B?="),
            [
                split(2),
                ("review.word-control", 2, vec![("char", "U+0007".to_owned())]),
                hides("review.word-control", "U+001B"),
                hides("review.word-direction", "U+202E"),
            ]
        );
    }

    #[test]
    fn a_comment_goes_on_in_the_next_line() {
        for (field, marked) in [
            ("In-Reply-To: <1@x> (a\n =?utf-8?q?a?=)", false),
            ("In-Reply-To: <1@x> (a)\n =?utf-8?q?a?=", true),
            ("To: \"a\n =?utf-8?q?a?= \" <a@x.example>", true),
            ("Received: by x (=?utf-8?q?a?=)", true),
        ] {
            let marks = seen(&format!("{HEAD}{field}\n\nbody\n"), &everything());
            let placed = marks.iter().any(|(key, ..)| *key == "review.word-place");
            assert_eq!(placed, marked, "{field}: {marks:?}");
        }
    }

    #[test]
    fn a_header_as_a_whole() {
        for (text, marks) in [
            ("", &[("review.missing", 0), ("review.missing", 0), ("review.advised", 0)][..]),
            (" x\n", &[("review.begins-folded", 0)]),
            ("X: a\n b\n\t\n\n", &[("review.folded", 1), ("review.blank-fold", 2)]),
            ("X: a", &[("review.no-end", 0)]),
            ("X: a\n", &[]),
            (
                "Resent-From: a@x.example\nResent-Date: Mon, 23 Nov 2026 07:54:41 +0000\nResent-From: b@x.example\n\n",
                &[("review.missing", 2)],
            ),
        ] {
            let all = seen(text, &everything());
            let places: Vec<_> = all.iter().map(|(key, line, _)| (*key, *line)).collect();
            let general = [("review.missing", 0), ("review.missing", 0), ("review.advised", 0)];
            let own: Vec<_> =
                places.iter().copied().filter(|place| !general.contains(place)).collect();
            assert!(general.iter().all(|place| places.contains(place)), "{text:?}: {places:?}");
            let want: Vec<_> =
                marks.iter().copied().filter(|place| !general.contains(place)).collect();
            assert_eq!(own, want, "{text:?}");
        }
    }

    #[test]
    fn authors_and_their_sender() {
        for (from, sender, key) in [
            ("a@x.example", "", None),
            ("a@x.example, b@x.example", "", Some("review.sender-missing")),
            ("a@x.example, b@x.example", "Sender: a@x.example\n", None),
            ("A <a@x.example>", "Sender: a@x.example\n", Some("review.sender-same")),
        ] {
            let head = HEAD.replace("a@b.example", from);
            let marks = seen(&format!("{head}{sender}\n"), &everything());
            assert_eq!(marks.first().map(|mark| mark.0), key, "{from} {sender}");
        }
    }

    #[test]
    fn bodies_and_their_marks() {
        let mime = "MIME-Version: 1.0\n";
        let utf8 = "Content-Type: text/plain; charset=utf-8\n";
        let multi = "Content-Type: multipart/mixed; boundary=b\n";
        let coded = |encoding: &str| format!("{mime}{utf8}Content-Transfer-Encoding: {encoding}\n");
        for (fields, body, key) in [
            (String::new(), "caf\u{e9}", "review.naked"),
            (format!("{mime}{utf8}"), "caf\u{e9}", "review.no-encoding"),
            (format!("{mime}Content-Transfer-Encoding: 8bit\n"), "caf\u{e9}", "review.no-charset"),
            (coded("8bit"), "caf\u{e9}", "review.eight-bit"),
            (coded("8bit").replace("utf-8", "latin1"), "caf\u{e9}", "review.wrong-charset"),
            (coded("uuencode"), "x", "review.unknown-encoding"),
            (coded("BASE64 (x)"), "QUJD", "review.encoding-comment"),
            (coded("base64"), "QU*D", "review.base64"),
            (coded("base64"), "QUJD\nQUI\n", "review.base64"),
            (coded("base64"), "QUJD\u{e9}", "review.base64"),
            (coded("base64"), &"QUJD".repeat(20), "review.long-encoded"),
            (coded("quoted-printable"), "a =G0", "review.quoted"),
            (coded("quoted-printable"), "a \u{e9}", "review.quoted"),
            (format!("{mime}Content-Type: multipart/mixed\n"), "x", "review.no-boundary"),
            (
                format!("{mime}{}", multi.replace("=b", &format!("={}", "b".repeat(71)))),
                "x",
                "review.bad-boundary",
            ),
            (format!("{mime}{multi}"), "x", "review.boundary-unused"),
            (format!("{mime}{multi}"), "--b\n\nx", "review.boundary-open"),
            (
                format!("{mime}{multi}Content-Transfer-Encoding: base64\n"),
                "--b\n\nx\n--b--",
                "review.encoded-multipart",
            ),
            (
                format!("{mime}{multi}"),
                "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nA: b\n\nx\n--b--",
                "review.narrow",
            ),
            (
                coded("7bit").replace("text/plain", "message/rfc822"),
                "Content-Transfer-Encoding: binary\n\nx",
                "review.narrow",
            ),
            (
                coded("base64").replace("text/plain", "message/rfc822"),
                "QUJD",
                "review.encoded-message",
            ),
            (String::new(), "a\u{1b}b", "review.control-in-body"),
            (String::new(), ".", "review.lone-dot"),
            (String::new(), &"x".repeat(79), "review.wide"),
            (String::new(), &"x".repeat(999), "review.long"),
        ] {
            let marks = seen(&format!("{HEAD}{fields}\n{body}\n"), &everything());
            assert!(marks.iter().any(|mark| mark.0 == key), "{key}: {marks:?}");
            let more = marks.iter().filter(|mark| mark.0 != key && mark.0 != "review.eight-bit");
            let more: Vec<_> = more.collect();
            let wide = |mark: &&&(&str, usize, String)| mark.0 == "review.wide";
            assert!(more.iter().all(|mark| wide(&mark)), "{key}: {more:?}");
        }
        for (encoding, body) in
            [("base64", "QUJD\nQUI=\n"), ("base64", ""), ("quoted-printable", "a=\nb =3D=C3=A9\n")]
        {
            assert_eq!(seen(&format!("{HEAD}{}\n{body}", coded(encoding)), &everything()), []);
        }
    }

    #[test]
    fn what_is_needed_depends_on_the_server() {
        let body = format!(
            "{HEAD}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\u{e9}\n"
        );
        let header = format!("{HEAD}Subject: \u{e9}\n\n");
        let binary = body.replace("8bit", "binary").replace('\u{e9}', "e");
        let mail = |params: &[(&str, Option<&str>)]| {
            let param = |(name, value): &(&str, Option<&str>)| Param {
                name: (*name).to_owned(),
                value: value.map(str::to_owned),
            };
            Offers { declared: Some(params.iter().map(param).collect()), ..everything() }
        };
        for (text, offers, key) in [
            (&body, Offers::default(), Some("review.eight-bit")),
            (&body, everything(), Some("review.eight-bit")),
            (&body, offering(&["SIZE"]), Some("review.eight-bit.refused")),
            (&body, mail(&[]), Some("review.eight-bit.undeclared")),
            (&body, mail(&[("BODY", Some("7BIT"))]), Some("review.eight-bit.undeclared")),
            (&body, mail(&[("BODY", Some("8bitmime"))]), Some("review.eight-bit")),
            (&header, Offers::default(), Some("review.international")),
            (&header, offering(&[]), Some("review.international.refused")),
            (&header, mail(&[]), Some("review.international.undeclared")),
            (&header, mail(&[("SMTPUTF8", None)]), Some("review.international")),
            (&binary, offering(&["8BITMIME"]), Some("review.binary")),
            (&binary, everything(), None),
            (&header, offering(&["SIZE 10", "SMTPUTF8"]), Some("review.size")),
            (
                &header,
                mail(&[("SMTPUTF8", None), ("SIZE", Some("10"))]),
                Some("review.size-declared"),
            ),
        ] {
            let marks = seen(text, &offers);
            assert_eq!(marks.first().map(|mark| mark.0), key, "{offers:?}");
        }
    }

    #[test]
    fn marks_of_one_kind_are_all_counted_and_some_listed() {
        let text = format!("{HEAD}\n{}", format!("{}\n", "x".repeat(80)).repeat(MARK_LIMIT + 9));
        let seen = review(&text, &everything());
        assert_eq!((seen.marks.len(), seen.count(Severity::Info)), (MARK_LIMIT, MARK_LIMIT + 9));
        assert_eq!(seen.at(4).count(), 1);
    }

    #[test]
    fn what_is_so_many_times_in_a_line_is_one_mark() {
        let seen = review(&format!("{HEAD}X: \u{e9}\0\0a\0\nY: \0\n\n"), &everything());
        let nul = seen.marks.iter().filter(|mark| mark.key == "review.nul");
        let nul: Vec<_> = nul.map(|mark| (mark.line, mark.column, mark.count)).collect();
        assert_eq!(nul, [(3, 5, 3), (4, 4, 1)]);
    }

    #[test]
    fn every_rule_has_its_own_key() {
        let mut keys: Vec<_> = rule::ALL.iter().map(|rule| rule.key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
