//! What can be copied, and the forms it takes: pure functions over rows and lines.
//!
//! Borders are never copied. Secrets are as veiled as on the screen. Where a row of the transcript
//! was broken into several lines the break was ours, so it is not copied either.

use std::ops::Range;

use bytes::Bytes;

use crate::display::text::{overlap, width};
use crate::journal::header::Fidelity;
use crate::journal::{Event, Happening, Header, Moment, Side, transcript};
use crate::session::Row;

use super::model::{Model, Pane};
use super::pointer::Marked;
use super::rows::{self, Placed};
use super::view;

/// Something that can be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Rows of the transcript.
    Rows(Range<usize>),
    /// What is marked.
    Marked(Marked),
    /// All of a pane.
    Pane(Pane),
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is shown.
    Text,
    /// `C: …` and `S: …`.
    Notation,
    /// The bytes that crossed the wire.
    Raw,
    /// A fenced block.
    Markdown,
}

impl Form {
    /// The letter that chooses it.
    pub const fn letter(self) -> char {
        match self {
            Self::Text => 't',
            Self::Notation => 'n',
            Self::Raw => 'r',
            Self::Markdown => 'm',
        }
    }

    /// The keys of its name in the knowledge base, and of what there is to say about it.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("copy.text", "copy.text.more"),
            Self::Notation => ("copy.notation", "copy.notation.more"),
            Self::Raw => ("copy.raw", "copy.raw.more"),
            Self::Markdown => ("copy.markdown", "copy.markdown.more"),
        }
    }
}

/// The forms in which `source` can be had.
pub fn forms(source: &Source) -> &'static [Form] {
    match source {
        Source::Rows(_) => &[Form::Text, Form::Notation, Form::Raw, Form::Markdown],
        Source::Marked(marked) if marked.pane == Pane::Transcript => {
            &[Form::Text, Form::Notation, Form::Raw, Form::Markdown]
        }
        Source::Pane(Pane::Content) => &[Form::Text, Form::Raw, Form::Markdown],
        Source::Marked(_) | Source::Pane(_) => &[Form::Text, Form::Markdown],
    }
}

/// `source` in a form.
pub fn copied(model: &Model, source: &Source, form: Form) -> Bytes {
    match (form, rows(source)) {
        (Form::Raw, Some(rows)) => {
            kept(model, rows).flat_map(|at| rows::bytes(model, &model.session, at)).collect()
        }
        (Form::Raw, None) => message(model).into(),
        (Form::Notation, Some(rows)) => notation(model, rows).into(),
        (Form::Markdown, Some(rows)) => fenced(&notation(model, rows)).into(),
        (Form::Markdown, None) => fenced(&text(model, source)).into(),
        (Form::Text | Form::Notation, _) => text(model, source).into(),
    }
}

/// The rows of the transcript that `source` touches.
fn rows(source: &Source) -> Option<Range<usize>> {
    match source {
        Source::Rows(rows) => Some(rows.clone()),
        Source::Marked(marked) if marked.pane == Pane::Transcript => {
            let (from, to) = marked.ends();
            Some(from.line.0..to.line.0 + 1)
        }
        Source::Marked(_) | Source::Pane(_) => None,
    }
}

/// Those of the rows that the filter keeps, folded or not.
fn kept(model: &Model, rows: Range<usize>) -> impl Iterator<Item = usize> {
    let (sight, dialogue) = (&model.session.sight, model.session.seen());
    rows.filter(|at| sight.kept_from(dialogue, *at) == Some(*at))
}

/// As it is shown. Whole rows come without who spoke, and without times.
fn text(model: &Model, source: &Source) -> String {
    match source {
        Source::Rows(rows) => {
            let shown =
                kept(model, rows.clone()).filter_map(|at| rows::row(model, &model.session, at));
            lines(shown.map(|row| row.text()))
        }
        Source::Marked(marked) => marked_text(model, marked),
        Source::Pane(pane) => {
            let all = view::all(model, *pane);
            lines(all.into_iter().map(|line| plain(&line).trim_end().to_owned()))
        }
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn plain(line: &[rows::Piece]) -> String {
    line.iter().map(|(_, text)| text.as_str()).collect()
}

/// The marked cells; lines that are one row are joined again.
fn marked_text(model: &Model, marked: &Marked) -> String {
    let (from, to) = marked.ends();
    let columns = model.panes().inside(marked.pane).map_or(0, |area| usize::from(area.width));
    let is_content = marked.pane == Pane::Content;
    let gutter = if is_content { view::content::gutter(model) } else { 0 };
    let mut out = String::new();
    for (index, (at, line)) in
        view::between(model, marked.pane, from.line, to.line).iter().enumerate()
    {
        let indent = rows::indent(model, at.0, columns).filter(|_| at.1 > 0 && index > 0);
        if index > 0 && indent.is_none() {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
        let Some(columns) = marked.columns(*at) else { continue };
        // What continues a row is indented by as much as its mark takes.
        let first = (*columns.start()).max(indent.unwrap_or(gutter));
        out.push_str(overlap(&plain(line), first..=*columns.end()));
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// The word of a line at a column: what stands between blanks, brackets and quotation marks.
pub fn word_at((_, line): &Placed, column: usize) -> Option<Range<usize>> {
    let text = plain(line);
    let ends = |c: char| c.is_whitespace() || "<>()[]{}\"',;".contains(c);
    let mut start = 0;
    for word in text.split_inclusive(ends) {
        let end = start + width(word.trim_end_matches(ends));
        if (start..end).contains(&column) {
            return Some(start..end);
        }
        start += width(word);
    }
    None
}

/// The notation, as every transcript is written.
fn notation(model: &Model, rows: Range<usize>) -> String {
    let fidelity = Fidelity { exact_bytes: true, real_time: false };
    let events: Vec<_> = kept(model, rows).filter_map(|at| event(model, at)).collect();
    transcript::write(&Header { fidelity, ..Header::default() }, &events)
}

fn event(model: &Model, at: usize) -> Option<Event> {
    let dialogue = model.session.seen();
    let what = if let Some(Row::Notice { index }) = dialogue.wire().row(at) {
        dialogue.notices().get(index)?.1.clone()
    } else {
        let client = rows::row(model, &model.session, at)?.mark == "C";
        let from = if client { Side::Client } else { Side::Server };
        let data = rows::bytes(model, &model.session, at);
        Happening::Bytes { from, data, veiled: Vec::new() }
    };
    Some(Event::new(Moment(0), what))
}

/// The message that is shown, as it crossed the wire, as far as it is kept.
fn message(model: &Model) -> Vec<u8> {
    view::content::message(model).map_or_else(Vec::new, |(_, m)| m.wire(0, m.wire_len()))
}

/// A block between fences that are longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}\n{text}{end}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::Role;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a\n"), "```\na\n```\n");
        assert_eq!(fenced("```x"), "````\n```x\n````\n");
    }

    #[test]
    fn words_end_at_blanks_and_brackets() {
        let line = ((0, 0), vec![(Role::Text, "S 日本 <a@b.example> x".to_owned())]);
        assert_eq!(word_at(&line, 3), Some(2..6));
        assert_eq!(word_at(&line, 9), Some(8..19));
        assert_eq!(word_at(&line, 7), None);
        assert_eq!(word_at(&line, 99), None);
    }
}
