//! Header sections as they are typed: every line belongs to a field, also where it is none.

use std::ops::Range;

/// A field, or a line that should be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// What stands before the colon, or the whole line where there is none.
    pub(super) name: &'a str,
    /// Its value, unfolded and without blanks around it; `None` without a colon.
    pub(super) value: Option<String>,
    /// The lines on which it stands.
    pub(super) lines: Range<usize>,
}

impl Field<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        // Blanks before the colon are an old form (RFC 5322 §4.5).
        self.value.is_some() && self.name.trim_end().eq_ignore_ascii_case(name)
    }

    pub(super) fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

/// The fields from one line up to the first empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) fields: Vec<Field<'a>>,
    /// Its lines, without the empty one.
    pub(super) lines: Range<usize>,
    /// The lines of the body behind it.
    pub(super) body: Range<usize>,
    /// Whether an empty line ends it.
    pub(super) ended: bool,
}

impl<'a> Section<'a> {
    /// Reads the section that begins the `range` of `lines`.
    pub(super) fn read(lines: &[&'a str], range: Range<usize>) -> Self {
        let inside = lines.get(range.clone()).unwrap_or_default();
        let len = inside.iter().position(|line| line.is_empty());
        let ended = len.is_some();
        let end = range.start + len.unwrap_or(inside.len());
        let mut fields: Vec<Field<'a>> = Vec::new();
        for (at, line) in (range.start..end).zip(inside) {
            match fields.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
                Some(field) => extend(field, line),
                None => fields.push(begin(line, at)),
            }
        }
        let body = (end + usize::from(ended)).min(range.end)..range.end;
        Self { fields, lines: range.start..end, body, ended }
    }

    /// The first field called `name`.
    pub(super) fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// The value of the first field called `name`.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.field(name).map(Field::value)
    }
}

fn begin(line: &str, at: usize) -> Field<'_> {
    let parts = line.split_once(':').filter(|_| !line.starts_with([' ', '\t']));
    let (name, value) = match parts {
        Some((name, value)) => (name, Some(value.trim().to_owned())),
        None => (line, None),
    };
    Field { name, value, lines: at..at + 1 }
}

/// Unfolding takes the line end away and nothing else (RFC 5322 §2.2.3).
fn extend(field: &mut Field<'_>, line: &str) {
    field.lines.end += 1;
    if let Some(value) = &mut field.value {
        value.push_str(line.trim_end());
        if value.starts_with([' ', '\t']) {
            *value = value.trim_start().to_owned();
        }
    }
}

/// The lines of a draft.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_belongs_to_a_field() {
        let text = "Subject: a\n b\nno colon\n more\nTo:\n x@y.example\n\nbody\n";
        let lines = lines(text);
        let section = Section::read(&lines, 0..lines.len());
        let seen: Vec<_> =
            section.fields.iter().map(|f| (f.name, f.value.as_deref(), f.lines.clone())).collect();
        assert_eq!(
            seen,
            [
                ("Subject", Some("a b"), 0..2),
                ("no colon", None, 2..4),
                ("To", Some("x@y.example"), 4..6),
            ]
        );
        assert_eq!(
            (section.lines.clone(), section.body.clone(), section.ended),
            (0..6, 7..9, true)
        );
        assert_eq!(section.value("subject"), Some("a b"));
    }

    #[test]
    fn a_header_without_end_has_no_body() {
        for (text, fields) in [("", 0), ("A: b", 1), (" x: y", 1)] {
            let lines = lines(text);
            let section = Section::read(&lines, 0..lines.len());
            assert_eq!((section.fields.len(), section.ended), (fields, text.is_empty()), "{text}");
            assert!(section.body.is_empty());
        }
    }
}
