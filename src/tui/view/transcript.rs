//! Pane 1: every byte of both directions, with the time each reply took.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::knowledge;

use super::super::model::{Anchor, Model, Pane, Session};
use super::super::rows::{self, Piece};
use super::boxed;

/// Draws the rows that are in sight.
pub fn draw(model: &Model, session: &Session, area: Rect, frame: &mut Frame<'_>) {
    let title = knowledge::word(model.lang, Pane::Transcript.title());
    let (tone, remark) = remark(model, session);
    let area = boxed(model, Pane::Transcript, title, (tone, &remark), area, frame);
    super::draw_lines(model, lines(model, session, area), area, frame);
}

/// The lines that are in sight.
pub fn lines(model: &Model, session: &Session, area: Rect) -> Vec<Vec<Piece>> {
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let top = rows::top(model, session, columns, height);
    rows::placed(model, session, columns, top).take(height).map(|(_, line)| line).collect()
}

/// Whether the end is followed, and what is new there if not.
fn remark(model: &Model, session: &Session) -> (Role, String) {
    if session.anchor == Anchor::Follow {
        return (Role::Dim, knowledge::word(model.lang, "transcript.follow").to_owned());
    }
    let new = rows::count(&session.dialogue).saturating_sub(session.followed);
    if new == 0 {
        return (Role::Dim, String::new());
    }
    let n = new.to_string();
    (Role::Badge, knowledge::fill(model.lang, "transcript.new", &[("n", &n)]))
}
