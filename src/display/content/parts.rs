//! The tree of parts.

use crate::display::Role;
use crate::display::text::wrap;
use crate::display::words::part_line;
use crate::knowledge::Kind;
use crate::session::content::{Content, Part};
use crate::smtp::Span;

use super::{Line, Piece};

/// The parts of a message, at least `enough` lines of them if there are so many.
pub fn lines(content: &Content, columns: usize, enough: usize) -> Vec<Line> {
    let line = |(at, part): (usize, &Part)| {
        let whole = Span::new(part.header.start, part.body.end);
        // What was encoded has places of its own.
        let span = part.within.is_none().then_some(whole);
        let about = about(part);
        let line = move |pieces| Line { pieces, about: about.clone(), span, part: Some(at) };
        part_lines(part, columns).into_iter().map(line)
    };
    content.parts.iter().enumerate().flat_map(line).take(enough).collect()
}

/// One part in one line, or in several where there is no place.
pub fn part_lines(part: &Part, columns: usize) -> Vec<Vec<Piece>> {
    let indent = "  ".repeat(part.depth.min(10));
    let role = if part.defective { Role::Warn } else { Role::Text };
    let wrapped = wrap(&part_line(part), columns.saturating_sub(indent.len() + 2));
    let line = |(at, text)| {
        let mark = if at == 0 { "- " } else { "  " };
        vec![(Role::Dim, format!("{indent}{mark}")), (role, text)]
    };
    wrapped.into_iter().enumerate().map(line).collect()
}

/// How a part is made, how it is meant, how it is encoded.
fn about(part: &Part) -> Vec<(Kind, String)> {
    let made = match part.kind.split('/').next() {
        Some("multipart") if part.kind == "multipart/alternative" => "alternative",
        Some("multipart") => "multipart",
        _ => "part",
    };
    let meant = part.disposition.as_deref().map(|meant| match meant {
        "inline" => "inline-image",
        _ => "attachment",
    });
    let encoded = part.encoding.as_deref().map(str::to_lowercase);
    let ideas = std::iter::once(made).chain(meant).chain(encoded.as_deref());
    let ideas = ideas.map(|id| (Kind::Idea, id.to_owned()));
    ideas.chain([(Kind::Field, "Content-Type".to_owned())]).collect()
}
