//! The line in which the password of a login is typed; it is not shown.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::Password;
use super::super::prompt::Prompt;
use super::{draw_lines, list};

/// Columns that it takes where there are more.
const COLUMNS: u16 = 60;

/// Draws it in the middle.
pub fn draw(model: &Model, password: &Password, frame: &mut Frame<'_>) {
    let user = own_visible(password.login.user());
    let title = knowledge::fill(model.lang, "password.title", &[("user", &user)]);
    let below = model.sentence("password.keys", &[]);
    let area = list::boxed(model, &title, &below, place(model), frame);
    let (text, _) = list::typed(&shown(model, password), usize::from(area.width));
    draw_lines(model, vec![vec![(Role::Secret, text)]], area, frame);
}

/// The line as it may be shown: one `*` for each character.
fn shown(model: &Model, password: &Password) -> Prompt {
    if model.with_secrets {
        return password.line.clone();
    }
    let stars = |text: &str| "*".repeat(text.chars().count());
    let (text, cursor) = (password.line.text(), password.line.cursor());
    let mut line = Prompt::default();
    line.set(&stars(text));
    let behind = text.get(cursor..).unwrap_or_default().chars().count();
    (0..behind).for_each(|_| line.left());
    line
}

fn place(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    let (width, height) = (COLUMNS.min(columns), 3.min(rows));
    Rect { x: (columns - width) / 2, y: (rows - height) / 2, width, height }
}

/// Where its row stands.
pub fn choices(model: &Model) -> Vec<(usize, Rect)> {
    vec![(0, inside(place(model)))]
}

/// Where the cursor stands.
pub fn cursor(model: &Model, password: &Password) -> (u16, u16) {
    let area = inside(place(model));
    let (_, column) = list::typed(&shown(model, password), usize::from(area.width));
    ((area.x + column).min(area.right().saturating_sub(1)), area.y)
}
