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
mod rule;
mod word;

use crate::smtp::Span;

use super::field::lines;
use super::offers::Offers;
use super::part::{Part, parts};
use rule::Rule;

/// How many marks of one kind are kept; a pasted text has the same on every line.
pub const MARK_LIMIT: usize = 100;

/// How much a mark matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Legal, and good to know.
    Info,
    /// Breaks a SHOULD, or surprises a recipient.
    Warn,
    /// Breaks a MUST, or the server will refuse it.
    Error,
}

/// Something to be said about a place in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its line, from 0.
    pub line: usize,
    /// Where in the line, in bytes of the text.
    pub span: Span,
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

/// A draft as the wire and the server will see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// Its size with CRLF and without doubled dots, as SIZE counts it (RFC 1870 §5).
    pub size: u64,
    /// Number of lines whose dot is doubled.
    pub stuffed: usize,
    /// Whether the body goes beyond ASCII and needs 8BITMIME.
    pub eight_bit: bool,
    /// Whether a header goes beyond ASCII and needs SMTPUTF8.
    pub international: bool,
    /// Bytes of the longest line, without its line end.
    pub longest: usize,
    /// What is to be said, by line.
    pub marks: Vec<Mark>,
}

impl Review {
    /// Number of marks of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.marks.iter().filter(|mark| mark.severity == severity).count()
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
    let mut review = line::read(text, &lines, &parts, &mut marks);
    if let Some(root) = parts.first() {
        form::read(&lines, &root.section, &mut marks);
        field::read(&lines, &root.section, &mut marks);
        word::read(&lines, &root.section, &mut marks);
    }
    mime::read(&lines, &parts, &mut marks);
    need::read(&review, &lines, &parts, offers, &mut marks);
    marks.all.sort_by_key(|mark| (mark.line, std::cmp::Reverse(mark.severity)));
    review.marks = marks.all;
    review
}

/// The marks as they are found.
#[derive(Debug, Default)]
struct Marks {
    all: Vec<Mark>,
}

impl Marks {
    /// Marks a place in a line.
    fn add(&mut self, rule: &Rule, line: usize, span: Span) -> Option<&mut Mark> {
        if self.all.iter().filter(|mark| mark.key == rule.key).count() >= MARK_LIMIT {
            return None;
        }
        self.all.push(Mark {
            line,
            span,
            severity: rule.severity,
            key: rule.key,
            values: Vec::new(),
            clause: rule.clause,
            about: rule.about,
        });
        self.all.last_mut()
    }

    /// Marks a place in a line and says values of it.
    fn say(&mut self, rule: &Rule, line: usize, span: Span, values: &[(&'static str, String)]) {
        if let Some(mark) = self.add(rule, line, span) {
            mark.values = values.to_vec();
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
