//! The fields of a message: how often each may stand, and what its value must be
//! (RFC 5322 §3.6).

use crate::session::date::{self, Date, without_comments};
use crate::session::flaw::has_subtype;
use crate::session::flaw::rule::{Fault, Rule};
use crate::session::header::Group;
use crate::session::received::Received;
use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::rule::{
    ADVISED, BAD_ID, BCC, BCC_EMPTY, EMPTY, MISSING, NO_SUBTYPE, REPEATED, RETURN_PATH,
    RETURN_PATH_LOW, TRACE_LOW, VERSION,
};
use super::{Marks, addresses, whole};

/// What the value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Free,
    Date,
    Addresses,
    Identifiers,
    Identifier,
    Received,
    Version,
    Kind,
}

/// How often a field has to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Must,
    Should,
    May,
}

/// What is asked of one field.
struct Row {
    name: &'static str,
    need: Need,
    /// Whether it may stand more than once.
    repeats: bool,
    form: Form,
    clause: &'static str,
}

const fn row(
    name: &'static str,
    need: Need,
    repeats: bool,
    form: Form,
    clause: &'static str,
) -> Row {
    Row { name, need, repeats, form, clause }
}

#[rustfmt::skip]
const FIELDS: &[Row] = &[
    row("Date", Need::Must, false, Form::Date, "RFC 5322 §3.6.1"),
    row("From", Need::Must, false, Form::Addresses, "RFC 5322 §3.6.2"),
    row("Sender", Need::May, false, Form::Addresses, "RFC 5322 §3.6.2"),
    row("Reply-To", Need::May, false, Form::Addresses, "RFC 5322 §3.6.2"),
    row("To", Need::May, false, Form::Addresses, "RFC 5322 §3.6.3"),
    row("Cc", Need::May, false, Form::Addresses, "RFC 5322 §3.6.3"),
    row("Bcc", Need::May, false, Form::Addresses, "RFC 5322 §3.6.3"),
    row("Message-ID", Need::Should, false, Form::Identifier, "RFC 5322 §3.6.4"),
    row("In-Reply-To", Need::May, false, Form::Identifiers, "RFC 5322 §3.6.4"),
    row("References", Need::May, false, Form::Identifiers, "RFC 5322 §3.6.4"),
    row("Subject", Need::May, false, Form::Free, "RFC 5322 §3.6.5"),
    row("Received", Need::May, true, Form::Received, "RFC 5321 §4.4"),
    row("Resent-Date", Need::May, true, Form::Date, "RFC 5322 §3.6.6"),
    row("Resent-From", Need::May, true, Form::Addresses, "RFC 5322 §3.6.6"),
    row("Resent-Sender", Need::May, true, Form::Addresses, "RFC 5322 §3.6.6"),
    row("Resent-To", Need::May, true, Form::Addresses, "RFC 5322 §3.6.6"),
    row("Resent-Cc", Need::May, true, Form::Addresses, "RFC 5322 §3.6.6"),
    row("Resent-Message-ID", Need::May, true, Form::Identifier, "RFC 5322 §3.6.6"),
    row("MIME-Version", Need::May, false, Form::Version, "RFC 2045 §4"),
    row("Content-Type", Need::May, false, Form::Kind, "RFC 2045 §5"),
    row("Content-Transfer-Encoding", Need::May, false, Form::Free, "RFC 2045 §6"),
    row("Content-ID", Need::May, false, Form::Identifier, "RFC 2045 §7"),
    row("Content-Disposition", Need::May, false, Form::Free, "RFC 2183 §2"),
    row("List-Id", Need::May, false, Form::Free, "RFC 2919 §3"),
    row("List-Help", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Unsubscribe", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Subscribe", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Post", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Owner", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Archive", Need::May, false, Form::Free, "RFC 2369 §2"),
    row("List-Unsubscribe-Post", Need::May, false, Form::Free, "RFC 8058 §3.1"),
    row("Auto-Submitted", Need::May, false, Form::Free, "RFC 3834 §5"),
    row("Disposition-Notification-To", Need::May, false, Form::Addresses, "RFC 8098 §2.1"),
    row("TLS-Required", Need::May, false, Form::Free, "RFC 8689 §3"),
];

/// What every block of resent fields must have (RFC 5322 §3.6.6).
const RESENT: [&str; 2] = ["Resent-Date", "Resent-From"];

/// Reads the fields of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for row in FIELDS {
        count(lines, section, row, marks);
        for field in section.fields.iter().filter(|field| field.is(row.name)) {
            value(lines, field, row, marks);
        }
    }
    resent(lines, section, marks);
    addresses::sender(lines, section, marks);
    blind(lines, section, marks);
    if let Some(field) = section.field("Return-Path") {
        marks.add(&RETURN_PATH, field.lines.start, whole(lines, field.lines.start));
    }
    trace(lines, section, marks);
}

fn count(lines: &[&str], section: &Section<'_>, row: &Row, marks: &mut Marks) {
    let mut fields = section.fields.iter().filter(|field| field.is(row.name));
    if fields.next().is_none() {
        let rule = match row.need {
            Need::Must => &MISSING,
            Need::Should => &ADVISED,
            Need::May => return,
        };
        say(lines, row, rule, section.lines.start, marks);
    } else if !row.repeats {
        for field in fields {
            say(lines, row, &REPEATED, field.lines.start, marks);
        }
    }
}

/// Marks a line for a field: clause and explanation are those of the field.
fn say(lines: &[&str], row: &Row, rule: &Rule, line: usize, marks: &mut Marks) {
    let rule = Rule { clause: row.clause, about: row.name, ..*rule };
    marks.say(&rule, line, whole(lines, line), &[("field", row.name.to_owned())]);
}

fn value(lines: &[&str], field: &Field<'_>, row: &Row, marks: &mut Marks) {
    let line = field.lines.start;
    let value = field.value();
    if value.is_empty() && row.form != Form::Received {
        // An empty Bcc is a hint, and an empty text is one.
        if row.form != Form::Free && row.name != "Bcc" {
            say(lines, row, &EMPTY, line, marks);
        }
        return;
    }
    let broken = match row.form {
        Form::Free => None,
        Form::Date => {
            let faults = date::faults(Date::read(value).as_ref(), row.name);
            return say_all(lines, field, row, faults, marks);
        }
        Form::Received => {
            let faults = Received::read(value.as_bytes(), 0).faults();
            return say_all(lines, field, row, faults, marks);
        }
        Form::Identifier => (!is_identifier(&without_comments(value))).then_some(&BAD_ID),
        Form::Identifiers => (!are_identifiers(value)).then_some(&BAD_ID),
        Form::Version => (without_comments(value).replace(' ', "") != "1.0").then_some(&VERSION),
        Form::Kind if has_subtype(value) => None,
        // By the clause that it has in a part too.
        Form::Kind => return marks.add(&NO_SUBTYPE, line, whole(lines, line)),
        Form::Addresses => return addresses::read(lines, field, row.name, row.clause, marks),
    };
    if let Some(rule) = broken {
        say(lines, row, rule, line, marks);
    }
}

/// Marks each word that is wrong, or the field.
fn say_all(lines: &[&str], field: &Field<'_>, row: &Row, faults: Vec<Fault>, marks: &mut Marks) {
    for fault in faults {
        let rule = Rule { about: row.name, ..*fault.rule };
        let first = field.lines.start;
        let whole = (first, whole(lines, first));
        let (line, span) = fault.word().map_or(whole, |word| place(lines, field, word));
        marks.say(&rule, line, span, &fault.values);
    }
}

/// Where `word` stands in the value of a field.
fn place(lines: &[&str], field: &Field<'_>, word: &str) -> (usize, Span) {
    let first = field.lines.start;
    let found = field.lines.clone().find_map(|at| {
        let line = lines.get(at)?;
        let from = if at == first { line.find(':')? } else { 0 };
        let start = from + line.get(from..)?.rfind(word)?;
        Some((at, Span::new(start, start + word.len())))
    });
    found.unwrap_or_else(|| (first, whole(lines, first)))
}

/// Every server puts its trace fields on top, so none stands below what the author wrote
/// (RFC 5322 §3.6.7), and Return-Path is the first of them.
fn trace(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let (mut authored, mut received) = (false, false);
    for field in section.fields.iter().filter(|field| field.value.is_some()) {
        let line = field.lines.start;
        let is_path = field.is("Return-Path");
        if is_path || field.is("Received") {
            let rule = if is_path && received { &RETURN_PATH_LOW } else { &TRACE_LOW };
            if authored || (is_path && received) {
                marks.say(
                    rule,
                    line,
                    whole(lines, line),
                    &[("field", field.name.trim_end().to_owned())],
                );
            }
            received |= !is_path;
        }
        authored |= matches!(
            Group::of(field.name.trim_end()),
            Group::OriginationDate
                | Group::Originator
                | Group::Destination
                | Group::Identification
                | Group::Informational
        );
    }
}

fn are_identifiers(value: &str) -> bool {
    without_comments(value).replace("><", "> <").split_ascii_whitespace().all(is_identifier)
}

/// `<left@right>` without blanks inside (RFC 5322 §3.6.4).
fn is_identifier(value: &str) -> bool {
    let inner = value.strip_prefix('<').and_then(|v| v.strip_suffix('>'));
    let halves = inner.and_then(|inner| inner.rsplit_once('@'));
    halves.is_some_and(|(left, right)| {
        let plain =
            |half: &str| !half.is_empty() && !half.contains(['<', '>', '(', ')', ',', ' ', '\t']);
        plain(left) && plain(right)
    })
}

/// Each block of resent fields is complete. A name that comes again begins another block.
fn resent(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let is_resent = |field: &&Field<'_>| {
        field.value.is_some() && Group::of(field.name.trim_end()) == Group::Resent
    };
    let mut blocks: Vec<Vec<&Field<'_>>> = Vec::new();
    for field in section.fields.iter().filter(is_resent) {
        let name = field.name.trim_end();
        match blocks.last_mut().filter(|block| !block.iter().any(|other| other.is(name))) {
            Some(block) => block.push(field),
            None => blocks.push(vec![field]),
        }
    }
    for block in blocks {
        let Some(line) = block.first().map(|field| field.lines.start) else { continue };
        let lacks = |row: &&Row| {
            RESENT.contains(&row.name) && !block.iter().any(|field| field.is(row.name))
        };
        for row in FIELDS.iter().filter(lacks) {
            say(lines, row, &MISSING, line, marks);
        }
    }
}

/// Bcc is taken out, kept for the blind recipients alone, or left empty (RFC 5322 §3.6.3).
fn blind(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let is_blind = |field: &&Field<'_>| field.is("Bcc") || field.is("Resent-Bcc");
    for field in section.fields.iter().filter(is_blind) {
        let rule = if field.value().is_empty() { &BCC_EMPTY } else { &BCC };
        marks.add(rule, field.lines.start, whole(lines, field.lines.start));
    }
}
