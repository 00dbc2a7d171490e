//! The fields of a header in their order, decoded.

use crate::display::Role;
use crate::display::text::{width, wrap};
use crate::display::token::visible;
use crate::knowledge::Kind;
use crate::session::content::{Content, Field};

use super::Line;

/// The header of a message, at least `enough` lines of it if there are so many.
pub fn lines(content: &Content, columns: usize, enough: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for field in &content.fields {
        if out.len() > enough {
            break;
        }
        let lines = field_lines(&field.name, &field.value, field.decoded, columns);
        let about = about(field);
        let line =
            |pieces| Line { pieces, about: about.clone(), span: Some(field.span), part: Some(0) };
        out.extend(lines.into_iter().map(line));
    }
    out
}

/// `Subject: value`, folded with a hanging indent; decoded values have a look of their own.
pub fn field_lines(
    name: &str,
    value: &str,
    decoded: bool,
    columns: usize,
) -> Vec<Vec<(Role, String)>> {
    let name = visible(name.as_bytes());
    let role = if decoded { Role::Decoded } else { Role::Text };
    let indent = (width(&name) + 2).min(columns / 3).max(2);
    let value = visible(value.as_bytes());
    let wrapped = wrap(&value, columns.saturating_sub(indent)).into_iter().enumerate();
    let line = |(at, line): (usize, String)| {
        if at == 0 {
            vec![(Role::Field, format!("{name}: ")), (role, line)]
        } else {
            vec![(role, format!("{}{line}", " ".repeat(indent)))]
        }
    };
    wrapped.map(line).collect()
}

/// The field, the clauses of a Received field, and encoded words.
fn about(field: &Field) -> Vec<(Kind, String)> {
    let trace = field.name.eq_ignore_ascii_case("Received");
    let clauses = field.value.split_whitespace().filter(|_| trace);
    let clauses = clauses.map(|word| (Kind::Trace, word.to_owned()));
    let encoded = field.decoded.then(|| (Kind::Idea, "encoded-word".to_owned()));
    std::iter::once((Kind::Field, field.name.clone())).chain(clauses).chain(encoded).collect()
}
