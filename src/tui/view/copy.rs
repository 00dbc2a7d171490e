//! The list of forms in which something can be copied.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType};

use crate::display::Role;
use crate::display::text::{fit, width};
use crate::knowledge;

use super::super::copy::{Form, forms};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::Copy;
use super::draw_lines;

/// Draws the list over the middle of the screen.
pub fn draw(model: &Model, copy: &Copy, frame: &mut Frame<'_>) {
    let area = place(model, copy);
    super::clear(model, area, frame);
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(model.theme.style(Role::Focus))
        .title(format!(" {} ", knowledge::word(model.lang, "copy.title")));
    frame.render_widget(block, area);
    let area = inside(area);
    let room = usize::from(area.width).saturating_sub(4);
    let line = |(at, words): (usize, &Entry)| {
        let mark = if at == copy.chosen { '>' } else { ' ' };
        let key = (Role::Key, format!("{mark}{} ", words.0));
        vec![key, (Role::Text, fit(&words.1, room))]
    };
    let lines = entries(model, copy).iter().enumerate().map(line).collect();
    draw_lines(model, lines, area, frame);
    let row = Rect { y: area.y + row(copy), height: 1, ..area };
    frame.buffer_mut().set_style(row, model.theme.style(Role::Selected));
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

fn row(copy: &Copy) -> u16 {
    u16::try_from(copy.chosen).unwrap_or_default()
}

/// Where each form stands.
pub fn choices(model: &Model, copy: &Copy) -> Vec<(usize, Rect)> {
    let area = inside(place(model, copy));
    area.rows().take(entries(model, copy).len()).enumerate().collect()
}

/// The real cursor stands at the chosen form.
pub fn cursor(model: &Model, copy: &Copy) -> (u16, u16) {
    let area = inside(place(model, copy));
    (area.x, area.y + row(copy))
}
