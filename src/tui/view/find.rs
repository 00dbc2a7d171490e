//! The line at the bottom that asks what to find or to keep.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, split_at_width, width};
use crate::display::token::{own_byte_at, own_visible};
use crate::knowledge;

use super::super::find::Find;
use super::super::model::{Model, Pane};
use super::super::popup::{Asks, Query};
use super::super::rows::{self, Piece};
use super::draw_lines;

/// The line as it is shown.
struct Shown {
    label: String,
    /// What of the typed text fits.
    typed: String,
    /// Columns of the typed text that are out of sight at the left.
    hidden: usize,
    role: Role,
    remark: String,
}

impl Shown {
    fn new(model: &Model, query: &Query, columns: usize) -> Self {
        let label = label(model, query);
        let (role, remark) = fitted(model, query, columns - width(&label).min(columns));
        let room = columns.saturating_sub(width(&label) + width(&remark) + 3);
        let all = own_visible(query.line.text());
        let (gone, rest) = split_at_width(&all, before_cursor(query).saturating_sub(room));
        let typed = split_at_width(rest, room + 1).0.to_owned();
        Self { label, typed, hidden: width(gone), role, remark }
    }
}

/// Draws the line; what came of it stands at the right.
pub fn draw(model: &Model, query: &Query, area: Rect, frame: &mut Frame<'_>) {
    let columns = usize::from(area.width);
    let Shown { label, typed, role, remark, .. } = Shown::new(model, query, columns);
    let gap = columns.saturating_sub(width(&label) + width(&typed) + width(&remark) + 1);
    let pieces = vec![
        (Role::Prompt, label),
        (Role::Text, typed),
        (role, format!("{}{remark} ", " ".repeat(gap))),
    ];
    draw_lines(model, vec![pieces], area, frame);
}

/// Where the cursor stands on the screen.
pub fn cursor(model: &Model, query: &Query, area: Rect) -> (u16, u16) {
    let shown = Shown::new(model, query, usize::from(area.width));
    let column = width(&shown.label) + before_cursor(query).saturating_sub(shown.hidden);
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    (area.x + column.min(area.width.saturating_sub(1)), area.y)
}

/// The byte of the typed text that is shown at column `x` of the screen.
pub fn byte_at(model: &Model, query: &Query, area: Rect, x: u16) -> usize {
    let shown = Shown::new(model, query, usize::from(area.width));
    let column = usize::from(x.saturating_sub(area.x)).saturating_sub(width(&shown.label));
    own_byte_at(query.line.text(), column + shown.hidden)
}

/// Columns before the cursor.
fn before_cursor(query: &Query) -> usize {
    let text = query.line.text();
    width(&own_visible(text.get(..query.line.cursor()).unwrap_or(text)))
}

fn label(model: &Model, query: &Query) -> String {
    let key = match query.asks {
        Asks::Find => "find.ask",
        Asks::Filter => "filter.ask",
    };
    format!(" {} ", knowledge::word(model.lang, key))
}

/// The remark as far as there is room beside what is typed, of which at least a third is seen.
fn fitted(model: &Model, query: &Query, columns: usize) -> (Role, String) {
    let typed = width(&own_visible(query.line.text())) + 3;
    let (role, remark) = remark(model, query);
    (role, clip(&remark, columns.saturating_sub(typed.min(columns / 3))))
}

/// What is wrong, what came of it, or which keys there are.
fn remark(model: &Model, query: &Query) -> (Role, String) {
    let empty = query.line.text().is_empty();
    let keys = |key| (Role::Dim, model.sentence(key, &[]));
    match (query.asks, &query.wrong, &model.find) {
        (_, Some(wrong), _) => (Role::Bad, wrong.to_string()),
        (Asks::Find, _, Some(find)) if !empty => {
            (if find.found { Role::Good } else { Role::Bad }, said(model, find))
        }
        (Asks::Find, ..) => keys("find.keys"),
        (Asks::Filter, ..) => match model.session.sight.filter() {
            Some((_, n)) if !empty => {
                let n = n.to_string();
                (Role::Good, model.sentence("filter.kept", &[("n", &n)]))
            }
            _ => keys("filter.keys"),
        },
    }
}

/// What came of a search, in words.
pub fn said(model: &Model, find: &Find) -> String {
    let sentence = |key| model.sentence(key, &[]);
    if !find.found {
        return sentence("find.none");
    }
    let round = find.wrapped.then(|| sentence("find.round"));
    let number = find.number.map(|(at, all)| {
        let (at, all) = (at.to_string(), all.to_string());
        knowledge::fill(model.lang, "find.number", &[("at", &at), ("all", &all)])
    });
    let number = number.or_else(|| round.is_none().then(|| sentence("find.found")));
    round.into_iter().chain(number).collect::<Vec<_>>().join("  ")
}

/// The lines of `pane` with what is looked for in it as pieces of their own.
pub fn matched(model: &Model, pane: Pane, lines: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    match model.find.as_ref().filter(|find| find.pane == pane) {
        Some(find) => lines.into_iter().map(|line| rows::marked(&find.needle, line)).collect(),
        None => lines,
    }
}
