//! Something about the session in lines over the panes, of which one is chosen: where its time went,
//! or what differs from another session.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::compare::Compared;
use crate::display::token::own_visible;
use crate::display::waterfall::{About, Waterfall};
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::{Comparison, Sheet, Shows, With};
use super::help::place;
use super::{draw_lines, list};

/// Draws it over everything but the lines on top and at the bottom.
pub fn draw(model: &Model, sheet: &Sheet, frame: &mut Frame<'_>) {
    let below = model.sentence("sheet.leave", &[]);
    let area = list::boxed(model, &title(model, sheet), &below, place(model), frame);
    let lines = lines(model, sheet);
    let window = list::window(lines.len(), Some(sheet.chosen), area.height);
    let shown = lines.into_iter().skip(window.start).take(window.len());
    draw_lines(model, shown.map(|(_, line)| line).collect(), area, frame);
    for (_, place) in choices(model, sheet).iter().filter(|(at, _)| *at == sheet.chosen) {
        list::highlight(model, *place, frame);
    }
}

fn title(model: &Model, sheet: &Sheet) -> String {
    match &sheet.shows {
        Shows::Times => knowledge::word(model.lang, "pane.times").to_owned(),
        Shows::Comparison(comparison) => {
            let own = named(model.session.id, &model.session.target);
            let other = match &comparison.with {
                With::Session(id) => {
                    let other = model.others.iter().find(|other| other.id == *id);
                    named(*id, other.map_or("", |other| &other.target))
                }
                With::File(name, _) => own_visible(name),
            };
            let values = [("first", &*own), ("second", &other)];
            knowledge::fill(model.lang, "compare.title", &values)
        }
    }
}

fn named(id: usize, target: &str) -> String {
    format!("[{id}] {}", own_visible(target))
}

/// All lines, each with the exchange of this session that it is about.
pub fn lines(model: &Model, sheet: &Sheet) -> Vec<About> {
    let columns = usize::from(inside(place(model)).width);
    let seen = &model.session.dialogue;
    let (lang, with_secrets) = (model.lang, model.with_secrets);
    match &sheet.shows {
        Shows::Times => {
            let (now, ascii) = (model.now, model.ascii);
            Waterfall { seen, now, with_secrets, ascii, lang, columns }.lines()
        }
        Shows::Comparison(comparison) => {
            let Some(other) = other(model, comparison) else { return Vec::new() };
            let compared = Compared { sessions: [seen, other], codes: false, with_secrets, lang };
            compared.lines(&comparison.pairs, columns)
        }
    }
}

/// The session with which the one in front is compared, unless that was closed.
pub fn other<'a>(
    model: &'a Model,
    comparison: &'a Comparison,
) -> Option<&'a crate::session::Dialogue> {
    match &comparison.with {
        With::Session(id) => {
            model.others.iter().find(|other| other.id == *id).map(|other| &other.dialogue)
        }
        With::File(_, dialogue) => Some(dialogue),
    }
}

/// Where each line stands.
pub fn choices(model: &Model, sheet: &Sheet) -> Vec<(usize, Rect)> {
    let area = inside(place(model));
    let count = lines(model, sheet).len();
    list::places(area, list::window(count, Some(sheet.chosen), area.height))
}
