//! The line at the bottom that asks what to find, to keep, or to send again.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, split_at_width, width};
use crate::display::token::{own_byte_at, own_visible};
use crate::knowledge;

use super::super::catcher::Listing;
use super::super::find::Find;
use super::super::model::{Model, Pane};
use super::super::popup::{Asks, Popup, Query, Search};
use super::super::prompt::Prompt;
use super::super::rows::{self, Piece};
use super::draw_lines;

/// A line that asks for something: its label, what is typed, and what there is to say about it.
struct Asking<'a> {
    label: String,
    line: &'a Prompt,
    remark: (Role, String),
}

impl<'a> Asking<'a> {
    /// The line of the open popup, if it has one at the bottom.
    fn new(model: &'a Model) -> Option<Self> {
        let (label, line, remark) = match model.popup.as_ref()? {
            Popup::Query(query) => (label(query), &query.line, remark(model, query)),
            Popup::Search(search) => ("search.ask", &search.line, found(model, search)),
            _ => return None,
        };
        let label = format!(" {} ", knowledge::word(model.lang, label));
        Some(Self { label, line, remark })
    }

    /// Columns before the cursor.
    fn before_cursor(&self) -> usize {
        let text = self.line.text();
        width(&own_visible(text.get(..self.line.cursor()).unwrap_or(text)))
    }

    fn shown(self, columns: usize) -> Shown {
        let (role, remark) = &self.remark;
        let all = own_visible(self.line.text());
        // What is said has its room beside what is typed, of which at least a third is seen.
        let left = columns.saturating_sub(width(&self.label));
        let remark = clip(remark, left.saturating_sub((width(&all) + 3).min(left / 3)));
        let room = columns.saturating_sub(width(&self.label) + width(&remark) + 3);
        let (gone, rest) = split_at_width(&all, self.before_cursor().saturating_sub(room));
        let typed = split_at_width(rest, room + 1).0.to_owned();
        let cursor = width(&self.label) + self.before_cursor().saturating_sub(width(gone));
        Shown { typed, hidden: width(gone), cursor, role: *role, remark, label: self.label }
    }
}

/// The line as it is shown.
struct Shown {
    label: String,
    /// What of the typed text fits.
    typed: String,
    /// Columns of the typed text that are out of sight at the left.
    hidden: usize,
    /// The column of the cursor.
    cursor: usize,
    role: Role,
    remark: String,
}

/// Draws the line; what came of it stands at the right.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let columns = usize::from(area.width);
    let Some(asking) = Asking::new(model) else { return };
    let Shown { label, typed, role, remark, .. } = asking.shown(columns);
    let gap = columns.saturating_sub(width(&label) + width(&typed) + width(&remark) + 1);
    let pieces = vec![
        (Role::Prompt, label),
        (Role::Text, typed),
        (role, format!("{}{remark} ", " ".repeat(gap))),
    ];
    draw_lines(model, vec![pieces], area, frame);
}

/// Where the cursor stands on the screen.
pub fn cursor(model: &Model, area: Rect) -> (u16, u16) {
    let shown = Asking::new(model).map(|asking| asking.shown(usize::from(area.width)));
    let column = shown.map_or(0, |shown| u16::try_from(shown.cursor).unwrap_or(u16::MAX));
    (area.x + column.min(area.width.saturating_sub(1)), area.y)
}

/// The byte of the typed text that is shown at column `x` of the screen.
pub fn byte_at(model: &Model, area: Rect, x: u16) -> Option<usize> {
    let asking = Asking::new(model)?;
    let text = asking.line.text();
    let shown = asking.shown(usize::from(area.width));
    let column = usize::from(x.saturating_sub(area.x)).saturating_sub(width(&shown.label));
    Some(own_byte_at(text, column + shown.hidden))
}

const fn label(query: &Query) -> &'static str {
    match query.asks {
        Asks::Find => "find.ask",
        Asks::Filter | Asks::Rows => "filter.ask",
    }
}

/// What came of a search in the history, or which keys there are.
fn found(model: &Model, search: &Search) -> (Role, String) {
    if search.found {
        (Role::Dim, model.sentence("search.keys", &[]))
    } else {
        (Role::Bad, model.sentence("find.none", &[]))
    }
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
        (Asks::Rows, ..) => match &model.session.catcher {
            Some(catcher) if !empty => {
                let (n, all) = catcher.count();
                let (n, all) = (n.to_string(), all.to_string());
                let values = [("n", &*n), ("all", &all)];
                (Role::Good, model.sentence("catcher.kept-rows", &values))
            }
            Some(catcher) if catcher.shows == Listing::Mails => keys("catcher.sieve.mails"),
            _ => keys("catcher.sieve.keys"),
        },
        (Asks::Find, ..) => keys("find.keys"),
        (Asks::Filter, ..) => match model.session.sight.filter(model.session.seen()) {
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
