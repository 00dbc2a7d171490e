//! Something about the session in lines over the panes, of which one is chosen: where its time went,
//! or what differs from another session. Only lines in sight are made.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::compare::Compared;
use crate::display::token::own_visible;
use crate::display::waterfall::Waterfall;
use crate::knowledge;
use crate::session::Dialogue;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::{Comparison, Sheet, Shows, With};
use super::super::rows::Piece;
use super::help::place;
use super::{draw_lines, list};

/// Draws it over everything but the lines on top and at the bottom.
pub fn draw(model: &Model, sheet: &Sheet, frame: &mut Frame<'_>) {
    let below = model.sentence("sheet.leave", &[]);
    let area = list::boxed(model, &title(model, sheet), &below, place(model), frame);
    let window = list::window(count(model, sheet), Some(sheet.chosen), area.height);
    draw_lines(model, lines(model, sheet, window), area, frame);
    for (_, place) in choices(model, sheet).iter().filter(|(at, _)| *at == sheet.chosen) {
        list::highlight(model, *place, frame);
    }
}

fn title(model: &Model, sheet: &Sheet) -> String {
    match &sheet.shows {
        Shows::Times(..) => knowledge::word(model.lang, "pane.times").to_owned(),
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

/// Columns of a line.
pub fn columns(model: &Model) -> usize {
    inside(place(model)).width.into()
}

/// How many lines there are.
pub fn count(model: &Model, sheet: &Sheet) -> usize {
    match &sheet.shows {
        Shows::Times(laid, _) => waterfall(model, laid).count(),
        Shows::Comparison(comparison) => comparison.lines,
    }
}

/// The exchange of this session that a line is about.
pub fn exchange(model: &Model, sheet: &Sheet, line: usize) -> Option<usize> {
    match &sheet.shows {
        Shows::Times(laid, _) => waterfall(model, laid).exchange(line),
        Shows::Comparison(comparison) => {
            let next = comparison.starts.partition_point(|start| *start <= line);
            let here = comparison.pairs.get(next.checked_sub(1)?);
            here.filter(|_| line + 1 < comparison.lines)?.first
        }
    }
}

fn lines(model: &Model, sheet: &Sheet, range: Range<usize>) -> Vec<Vec<Piece>> {
    match &sheet.shows {
        Shows::Times(laid, _) => waterfall(model, laid).lines(range),
        Shows::Comparison(comparison) => match compared(model, comparison) {
            Some(compared) => compared.lines(&comparison.pairs, &comparison.starts, range),
            None => Vec::new(),
        },
    }
}

fn waterfall<'a>(model: &'a Model, laid: &'a crate::display::waterfall::Laid) -> Waterfall<'a> {
    Waterfall {
        seen: model.session.seen(),
        laid,
        with_secrets: model.with_secrets,
        ascii: model.ascii,
        lang: model.lang,
        columns: columns(model),
    }
}

/// The session in front and the one with which it is compared, unless that was closed.
pub fn compared<'a>(model: &'a Model, comparison: &'a Comparison) -> Option<Compared<'a>> {
    let other: &Dialogue = match &comparison.with {
        With::Session(id) => &model.others.iter().find(|other| other.id == *id)?.dialogue,
        With::File(_, dialogue) => dialogue,
    };
    Some(Compared {
        sessions: [model.session.seen(), other],
        codes: false,
        with_secrets: model.with_secrets,
        lang: model.lang,
        columns: columns(model),
    })
}

/// Where each line stands.
pub fn choices(model: &Model, sheet: &Sheet) -> Vec<(usize, Rect)> {
    let area = inside(place(model));
    list::places(area, list::window(count(model, sheet), Some(sheet.chosen), area.height))
}
