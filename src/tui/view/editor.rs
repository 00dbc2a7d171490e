//! The text of the editor: marks at its left, one row a line, and what its line is marked for.
//!
//! Everything is shown by token, so nothing of a draft reaches the terminal raw. The line of the
//! cursor moves sideways where it is too long; of the others the beginning is shown.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::content::judged::times;
use crate::display::text::{clip, right_of, split_at_width, width, width_of, wrap};
use crate::display::token::{own_byte_at, own_tokens, own_visible};
use crate::display::words::grouped;
use crate::draft::{Mark, Severity};
use crate::knowledge;

use super::super::editor::{Editor, Side, size};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::rows::Piece;
use super::{draw_lines, framed};

/// Columns of the marks.
const GUTTER: u16 = 2;

/// Lines that a sentence about a mark takes at most.
const SENTENCE: usize = 3;

/// How many bytes a column can be made of, with all that combines: what is behind is not seen.
const BYTES: usize = 16;

/// The sign of a mark.
pub(super) const fn sign(severity: Severity) -> (Role, &'static str) {
    match severity {
        Severity::Error => (Role::Bad, "!"),
        Severity::Warn => (Role::Warn, "?"),
        Severity::Info => (Role::Notice, "i"),
    }
}

/// Draws the text.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let Some(editor) = model.editing() else { return };
    let focused = editor.side == Side::Text && model.popup.is_none();
    let title = knowledge::word(model.lang, "editor.title");
    let (tone, remark) = remark(model, editor);
    let area = framed(model, focused, title, (tone, &remark), area, frame);
    let said = said(model, editor, area);
    let height = area.height.saturating_sub(u16::try_from(said.len()).unwrap_or_default());
    let text = Rect { height, ..area };
    draw_lines(model, rows(model, editor, text), text, frame);
    let below = Rect { y: area.y + height, height: area.height - height, ..area };
    draw_lines(model, said, below, frame);
}

/// How large the message is, and how large the server lets it be.
fn remark(model: &Model, editor: &Editor) -> (Role, String) {
    let bytes = size(editor.text.rope());
    let limit = editor.reviewed.as_ref().and_then(|reviewed| reviewed.offers.size_limit());
    let size = grouped(bytes);
    match limit.filter(|limit| *limit > 0) {
        Some(limit) => {
            let role = if bytes > limit { Role::Bad } else { Role::Dim };
            let values = [("size", size.as_str()), ("limit", &grouped(limit))];
            (role, knowledge::fill(model.lang, "editor.size.limit", &values))
        }
        None => (Role::Dim, knowledge::fill(model.lang, "editor.size", &[("size", &size)])),
    }
}

/// The rows in sight.
fn rows(model: &Model, editor: &Editor, area: Rect) -> Vec<Vec<Piece>> {
    let columns = usize::from(area.width.saturating_sub(GUTTER));
    if editor.text.is_empty() {
        let hint = model.sentence("editor.empty", &[]);
        let lines = wrap(&hint, columns).into_iter();
        return lines.map(|line| vec![(Role::Dim, format!("  {line}"))]).collect();
    }
    let last = editor.text.lines().min(editor.top + usize::from(area.height));
    (editor.top..last).map(|line| row(editor, line, columns)).collect()
}

/// One line of the text behind the sign of its mark.
fn row(editor: &Editor, line: usize, columns: usize) -> Vec<Piece> {
    let (role, mark) = editor.mark(line).map_or((Role::Text, " "), |mark| sign(mark.severity));
    let mut pieces = vec![(role, format!("{mark} "))];
    let shown = shown(editor, line, columns);
    let (mut skip, mut left) = (shown.hidden, columns);
    let mut whole = shown.whole;
    for token in own_tokens(&shown.text) {
        let (before, rest) = split_at_width(&token.text, skip);
        skip -= width(before).min(skip);
        let (seen, cut) = split_at_width(rest, left);
        left -= width(seen);
        whole &= cut.is_empty();
        pieces.push((if token.odd { Role::Odd } else { Role::Text }, seen.to_owned()));
    }
    if !whole {
        // A line that goes on behind the border says so.
        end_with_sign(&mut pieces, columns + usize::from(GUTTER));
    }
    pieces
}

/// Puts `>` into the last column.
fn end_with_sign(pieces: &mut Vec<Piece>, columns: usize) {
    let used = width_of(pieces);
    if let Some((_, last)) = pieces.last_mut().filter(|_| used >= columns) {
        let room = width(last).saturating_sub(used + 1 - columns);
        let kept = split_at_width(last, room).0.to_owned();
        *last = kept;
    }
    let used = width_of(pieces);
    pieces.push((Role::Dim, format!("{}>", " ".repeat(columns.saturating_sub(used + 1)))));
}

/// What is looked at of a line.
struct Shown {
    text: String,
    /// Where it begins in the draft.
    start: usize,
    /// How many of its columns are out of sight at the left.
    hidden: usize,
    /// Whether nothing of the line stands behind it.
    whole: bool,
}

fn shown(editor: &Editor, line: usize, columns: usize) -> Shown {
    let text = &editor.text;
    let (start, end) = text.bounds(line);
    if line == text.line() {
        let (around, from) = text.around();
        let head = own_visible(around.get(..text.cursor() - from).unwrap_or_default());
        let whole = from + around.len() == end;
        return Shown { hidden: hidden(&head, columns), text: around, start: from, whole };
    }
    let reach = end.min(start.saturating_add(columns.saturating_mul(BYTES)));
    let part = text.part(start, reach);
    Shown { whole: start + part.len() == end, text: part, start, hidden: 0 }
}

/// Columns at the left that do not fit, so that the cursor behind `head` is in sight; whole
/// characters.
fn hidden(head: &str, columns: usize) -> usize {
    // One column is the cursor's, one that of the sign behind it.
    let surplus = width(head).saturating_sub(columns.saturating_sub(2));
    let (cut, rest) = split_at_width(head, surplus);
    let first = rest.get(..right_of(rest, 0)).unwrap_or_default();
    if width(cut) == surplus { surplus } else { width(cut) + width(first) }
}

/// What the line of the cursor is marked for.
fn said(model: &Model, editor: &Editor, area: Rect) -> Vec<Vec<Piece>> {
    let mark = editor.mark(editor.text.line()).filter(|_| !editor.text.is_empty());
    let Some(mark) = mark else { return Vec::new() };
    let columns = usize::from(area.width);
    let room = SENTENCE.min(usize::from(area.height) / 3);
    let (role, sign) = sign(mark.severity);
    let text = format!("{sign} {}", sentence(model, mark));
    let mut lines = wrap(&text, columns);
    let more = lines.len() > room;
    lines.truncate(room);
    if let Some(last) = lines.last_mut().filter(|_| more) {
        *last = clip(&format!("{last}\u{2026}"), columns);
    }
    lines.into_iter().map(|line| vec![(role, line)]).collect()
}

/// What a mark says, with its clause.
pub fn sentence(model: &Model, mark: &Mark) -> String {
    let visible: Vec<_> = mark.values.iter().map(|(name, v)| (*name, own_visible(v))).collect();
    let values: Vec<_> = visible.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let times = times(mark.count, mark.line + 1, mark.column, model.lang);
    let text = knowledge::fill(model.lang, mark.key, &values) + &times;
    if mark.clause.is_empty() { text } else { format!("{text} ({})", mark.clause) }
}

/// Where the text stands, without what is said below it.
fn place(model: &Model, editor: &Editor) -> Rect {
    let area = inside(model.panes().text.unwrap_or_default());
    let said = u16::try_from(said(model, editor, area).len()).unwrap_or_default();
    Rect { height: area.height.saturating_sub(said), ..area }
}

/// How many lines are in sight.
pub fn height(model: &Model) -> usize {
    model.editing().map_or(1, |editor| usize::from(place(model, editor).height).max(1))
}

/// Where the cursor stands on the screen.
pub fn cursor(model: &Model, editor: &Editor) -> (u16, u16) {
    let area = place(model, editor);
    let columns = usize::from(area.width.saturating_sub(GUTTER));
    let line = editor.text.line();
    let shown = shown(editor, line, columns);
    let head = shown.text.get(..editor.text.cursor() - shown.start).unwrap_or_default();
    let column = width(&own_visible(head)) - shown.hidden;
    let column = u16::try_from(column).unwrap_or(u16::MAX).saturating_add(GUTTER);
    let row = u16::try_from(line.saturating_sub(editor.top)).unwrap_or(u16::MAX);
    let last = |length: u16| length.saturating_sub(1);
    (area.x + column.min(last(area.width)), area.y + row.min(last(area.height)))
}

/// The byte of the draft that is shown at a place of the screen; below the text, its end.
pub fn byte_at(model: &Model, (x, y): (u16, u16)) -> Option<usize> {
    let editor = model.editing()?;
    let area = place(model, editor);
    if !area.contains((x, y).into()) {
        return None;
    }
    let line = editor.top + usize::from(y - area.y);
    let columns = usize::from(area.width.saturating_sub(GUTTER));
    let shown = shown(editor, line, columns);
    let column = usize::from((x - area.x).saturating_sub(GUTTER)) + shown.hidden;
    Some(shown.start + own_byte_at(&shown.text, column))
}
