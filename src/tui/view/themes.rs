//! The theme switcher: names and titles, and what is wrong with a broken one.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::{Look, Themes};
use super::super::rows::Piece;
use super::{draw_lines, list};

/// Columns that the list takes where there are more.
const COLUMNS: u16 = 56;

/// Draws the list at the right, so that the panes can be seen beside it.
pub fn draw(model: &Model, themes: &Themes, frame: &mut Frame<'_>) {
    let area = place(model, themes);
    let title = knowledge::word(model.lang, "view.theme");
    let area = list::boxed(model, title, &model.sentence("themes.how", &[]), area, frame);
    let places = choices(model, themes);
    let shown =
        places.iter().filter_map(|(n, _)| Some((*n == themes.chosen, themes.list.get(*n)?)));
    let room = usize::from(area.width);
    let lines = shown.map(|(chosen, look)| row(model, look, chosen, room)).collect();
    draw_lines(model, lines, area, frame);
    for (_, place) in places.iter().filter(|(number, _)| *number == themes.chosen) {
        list::highlight(model, *place, frame);
    }
}

/// Where each theme stands.
pub fn choices(model: &Model, themes: &Themes) -> Vec<(usize, Rect)> {
    let area = inside(place(model, themes));
    list::places(area, list::window(themes.list.len(), Some(themes.chosen), area.height))
}

fn place(model: &Model, themes: &Themes) -> Rect {
    let (columns, rows) = model.size;
    let width = COLUMNS.min(columns);
    let wanted = u16::try_from(themes.list.len() + 2).unwrap_or(u16::MAX);
    Rect { x: columns - width, y: 1.min(rows), width, height: wanted.min(rows.saturating_sub(2)) }
}

fn row(model: &Model, look: &Look, chosen: bool, room: usize) -> Vec<Piece> {
    let behind = match &look.theme {
        Ok(theme) => (Role::Dim, own_visible(theme.title().unwrap_or_default())),
        Err(slip) => (Role::Bad, own_visible(slip)),
    };
    let used = if look.name == model.theme_name { "*" } else { "" };
    let name = format!("{}{}", list::mark(chosen), own_visible(&look.name));
    list::row(&(Role::Text, name), &behind, (Role::Key, used.to_owned()), room)
}
