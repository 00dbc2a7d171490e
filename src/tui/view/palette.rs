//! The palette: the list above the prompt.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::clip;
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::palette::{Entry, entries, highlighted};
use super::super::rows::Piece;
use super::{draw_lines, list};

/// How many entries are in sight where there is room.
const ROWS: u16 = 12;

/// Columns from which the stable names stand beside the words.
const ROOMY: usize = 60;

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let entries = entries(model);
    let area = place(model, entries.len());
    let title = knowledge::word(model.lang, "palette");
    let area = list::boxed(model, title, "", area, frame);
    if entries.is_empty() {
        let text = clip(knowledge::word(model.lang, "palette.nothing"), usize::from(area.width));
        return draw_lines(model, vec![vec![(Role::Dim, text)]], area, frame);
    }
    let chosen = highlighted(model);
    let window = list::window(entries.len(), chosen, area.height);
    let shown = entries.iter().enumerate().skip(window.start).take(window.len());
    let room = usize::from(area.width);
    let lines = shown.map(|(at, entry)| row(model, entry, chosen == Some(at), room)).collect();
    draw_lines(model, lines, area, frame);
    for (number, place) in list::places(area, window) {
        if chosen == Some(number) {
            list::highlight(model, place, frame);
        }
    }
}

/// Where each entry stands.
pub fn choices(model: &Model) -> Vec<(usize, Rect)> {
    let count = entries(model).len();
    let area = inside(place(model, count));
    list::places(area, list::window(count, highlighted(model), area.height))
}

/// Above the prompt, over the other panes.
fn place(model: &Model, count: usize) -> Rect {
    let bottom = model.panes().prompt.y;
    let rows = u16::try_from(count.max(1)).unwrap_or(ROWS).min(ROWS);
    let height = (rows + 2).min(bottom.saturating_sub(1));
    Rect { x: 0, y: bottom.saturating_sub(height), width: model.size.0, height }
}

fn row(model: &Model, entry: &Entry, chosen: bool, room: usize) -> Vec<Piece> {
    let sentence = |key| model.sentence(key, &[]);
    let reason = entry.reason(model);
    let tone = if reason.is_some() { Role::Dim } else { Role::Text };
    let (words, name) = match entry {
        Entry::Directive(directive) => (directive.written(), sentence(directive.words)),
        Entry::Action(action) => (sentence(action.name()), action.name().to_owned()),
        Entry::Target(_, target) => (own_visible(target), String::new()),
        Entry::Item(item) => {
            let say = item.say().map_or_else(|| item.name().to_owned(), sentence);
            (sentence(item.words()), say)
        }
    };
    let behind = match reason {
        Some(why) => (Role::Warn, format!("({})", sentence(why))),
        None if room < ROOMY && matches!(entry, Entry::Action(_) | Entry::Item(_)) => {
            (Role::Dim, String::new())
        }
        None => (Role::Dim, name),
    };
    let key = match entry {
        Entry::Action(action) => model.keys.key_of(*action).unwrap_or_default(),
        _ => String::new(),
    };
    let front = format!("{}{words}", list::mark(chosen));
    list::row(&(tone, front), &behind, (Role::Key, key), room)
}
