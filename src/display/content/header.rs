//! The fields of a header in their order, decoded, with what is odd about each below it.
//!
//! The order of a header is part of the evidence, so it stays; the group to which fields belong is
//! named at the right where it changes, and the number of the block where a group has several.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::display::Role;
use crate::display::text::{width, width_of, wrap, wrap_behind};
use crate::display::token::visible;
use crate::display::words::grouped;
use crate::draft::{Finding, Mark, Severity};
use crate::knowledge::{self, Kind, Lang};
use crate::session::content::Field;
use crate::session::header::{Entry, Group, LIMIT};

use super::judged::{Header, Judged, times};
use super::{About, Line, Piece, behind};

/// From how many columns on nothing is drawn at the right.
pub const UNBOUNDED: usize = 1000;

/// The headers of a content, at least `enough` lines of them if there are so many.
pub fn lines(judged: &Judged, lang: Lang, columns: usize, enough: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for (at, header) in judged.headers.iter().enumerate() {
        if out.len() > enough {
            break;
        }
        if at > 0 {
            let n = header.part.to_string();
            let head = knowledge::fill(lang, "header.enclosed", &[("n", &n)]);
            let line =
                |text| Line { part: Some(header.part), ..Line::new(vec![(Role::Title, text)]) };
            out.push(Line::default());
            out.extend(wrap(&head, columns).into_iter().map(|text| line(text).about("part")));
        }
        out.extend(summary(header, lang, columns));
        let beyond = beyond(header.beyond, "header.beyond", lang, columns).into_iter();
        out.extend(beyond.map(|line| Line { part: Some(header.part), ..line }.about("header")));
        for finding in header.general() {
            out.extend(finding_lines(finding, header, lang, columns));
        }
        let blocks = blocks(header);
        let mut before: Option<(Group, usize)> = None;
        for (number, entry) in header.entries.iter().enumerate() {
            if out.len() > enough {
                break;
            }
            out.extend(entry_lines(header, entry, (&mut before, &blocks), lang, columns));
            for finding in header.about(number) {
                out.extend(finding_lines(finding, header, lang, columns));
            }
        }
    }
    out
}

/// How many fields there are, and how many findings of each severity.
fn summary(header: &Header, lang: Lang, columns: usize) -> Vec<Line> {
    let fields = header.entries.iter().filter(|entry| entry.field.is_some()).count();
    let mut text = knowledge::fill(lang, "header.fields", &[("n", &fields.to_string())]);
    let mut role = Role::Dim;
    for (severity, key, worse) in [
        (Severity::Error, "header.errors", Role::Bad),
        (Severity::Warn, "header.warnings", Role::Warn),
        (Severity::Info, "header.remarks", Role::Dim),
    ] {
        let n = header.count(severity);
        if n > 0 {
            text.push_str(&knowledge::fill(lang, key, &[("n", &n.to_string())]));
            role = if role == Role::Dim { worse } else { role };
        }
    }
    if header.left.all() > 0 {
        let n = header.left.all().to_string();
        text.push_str(&knowledge::fill(lang, "header.left", &[("n", &n)]));
    }
    let line = |text| Line { part: Some(header.part), ..Line::new(vec![(role, text)]) };
    wrap(&text, columns).into_iter().map(|text| line(text).about("header")).collect()
}

/// That the `n` last bytes of a header are not looked at, in the sentence `key`.
pub(super) fn beyond(n: usize, key: &'static str, lang: Lang, columns: usize) -> Vec<Line> {
    if n == 0 {
        return Vec::new();
    }
    let (limit, n) = (grouped(LIMIT as u64), grouped(n as u64));
    let text = knowledge::fill(lang, key, &[("limit", &limit), ("n", &n)]);
    wrap(&text, columns).into_iter().map(|text| Line::new(vec![(Role::Notice, text)])).collect()
}

fn entry_lines(
    header: &Header,
    entry: &Entry,
    (before, blocks): (&mut Option<(Group, usize)>, &BTreeMap<Group, usize>),
    lang: Lang,
    columns: usize,
) -> Vec<Line> {
    let Some((number, field)) = entry.field.and_then(|at| Some((at, header.fields.get(at)?)))
    else {
        return no_field(header, entry, columns);
    };
    let mut pieces = field_lines(&field.name, &field.value, field.decoded, columns);
    if let Some(Some(raw)) = header.raw.get(number) {
        let raw = format!("{}{}", knowledge::word(lang, "header.raw"), visible(raw.as_bytes()));
        let wrapped = wrap(&raw, columns.saturating_sub(2)).into_iter();
        pieces.extend(wrapped.map(|line| vec![(Role::Dim, format!("  {line}"))]));
    }
    let group = (entry.group, entry.block);
    if before.replace(group) != Some(group) {
        name_group(&mut pieces, &group_name(group, blocks, lang), columns);
    }
    let about = about(field);
    let span = header.in_message.then_some(entry.span);
    let line = |pieces| Line { pieces, about: about.clone(), span, part: Some(header.part) };
    pieces.into_iter().map(line).collect()
}

/// How many blocks each group has that has any.
fn blocks(header: &Header) -> BTreeMap<Group, usize> {
    // The last of a group has the highest number.
    header.entries.iter().map(|entry| (entry.group, entry.block)).collect()
}

/// The name of a group, with the number of its block where it has several.
fn group_name(
    (group, block): (Group, usize),
    blocks: &BTreeMap<Group, usize>,
    lang: Lang,
) -> String {
    let name = knowledge::word(lang, key(group));
    if blocks.get(&group).is_some_and(|blocks| *blocks > 1) {
        format!("{name} {block}")
    } else {
        name.to_owned()
    }
}

/// The key of the name of a group.
const fn key(group: Group) -> &'static str {
    match group {
        Group::Trace => "group.trace",
        Group::Resent => "group.resent",
        Group::OriginationDate => "group.origination-date",
        Group::Originator => "group.originator",
        Group::Destination => "group.destination",
        Group::Identification => "group.identification",
        Group::Informational => "group.informational",
        Group::Mime => "group.mime",
        Group::List => "group.list",
        Group::Authentication => "group.authentication",
        Group::Optional => "group.optional",
        Group::None => "group.none",
    }
}

/// Puts a name at the right end of the first line that has room for it; on one of its own where
/// none has, and where lines have no end.
fn name_group(lines: &mut Vec<Vec<Piece>>, name: &str, columns: usize) {
    if columns >= UNBOUNDED {
        lines.insert(0, vec![(Role::Dim, format!("[{name}]"))]);
        return;
    }
    let free = |line: &Vec<Piece>| columns.saturating_sub(width_of(line));
    let found = lines.iter_mut().find(|line| free(line) >= width(name) + 2);
    let gap = |room: usize| {
        (Role::Dim, format!("{}{name}", " ".repeat(room.saturating_sub(width(name)))))
    };
    match found {
        Some(line) => line.push(gap(free(line))),
        None => lines.push(vec![gap(columns)]),
    }
}

/// Lines that belong to no field, as they stand.
fn no_field(header: &Header, entry: &Entry, columns: usize) -> Vec<Line> {
    let span = header.in_message.then_some(entry.span);
    let line = |text| Line { span, part: Some(header.part), ..Line::new(vec![(Role::Odd, text)]) };
    let wrapped = as_it_stands_lines(&entry.text).into_iter().flat_map(|text| wrap(&text, columns));
    wrapped.map(|text| line(text).about("header")).collect()
}

/// Lines of bytes as they stand, empty ones left out.
pub(super) fn as_it_stands_lines(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    lines.filter(|line| !line.is_empty()).map(visible).collect()
}

/// A finding, with its severity as a word and its clause.
fn finding_lines(finding: &Finding, header: &Header, lang: Lang, columns: usize) -> Vec<Line> {
    let (role, word) = severity(finding.mark.severity, lang);
    let colon = knowledge::word(lang, "colon");
    let text = format!("{word}{colon}{} [{}]", sentence(&finding.mark, lang), finding.mark.clause);
    let span = finding.span.filter(|_| header.in_message);
    let about: About = Arc::new(topic(finding.mark.about).into_iter().collect());
    wrap(&text, columns.saturating_sub(2))
        .into_iter()
        .map(|text| Line {
            pieces: vec![(role, format!("  {text}"))],
            about: about.clone(),
            span,
            part: Some(header.part),
        })
        .collect()
}

/// How much a finding matters, in a look and a word.
pub(super) fn severity(severity: Severity, lang: Lang) -> (Role, &'static str) {
    let (role, key) = match severity {
        Severity::Error => (Role::Bad, "severity.error"),
        Severity::Warn => (Role::Warn, "severity.warn"),
        Severity::Info => (Role::Notice, "severity.info"),
    };
    (role, knowledge::word(lang, key))
}

/// What a mark says, and how often it is so.
pub fn sentence(mark: &Mark, lang: Lang) -> String {
    let values: Vec<_> =
        mark.values.iter().map(|(name, value)| (*name, visible(value.as_bytes()))).collect();
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let times = times(mark.count, mark.line + 1, mark.column, lang);
    knowledge::fill(lang, mark.key, &values) + &times
}

/// The entry that is called so, of whatever kind.
fn topic(id: &str) -> Option<(Kind, String)> {
    let kinds = [Kind::Field, Kind::Idea, Kind::Oddity, Kind::Capability, Kind::Verb];
    let known = |kind: &Kind| knowledge::Topic::new(*kind, id).is_some();
    kinds.into_iter().find(known).map(|kind| (kind, id.to_owned()))
}

/// `Subject: value`, folded with a hanging indent; decoded values have a look of their own.
pub fn field_lines(name: &str, value: &str, decoded: bool, columns: usize) -> Vec<Vec<Piece>> {
    let head = format!("{}: ", visible(name.as_bytes()));
    let role = if decoded { Role::Decoded } else { Role::Text };
    let hang = width(&head).min(columns / 3).max(2);
    behind(&head, (role, &visible(value.as_bytes())), (hang, wrap_behind), columns)
}

/// No name of a field or a clause that is known is longer.
const NAME: usize = 64;

/// Among how many words of a field clauses are looked for: every line of the field has them.
const CLAUSES: usize = 64;

/// The field, the clauses of a Received field, and encoded words.
pub(super) fn about(field: &Field) -> About {
    let trace = field.name.eq_ignore_ascii_case("Received");
    let clauses = field.value.split_whitespace().filter(|word| trace && word.len() <= NAME);
    let clauses = clauses.take(CLAUSES).map(|word| (Kind::Trace, word.to_owned()));
    let encoded = field.decoded.then(|| (Kind::Idea, "encoded-word".to_owned()));
    let name = (field.name.len() <= NAME).then(|| (Kind::Field, field.name.clone()));
    Arc::new(name.into_iter().chain(clauses).chain(encoded).collect())
}
