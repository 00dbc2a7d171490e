//! Marked text, drawn over what the panes have drawn.

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use crate::display::Role;
use crate::display::text::width_of;

use super::super::model::Model;

/// Gives marked cells their look; what is reversed already is turned back.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let Some(marked) = model.marked.filter(|m| m.session == model.session.id) else { return };
    let Some(area) = model.panes().inside(marked.pane) else { return };
    let look = model.theme.style(Role::Marked);
    for (y, (at, line)) in (area.y..area.bottom()).zip(super::shown(model, marked.pane)) {
        let Some(columns) = marked.columns(at) else { continue };
        let end = u16::try_from(width_of(&line)).unwrap_or(u16::MAX).min(area.width);
        for column in (0..end).filter(|c| columns.contains(&usize::from(*c))) {
            if let Some(cell) = buffer.cell_mut((area.x + column, y)) {
                let both = cell.modifier & look.add_modifier & Modifier::REVERSED;
                cell.set_style(look).modifier.remove(both);
            }
        }
    }
}
