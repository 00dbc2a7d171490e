//! The form for a file that is to be attached.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, fit, width};
use crate::display::token::own_visible;
use crate::draft::Encoding;
use crate::draft::attachment::guess;
use crate::knowledge;

use super::super::editor::form::{Field, Form};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::rows::Piece;
use super::{draw_lines, list};

/// Columns that the form takes where there are more.
const COLUMNS: u16 = 74;

/// Draws the form in the middle.
pub fn draw(model: &Model, form: &Form, frame: &mut Frame<'_>) {
    let word = |key| knowledge::word(model.lang, key);
    let below = model.sentence("editor.form.keys", &[]);
    let area = list::boxed(model, word("editor.file"), &below, place(model), frame);
    let room = usize::from(area.width);
    let lines = Field::ALL.map(|field| row(model, form, field, room)).to_vec();
    draw_lines(model, lines, area, frame);
}

fn place(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    let width = COLUMNS.min(columns);
    let height = u16::try_from(Field::ALL.len()).unwrap_or_default() + 2;
    Rect { x: (columns - width) / 2, y: (rows - height) / 2, width, height }
}

/// Where each row stands.
pub fn choices(model: &Model, _form: &Form) -> Vec<(usize, Rect)> {
    list::places(inside(place(model)), 0..Field::ALL.len())
}

/// Columns of the titles with their mark.
fn titles(model: &Model) -> usize {
    let all = Field::ALL.iter().map(|field| width(knowledge::word(model.lang, field.title())));
    all.max().unwrap_or_default() + 4
}

fn row(model: &Model, form: &Form, field: Field, room: usize) -> Vec<Piece> {
    let titles = titles(model);
    let title = knowledge::word(model.lang, field.title());
    let title = fit(&format!("{}{title}", list::mark(form.field == field)), titles);
    let left = room.saturating_sub(titles);
    let (role, value) = value(model, form, field, left);
    let mut pieces = vec![(Role::Key, title), (role, clip(&value, left))];
    let kept = kept(model, form);
    if field == Field::Encoding && width(&value) + width(kept) + 2 <= left {
        pieces.push((Role::Dim, format!("  {kept}")));
    }
    pieces
}

/// What an encoding keeps of a file.
fn kept(model: &Model, form: &Form) -> &'static str {
    let key = match form.encoding {
        None => "editor.form.either",
        Some(Encoding::Base64) => "editor.form.exact",
        Some(_) => "editor.form.lines",
    };
    knowledge::word(model.lang, key)
}

/// What a row says; dim where the person said nothing.
fn value(model: &Model, form: &Form, field: Field, room: usize) -> (Role, String) {
    let turns = |text: &str| format!("< {text} >");
    let word = |key| turns(knowledge::word(model.lang, key));
    match field {
        Field::File => (Role::Text, list::typed(&form.file, room).0),
        Field::Kind if form.kind.text().is_empty() => {
            (Role::Dim, own_visible(&guess(form.file.text())))
        }
        Field::Kind => (Role::Text, list::typed(&form.kind, room).0),
        Field::Encoding => match form.encoding {
            Some(encoding) => (Role::Text, turns(encoding.name())),
            None => (Role::Dim, word("editor.form.chosen")),
        },
        Field::Placement if form.inline => (Role::Text, word("editor.form.inline")),
        Field::Placement => (Role::Text, word("editor.form.attachment")),
    }
}

/// Where the cursor stands.
pub fn cursor(model: &Model, form: &Form) -> (u16, u16) {
    let area = inside(place(model));
    let titles = titles(model);
    let room = usize::from(area.width).saturating_sub(titles);
    let column = match form.field {
        Field::File => list::typed(&form.file, room).1,
        Field::Kind => list::typed(&form.kind, room).1,
        Field::Encoding | Field::Placement => 0,
    };
    let row = Field::ALL.iter().position(|field| *field == form.field).unwrap_or_default();
    let x = area.x + u16::try_from(titles).unwrap_or_default() + column;
    (x.min(area.right().saturating_sub(1)), area.y + u16::try_from(row).unwrap_or_default())
}
