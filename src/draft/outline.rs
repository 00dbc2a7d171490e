//! What stands where in a draft: fields with their decoded values, and the tree of parts.

use std::collections::HashMap;
use std::ops::Range;

use crate::session::content::{self, Content};

use super::field::lines;
use super::part::{self, parts};
use super::wire::wire;

/// One header field of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name as written; a line that is no field is all name.
    pub name: String,
    /// Its value, unfolded and decoded.
    pub value: String,
    /// Whether decoding changed the value.
    pub decoded: bool,
    /// The lines on which it stands.
    pub lines: Range<usize>,
}

/// One part of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is, read from the wire; its places count bytes there.
    pub content: content::Part,
    /// The lines of its header.
    pub header: Range<usize>,
    /// The lines of its body.
    pub body: Range<usize>,
}

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The field of this number.
    Field(usize),
    /// The part of this number.
    Part(usize),
}

/// The fields of a draft's header and its parts, each behind its parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// The parts; the first is the message itself.
    pub parts: Vec<Part>,
}

impl Outline {
    /// Reads the outline of a draft.
    pub fn read(text: &str) -> Self {
        let content = Content::read(wire(text));
        let parts = parts(text);
        let starts = line_starts(text);
        let fields = parts.first().map_or(&[][..], |root| &root.section.fields);
        let mut seen: HashMap<usize, Vec<&content::Part>> = HashMap::new();
        for part in &content.parts {
            seen.entry(part.body.start).or_default().push(part);
        }
        Self {
            fields: read_fields(fields, content.fields.iter(), &starts),
            parts: parts.iter().map(|part| read_part(part, &seen, &starts)).collect(),
        }
    }

    /// What line `line` belongs to: a field of the message, or the innermost part.
    pub fn at(&self, line: usize) -> Option<Place> {
        if let Some(at) = self.fields.iter().position(|field| field.lines.contains(&line)) {
            return Some(Place::Field(at));
        }
        let holds = |part: &Part| part.header.start <= line && line < part.body.end;
        self.parts.iter().rposition(holds).map(Place::Part)
    }
}

/// Joins the fields as they are typed with those that are `seen` on the wire. Both are in order, so
/// each is looked at once.
fn read_fields<'a>(
    fields: &[super::field::Field<'_>],
    seen: impl Iterator<Item = &'a content::Field>,
    starts: &[usize],
) -> Vec<Field> {
    let mut seen = seen.peekable();
    let read = |field: &super::field::Field<'_>| {
        let start = starts.get(field.lines.start).copied().unwrap_or_default();
        while seen.next_if(|seen| seen.span.start < start).is_some() {}
        let seen = seen.next_if(|seen| seen.span.start == start);
        Field {
            name: field.name.to_owned(),
            value: seen.map_or_else(|| field.value().to_owned(), |seen| seen.value.clone()),
            decoded: seen.is_some_and(|seen| seen.decoded),
            lines: field.lines.clone(),
        }
    };
    fields.iter().map(read).collect()
}

/// `seen` are the parts on the wire, by where their bodies begin.
fn read_part(
    part: &part::Part<'_>,
    seen: &HashMap<usize, Vec<&content::Part>>,
    starts: &[usize],
) -> Part {
    let here = starts.get(part.section.body.start).and_then(|start| seen.get(start));
    let mut here = here.into_iter().flatten();
    // An enclosed message begins where the part that encloses it has its body.
    let seen = here.rfind(|seen| seen.kind == part.kind || part.kind.is_empty());
    let declared = || content::Part {
        kind: if part.kind.is_empty() { "text/plain".to_owned() } else { part.kind.clone() },
        ..content::Part::default()
    };
    let content = seen.map_or_else(declared, |seen| (*seen).clone());
    Part {
        content: content::Part { depth: part.depth, ..content },
        header: part.section.lines.clone(),
        body: part.section.body.clone(),
    }
}

/// Where each line begins on the wire.
fn line_starts(text: &str) -> Vec<usize> {
    let mut at = 0;
    let start = |line: &&str| {
        let start = at;
        at += line.len() + 2;
        start
    };
    lines(text).iter().map(start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "From: a@b.example\nSubject: =?utf-8?q?caf=C3=A9?=\n and more\nodd line\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/plain; name=x.txt\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n";

    #[test]
    fn fields_and_parts_are_found_by_their_line() {
        let outline = Outline::read(TEXT);
        let fields: Vec<_> =
            outline.fields.iter().map(|f| (f.name.as_str(), f.value.as_str(), f.decoded)).collect();
        assert_eq!(
            fields,
            [
                ("From", "a@b.example", false),
                ("Subject", "caf\u{e9} and more", true),
                ("odd line", "", false),
                ("Content-Type", "multipart/mixed; boundary=b", false),
            ]
        );
        let parts: Vec<_> = outline
            .parts
            .iter()
            .map(|p| (p.content.depth, p.content.kind.as_str(), p.content.decoded_len))
            .collect();
        assert_eq!(parts, [(0, "multipart/mixed", 0), (1, "text/plain", 3), (1, "text/plain", 3)]);
        assert_eq!(outline.parts[2].content.name.as_deref(), Some("x.txt"));
        for (line, place) in [
            (2, Some(Place::Field(1))),
            (3, Some(Place::Field(2))),
            (5, Some(Place::Part(0))),
            (8, Some(Place::Part(1))),
            (9, Some(Place::Part(0))),
            (13, Some(Place::Part(2))),
            (99, None),
        ] {
            assert_eq!(outline.at(line), place, "line {line}");
        }
    }

    #[test]
    fn each_field_on_the_wire_is_looked_at_once() {
        let count = 2_000;
        // Every third line is no field, so that the two lists differ.
        let line = |n| if n % 3 == 2 { format!("odd {n}\n") } else { format!("X-{n}: ={n}\n") };
        let text: String = (0..count).map(line).chain(["\nbody\n".to_owned()]).collect();
        let content = Content::read(wire(&text));
        let parts = parts(&text);
        let mut looked = 0;
        let seen = content.fields.iter().inspect(|_| looked += 1);
        let fields = read_fields(&parts[0].section.fields, seen, &line_starts(&text));
        assert_eq!(looked, content.fields.len());
        assert_eq!(fields.len(), count);
        assert!(fields.iter().enumerate().all(|(n, f)| f.lines == (n..n + 1)
            && f.value == if n % 3 == 2 { String::new() } else { format!("={n}") }));
    }

    #[test]
    fn nothing_has_an_outline_too() {
        let outline = Outline::read("");
        assert_eq!((outline.fields.len(), outline.parts.len()), (0, 1));
    }
}
