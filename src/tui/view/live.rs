//! What the draft is so far: its size, what is odd, its fields decoded, and its parts.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::header::field_lines;
use crate::display::content::parts::part_lines;
use crate::display::text::wrap;
use crate::draft::Mark;
use crate::knowledge;

use super::super::editor::{Editor, Reviewed, Side};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::rows::Piece;
use super::{draw_lines, editor, framed, in_sight};

/// Draws it.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let Some(editor) = model.editing() else { return };
    let focused = editor.side == Side::Live && model.popup.is_none();
    let word = |key| knowledge::word(model.lang, key);
    let old = editor.reviewed.as_ref().is_none_or(|r| r.revision != editor.text.revision());
    let remark = if old { word("content.reading") } else { "" };
    let area = framed(model, focused, word("editor.live"), (Role::Dim, remark), area, frame);
    let all = lines(model, editor, usize::from(area.width));
    draw_lines(model, in_sight(all, editor.scroll, usize::from(area.height)), area, frame);
}

/// The last line to which one can scroll.
pub fn length(model: &Model) -> usize {
    let area = inside(model.panes().live.unwrap_or_default());
    let count = model.editing().map_or(0, |e| lines(model, e, usize::from(area.width)).len());
    count.saturating_sub(usize::from(area.height).max(1))
}

/// All lines.
fn lines(model: &Model, editor: &Editor, columns: usize) -> Vec<Vec<Piece>> {
    let Some(reviewed) = &editor.reviewed else { return Vec::new() };
    let title = |key| vec![(Role::Title, knowledge::word(model.lang, key).to_owned())];
    let fields = reviewed.outline.fields.iter();
    let fields = fields.flat_map(|f| field_lines(&f.name, &f.value, f.decoded, columns));
    let parts = reviewed.outline.parts.iter();
    let parts = parts.flat_map(|part| part_lines(&part.content, columns, model.lang));
    let sections = [
        ("editor.marks", marks(model, reviewed, columns)),
        ("content.header", fields.collect()),
        ("content.parts", parts.collect()),
    ];
    let mut out = Vec::new();
    for (key, lines) in sections {
        out.push(title(key));
        out.extend(lines);
        out.push(Vec::new());
    }
    out.pop();
    out
}

/// What is odd, with the lines it is about.
fn marks(model: &Model, reviewed: &Reviewed, columns: usize) -> Vec<Vec<Piece>> {
    if reviewed.review.marks.is_empty() {
        let nothing = knowledge::word(model.lang, "editor.no-marks").to_owned();
        return vec![vec![(Role::Good, nothing)]];
    }
    let said = reviewed.review.marks.iter().map(|mark| one(model, mark));
    let wrapped = |(role, text): Piece| {
        wrap(&text, columns).into_iter().map(move |line| vec![(role, line)]).collect::<Vec<_>>()
    };
    said.flat_map(wrapped).collect()
}

fn one(model: &Model, mark: &Mark) -> Piece {
    let (role, sign) = editor::sign(mark.severity);
    (role, format!("{sign} {}: {}", mark.line + 1, editor::sentence(model, mark)))
}
