//! The line at the bottom that asks what to find or to keep, and the lines of panes to look in.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, split_at_width, width};
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::find::Find;
use super::super::model::{ContentView, Model, Pane};
use super::super::popup::{Asks, Query};
use super::super::rows::{self, Piece};
use super::{content, draw_lines, envelope, explain, transcript};

/// Draws the line; what came of it stands at the right.
pub fn draw(model: &Model, query: &Query, area: Rect, frame: &mut Frame<'_>) {
    let columns = usize::from(area.width);
    let label = label(model, query);
    let (role, remark) = fitted(model, query, columns - width(&label).min(columns));
    let left = room(&label, columns, &remark);
    let (head, _) = split(query, left);
    let gap = columns.saturating_sub(width(&label) + width(&head) + width(&remark) + 1);
    let pieces = vec![
        (Role::Prompt, label),
        (Role::Text, head),
        (role, format!("{}{remark} ", " ".repeat(gap))),
    ];
    draw_lines(model, vec![pieces], area, frame);
}

/// Where the cursor stands on the screen.
pub fn cursor(model: &Model, query: &Query, area: Rect) -> (u16, u16) {
    let columns = usize::from(area.width);
    let label = label(model, query);
    let (_, remark) = fitted(model, query, columns - width(&label).min(columns));
    let (_, before) = split(query, room(&label, columns, &remark));
    let column = u16::try_from(width(&label) + before).unwrap_or(u16::MAX);
    (area.x + column.min(area.width.saturating_sub(1)), area.y)
}

fn label(model: &Model, query: &Query) -> String {
    let key = match query.asks {
        Asks::Find => "find.ask",
        Asks::Filter => "filter.ask",
    };
    format!(" {} ", knowledge::word(model.lang, key))
}

fn room(label: &str, columns: usize, remark: &str) -> usize {
    columns.saturating_sub(width(label) + width(remark) + 3)
}

/// The remark as far as there is room beside what is typed, of which at least a third is seen.
fn fitted(model: &Model, query: &Query, columns: usize) -> (Role, String) {
    let typed = width(&own_visible(query.line.text())) + 3;
    let (role, remark) = remark(model, query);
    (role, clip(&remark, columns.saturating_sub(typed.min(columns / 3))))
}

/// What of the typed text fits, and in which of its columns the cursor stands.
fn split(query: &Query, room: usize) -> (String, usize) {
    let text = query.line.text();
    let before = own_visible(text.get(..query.line.cursor()).unwrap_or(text));
    let all = own_visible(text);
    let skip = width(&before).saturating_sub(room);
    let (gone, rest) = split_at_width(&all, skip);
    let (shown, _) = split_at_width(rest, room + 1);
    (shown.to_owned(), width(&before).saturating_sub(width(gone)))
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

/// The first row or line of `pane` that is in sight.
pub fn top(model: &Model, pane: Pane) -> usize {
    let session = &model.session;
    match pane {
        Pane::Transcript | Pane::Prompt => {
            let area = model.panes().inside(Pane::Transcript);
            area.map_or(0, |area| transcript::window(model, session, area).top().0)
        }
        Pane::Envelope => session.envelope_scroll,
        Pane::Content => session.content_scroll,
        Pane::Explain => session.explain_scroll,
    }
}

/// All lines of a pane other than the transcript.
#[derive(Debug)]
pub enum Lines<'a> {
    /// Made.
    Made(Vec<String>),
    /// Those of a message, each made when it is asked for.
    Raw(&'a crate::session::Message),
}

/// The lines in which something can be found.
pub fn lines(model: &Model, pane: Pane) -> Lines<'_> {
    let columns = model.panes().inside(pane).map_or(40, |area| usize::from(area.width));
    let made = match pane {
        Pane::Envelope => envelope::all(model, columns, usize::MAX),
        Pane::Explain => explain::all(model, columns),
        Pane::Content => match content::message(model) {
            Some((_, message)) if model.session.view == ContentView::Raw => {
                return Lines::Raw(message);
            }
            _ => content::all(model, columns, usize::MAX),
        },
        Pane::Transcript | Pane::Prompt => Vec::new(),
    };
    let text = |line: Vec<Piece>| line.into_iter().map(|(_, text)| text).collect();
    Lines::Made(made.into_iter().map(text).collect())
}

impl Lines<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Made(lines) => lines.len(),
            Self::Raw(message) => message.line_count(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of line `at`.
    pub fn text(&self, at: usize) -> String {
        match self {
            Self::Made(lines) => lines.get(at).cloned().unwrap_or_default(),
            Self::Raw(message) => {
                crate::display::token::visible(&message.line(at).unwrap_or_default())
            }
        }
    }
}
