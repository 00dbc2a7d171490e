//! What popups have in common: a box over the panes, a list in it, a line that is typed.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType};

use crate::display::Role;
use crate::display::text::{clip, fit, width};
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::prompt::Prompt;
use super::super::rows::Piece;
use super::draw_lines;

/// Draws the box of a popup; gives its inside.
pub fn boxed(model: &Model, title: &str, below: &str, area: Rect, frame: &mut Frame<'_>) -> Rect {
    super::clear(model, area, frame);
    let room = usize::from(area.width).saturating_sub(4);
    let titled = |text: &str| {
        let text = if text.is_empty() { String::new() } else { clip(&format!(" {text} "), room) };
        Span::styled(text, model.theme.style(Role::Title))
    };
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(model.theme.style(Role::Focus))
        .title(titled(title))
        .title_bottom(titled(below));
    frame.render_widget(block, area);
    inside(area)
}

/// How many entries of a list above the prompt are in sight where there is room.
const ROWS: u16 = 12;

/// The place of a list above the prompt, over the other panes.
fn above_prompt(model: &Model, count: usize) -> Rect {
    let bottom = model.panes().prompt.y;
    let rows = u16::try_from(count.max(1)).unwrap_or(ROWS).min(ROWS);
    let height = (rows + 2).min(bottom.saturating_sub(1));
    Rect { x: 0, y: bottom.saturating_sub(height), width: model.size.0, height }
}

/// Where each entry of a list above the prompt stands.
pub fn choices(model: &Model, count: usize, chosen: Option<usize>) -> Vec<(usize, Rect)> {
    let area = inside(above_prompt(model, count));
    places(area, window(count, chosen, area.height))
}

/// Draws a list above the prompt: of each entry a row, which depends on whether it is chosen and
/// on the columns that there are.
pub fn draw<T>(
    model: &Model,
    title: &str,
    entries: &[T],
    chosen: Option<usize>,
    row: impl Fn(&T, bool, usize) -> Vec<Piece>,
    frame: &mut Frame<'_>,
) {
    let area = boxed(model, title, "", above_prompt(model, entries.len()), frame);
    let room = usize::from(area.width);
    if entries.is_empty() {
        let text = clip(knowledge::word(model.lang, "palette.nothing"), room);
        return draw_lines(model, vec![vec![(Role::Dim, text)]], area, frame);
    }
    let window = window(entries.len(), chosen, area.height);
    let shown = entries.iter().enumerate().skip(window.start).take(window.len());
    let lines = shown.map(|(at, entry)| row(entry, chosen == Some(at), room)).collect();
    draw_lines(model, lines, area, frame);
    for (number, place) in places(area, window) {
        if chosen == Some(number) {
            highlight(model, place, frame);
        }
    }
}

/// Which of `count` entries are in sight when `chosen` has to be.
pub fn window(count: usize, chosen: Option<usize>, height: u16) -> Range<usize> {
    let height = usize::from(height);
    let top = chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(height));
    top..(top + height).min(count)
}

/// The rectangle of each entry in sight, with its number.
pub fn places(area: Rect, window: Range<usize>) -> Vec<(usize, Rect)> {
    let rows = area.y..area.bottom();
    window.zip(rows.map(|y| Rect { y, height: 1, ..area })).collect()
}

/// A row in the look of what is chosen, over the whole width.
pub fn highlight(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let style = model.theme.style(Role::Selected);
    let ground = ratatui::style::Style::reset().patch(model.theme.ground());
    frame.buffer_mut().set_style(area, ground.patch(style));
}

/// The mark before an entry: what is chosen is seen without colours too.
pub const fn mark(chosen: bool) -> &'static str {
    if chosen { "> " } else { "  " }
}

/// What is in front, what may be cut behind it, and what stands at the right, in `room` columns.
pub fn row(front: &Piece, behind: &Piece, right: Piece, room: usize) -> Vec<Piece> {
    let left = room.saturating_sub(width(&right.1) + 1);
    // A reason is worth half of the row.
    let wanted = width(&behind.1).min(left / 2);
    let first = clip(&front.1, left.saturating_sub(if wanted > 0 { wanted + 2 } else { 0 }));
    // What stands behind begins in one column where it can.
    let column = (room * 2 / 5).min(left.saturating_sub(width(&behind.1) + 2));
    let first = fit(&first, column.max(width(&first)));
    let gap = left.saturating_sub(width(&first) + 2);
    let second = clip(&behind.1, gap);
    let fill = left.saturating_sub(width(&first) + 2 + width(&second)) + 1;
    vec![
        (front.0, first),
        (Role::Text, "  ".to_owned()),
        (behind.0, second),
        (Role::Text, " ".repeat(fill)),
        right,
    ]
}

/// A line that is typed, cut at the left so that its end is in sight; and the column of the cursor.
pub fn typed(prompt: &Prompt, room: usize) -> (String, u16) {
    let head = prompt.text().get(..prompt.cursor()).unwrap_or_default();
    let (mut head, tail) = (own_visible(head), prompt.text().get(prompt.cursor()..));
    while width(&head) + 1 > room && !head.is_empty() {
        let first = crate::display::text::right_of(&head, 0);
        head.drain(..first);
    }
    let column = u16::try_from(width(&head)).unwrap_or(u16::MAX);
    (head + &own_visible(tail.unwrap_or_default()), column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_in_sight() {
        for chosen in 0..30 {
            let window = window(30, Some(chosen), 7);
            assert!(window.contains(&chosen) && window.len() == 7, "{window:?}");
        }
        assert_eq!(window(3, None, 7), 0..3);
        assert_eq!(window(0, Some(0), 7), 0..0);
    }

    #[test]
    fn rows_have_one_width() {
        for room in 10..60 {
            let piece = |text: &str| (Role::Text, text.to_owned());
            let row =
                row(&piece("日本語の題名"), &piece("a reason why not"), piece("Ctrl-P"), room);
            let all: String = row.into_iter().map(|(_, text)| text).collect();
            assert_eq!(width(&all), room, "{all:?}");
        }
    }
}
