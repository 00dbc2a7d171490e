//! The list of forms in which something can be copied.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{fit, width};
use crate::knowledge;

use super::super::copy::{Form, forms};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::Copy;
use super::{draw_lines, list};

/// Draws the list over the middle of the screen.
pub fn draw(model: &Model, copy: &Copy, frame: &mut Frame<'_>) {
    let title = knowledge::word(model.lang, "copy.title");
    let area = list::boxed(model, title, "", place(model, copy), frame);
    let room = usize::from(area.width).saturating_sub(4);
    let entries = entries(model, copy);
    for (number, place) in choices(model, copy) {
        let Some((letter, words)) = entries.get(number) else { continue };
        let key = (Role::Key, format!("{}{letter} ", list::mark(number == copy.chosen)));
        draw_lines(model, vec![vec![key, (Role::Text, fit(words, room))]], place, frame);
        if number == copy.chosen {
            list::highlight(model, place, frame);
        }
    }
}

/// A letter, and the name of its form.
type Entry = (char, String);

fn entries(model: &Model, copy: &Copy) -> Vec<Entry> {
    let word = |key| knowledge::word(model.lang, key);
    let entry = |form: &Form| {
        let (name, more) = form.words();
        (form.letter(), [word(name), word("colon"), word(more)].concat())
    };
    forms(&copy.source).iter().map(entry).collect()
}

/// Where the list stands.
pub fn place(model: &Model, copy: &Copy) -> Rect {
    let entries = entries(model, copy);
    let widest = entries.iter().map(|(_, words)| width(words)).max().unwrap_or_default();
    let title = width(knowledge::word(model.lang, "copy.title"));
    let (columns, rows) = model.size;
    let wide = u16::try_from(widest.max(title) + 8).unwrap_or(columns).min(columns);
    let high = u16::try_from(entries.len() + 2).unwrap_or(rows).min(rows);
    Rect::new((columns - wide) / 2, (rows - high) / 2, wide, high)
}

/// Where each form stands.
pub fn choices(model: &Model, copy: &Copy) -> Vec<(usize, Rect)> {
    let area = inside(place(model, copy));
    list::places(area, list::window(forms(&copy.source).len(), Some(copy.chosen), area.height))
}
