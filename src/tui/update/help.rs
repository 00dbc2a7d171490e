//! The help: opened, filtered, scrolled.

use crate::display::keys::Action;

use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::{Help, Popup};
use super::super::view;

/// Opens it.
pub(super) fn open(model: &mut Model) {
    model.popup = Some(Popup::Help(Help::default()));
}

/// Scrolls or filters; `None` if `action` closes the help.
pub(super) fn act(model: &mut Model, action: Action, edited: bool) -> Option<Vec<Effect>> {
    let height = usize::from(view::help::place(model).height).saturating_sub(3).max(1);
    let most = view::help::lines(model).len().saturating_sub(height);
    let Some(Popup::Help(help)) = &mut model.popup else { return None };
    help.scroll = match action {
        // What fits best is on top.
        _ if edited => 0,
        Action::Up => help.scroll.saturating_sub(1),
        Action::Down => help.scroll + 1,
        Action::PageUp => help.scroll.saturating_sub(height),
        Action::PageDown => help.scroll + height,
        _ => return None,
    }
    .min(most);
    Some(Vec::new())
}
