//! The theme switcher: the screen looks like the chosen theme while one moves.

use crate::display::keys::Action;
use crate::display::{Reason, Theme};
use crate::knowledge;

use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::{Look, Popup, Themes};

/// Opens it with the present theme chosen.
pub(super) fn open(model: &mut Model) {
    let list: Vec<_> = names(model).into_iter().map(|name| look(model, name)).collect();
    let chosen = list.iter().position(|look| look.name == model.theme_name).unwrap_or_default();
    model.popup = Some(Popup::Themes(Themes { list, chosen, before: model.theme.clone() }));
}

/// The embedded themes and the person's own, each name once.
fn names(model: &Model) -> Vec<String> {
    let own = &model.themes;
    let embedded = knowledge::themes().filter(|name| !own.contains_key(*name)).map(str::to_owned);
    own.keys().cloned().chain(embedded).collect()
}

fn look(model: &Model, name: String) -> Look {
    let theme =
        Theme::read(&name, &model.themes).map_err(|slip| Reason::from(slip).say(model.lang));
    Look { name, theme }
}

/// Moves, or keeps what is chosen; `None` if `action` closes the list.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        _ if let Some(by) = super::step_of(action) => step(model, by),
        Action::Choose => keep(model),
        _ => return None,
    }
    Some(Vec::new())
}

fn step(model: &mut Model, by: isize) {
    let Some(Popup::Themes(themes)) = &mut model.popup else { return };
    let last = themes.list.len().saturating_sub(1);
    themes.chosen = themes.chosen.saturating_add_signed(by).min(last);
    preview(model);
}

/// Shows the chosen theme; one that is broken shows its slip instead.
pub(super) fn preview(model: &mut Model) {
    let Some(Popup::Themes(themes)) = &model.popup else { return };
    let chosen = themes.list.get(themes.chosen).and_then(|look| look.theme.as_ref().ok());
    let theme = chosen.unwrap_or(&themes.before).clone();
    model.wear(theme);
}

/// Enter: the theme stays for this session.
fn keep(model: &mut Model) {
    let Some(Popup::Themes(themes)) = &mut model.popup else { return };
    let Some(look) = themes.list.get(themes.chosen) else { return };
    let name = look.name.clone();
    model.notice = Some(match &look.theme {
        Ok(theme) => {
            themes.before = theme.clone();
            let line = format!("theme = \"{name}\"");
            model.theme_name.clone_from(&name);
            knowledge::fill(model.lang, "themes.kept", &[("line", &line)])
        }
        Err(slip) => {
            knowledge::fill(model.lang, "themes.broken", &[("name", &name), ("slip", slip)])
        }
    });
    super::close(model);
}
