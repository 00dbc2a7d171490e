//! The fields of a header in their order, each in the group in which the standards describe it.
//!
//! What stands between the fields and belongs to none has an entry as well, so every byte of a
//! header is in one.

use std::collections::HashSet;

use crate::smtp::Span;

use super::content::{Content, Field};

/// How many bytes of a header are looked at for more than its fields. Nobody writes such a header.
pub const LIMIT: usize = 1 << 20;

/// What a field is for (RFC 5322 §3.6, RFC 2045, RFC 2369, RFC 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The way that the message took.
    Trace,
    /// Who sent it again, and to whom.
    Resent,
    /// When it was written.
    OriginationDate,
    /// Who wrote it.
    Originator,
    /// For whom it is.
    Destination,
    /// Which message it is, and to which it answers.
    Identification,
    /// What it is about.
    Informational,
    /// How its body is made.
    Mime,
    /// The list through which it came.
    List,
    /// Who vouches for it.
    Authentication,
    /// Anything else.
    Optional,
    /// No field at all.
    None,
}

#[rustfmt::skip]
const GROUPS: &[(Group, &[&str])] = &[
    (Group::Trace, &["Return-Path", "Received", "Delivered-To", "X-Original-To", "Envelope-To"]),
    (Group::Resent, &[
        "Resent-Date", "Resent-From", "Resent-Sender", "Resent-Reply-To", "Resent-To", "Resent-Cc",
        "Resent-Bcc", "Resent-Message-ID",
    ]),
    (Group::OriginationDate, &["Date"]),
    (Group::Originator, &["From", "Sender", "Reply-To", "Author"]),
    (Group::Destination, &["To", "Cc", "Bcc"]),
    (Group::Identification, &["Message-ID", "In-Reply-To", "References"]),
    (Group::Informational, &["Subject", "Comments", "Keywords"]),
    (Group::Mime, &["MIME-Version", "Content-"]),
    (Group::List, &["List-", "Archived-At"]),
    (Group::Authentication, &[
        "Authentication-Results", "DKIM-Signature", "ARC-", "Received-SPF", "DomainKey-Signature",
    ]),
];

/// Whether the field `name` is one of `fields`; one that ends with a hyphen stands for all that begin
/// so.
pub fn is_one_of(name: &str, fields: &[&str]) -> bool {
    fields.iter().any(|field| match name.get(..field.len()) {
        Some(begin) if field.ends_with('-') => begin.eq_ignore_ascii_case(field),
        _ => name.eq_ignore_ascii_case(field),
    })
}

impl Group {
    /// The group of the field `name`.
    pub fn of(name: &str) -> Self {
        let row = GROUPS.iter().find(|(_, fields)| is_one_of(name, fields));
        row.map_or(Self::Optional, |(group, _)| *group)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Resent => "resent",
            Self::OriginationDate => "origination-date",
            Self::Originator => "originator",
            Self::Destination => "destination",
            Self::Identification => "identification",
            Self::Informational => "informational",
            Self::Mime => "mime",
            Self::List => "list",
            Self::Authentication => "authentication",
            Self::Optional => "optional",
            Self::None => "none",
        }
    }
}

/// A field of a header, or what is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the field.
    pub field: Option<usize>,
    /// What it is for.
    pub group: Group,
    /// Which block of its group it belongs to, from 1: resent fields of another resending are
    /// another block, and so are the trace fields between two (RFC 5322 §3.6.6).
    pub block: usize,
    /// Where it stands.
    pub span: Span,
    /// The bytes of what is no field.
    pub text: Vec<u8>,
}

/// How many bytes of the header of `content` stand behind [`LIMIT`].
pub fn beyond(content: &Content) -> usize {
    content.body.unwrap_or(content.raw.len()).saturating_sub(LIMIT)
}

/// The first of `fields` that begin before `limit`; they stand in their order.
pub fn before(fields: &[Field], limit: usize) -> &[Field] {
    let count = fields.partition_point(|field| field.span.start < limit);
    fields.get(..count).unwrap_or(fields)
}

/// The entries of the header that stands in `range` of `source` and has those `fields`.
pub fn entries(fields: &[Field], source: &[u8], range: Span) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    let mut at = range.start;
    let gap = |from: usize, to: usize| {
        let span = Span::new(from, to);
        let says = span.of(source).iter().any(|b| !b.is_ascii_whitespace());
        let text = span.of(source).to_vec();
        says.then_some(Entry { field: None, group: Group::None, block: 0, span, text })
    };
    for (number, field) in fields.iter().enumerate() {
        out.extend(gap(at, field.span.start));
        let group = Group::of(&field.name);
        let (field, span, text) = (Some(number), field.span, Vec::new());
        out.push(Entry { field, group, block: 0, span, text });
        at = at.max(span.end);
    }
    out.extend(gap(at, range.end));
    number_blocks(&mut out, fields);
    out
}

fn number_blocks(entries: &mut [Entry], fields: &[Field]) {
    let (mut last, mut names): (Option<Group>, HashSet<String>) = (None, HashSet::new());
    let mut counts = [0usize; 2];
    for entry in entries {
        let Some(field) = entry.field.and_then(|number| fields.get(number)) else { continue };
        let name = field.name.to_ascii_lowercase();
        let count = match entry.group {
            Group::Trace => counts.first_mut(),
            Group::Resent => counts.last_mut(),
            _ => {
                last = Some(entry.group);
                continue;
            }
        };
        let again = entry.group == Group::Resent && names.contains(&name);
        if last != Some(entry.group) || again {
            names.clear();
        }
        let begins = names.is_empty();
        names.insert(name);
        last = Some(entry.group);
        let Some(count) = count else { continue };
        *count += usize::from(begins);
        entry.block = *count;
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::Content;
    use super::*;

    #[test]
    fn a_block_has_each_of_eight_fields_once() {
        let names = ["Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID"];
        let block =
            names.iter().map(|name| format!("Resent-{name}: x\r\n")).collect::<Vec<_>>().concat();
        let content = Content::read(format!("{block}resent-x: x\r\n{block}\r\n"));
        let end = content.body.unwrap();
        let all = entries(&content.fields, &content.raw, Span::new(0, end));
        let blocks: Vec<_> = all.iter().map(|entry| entry.block).collect();
        assert_eq!(blocks, [&[1; 8][..], &[0], &[2; 8]].concat());
        assert_eq!(before(&content.fields, block.len()).len(), 8);
        assert_eq!(before(&content.fields, block.len() + 1).len(), 9);
    }

    #[test]
    fn every_byte_of_a_header_is_in_an_entry() {
        let text = b"Received: by a; x\r\nResent-To: a@b.example\r\nResent-From: c@b.example\r\nResent-To: d@b.example\r\nno field\r\nReceived: by b; x\r\nsubject: x\r\n y\r\nContent-Type: a/b\r\nlist-id: <a>\r\nARC-Seal: i=1\r\nX-Other: 1\r\n\r\nbody\r\n";
        let content = Content::read(&text[..]);
        let end = content.body.unwrap();
        let all = entries(&content.fields, &content.raw, Span::new(0, end));
        let seen: Vec<_> = all.iter().map(|e| (e.group.name(), e.block)).collect();
        assert_eq!(
            seen,
            [
                ("trace", 1),
                ("resent", 1),
                ("resent", 1),
                ("resent", 2),
                ("none", 0),
                ("trace", 2),
                ("informational", 0),
                ("mime", 0),
                ("list", 0),
                ("authentication", 0),
                ("optional", 0),
            ]
        );
        let bytes: Vec<u8> = all.iter().flat_map(|e| e.span.of(text).to_vec()).collect();
        assert_eq!(bytes, text[..end - 2]);
    }
}
