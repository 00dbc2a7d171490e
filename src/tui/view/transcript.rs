//! Pane 1: every byte of both directions, with the time each reply took.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::token::visible;
use crate::knowledge;

use super::super::model::{Anchor, Model, Pane, Session};
use super::super::rows::{self, Piece};
use super::{boxed, framed};

/// Draws the rows that are in sight.
pub fn draw(model: &Model, session: &Session, area: Rect, frame: &mut Frame<'_>) {
    let title = title(model, session);
    let (tone, remark) = remark(model, session);
    let area = if session.id == model.session.id {
        boxed(model, Pane::Transcript, &title, (tone, &remark), area, frame)
    } else {
        framed(model, false, &title, (tone, &remark), area, frame)
    };
    super::draw_lines(model, lines(model, session, area), area, frame);
}

/// Where two stand side by side, each says whose it is.
fn title(model: &Model, session: &Session) -> String {
    let title = knowledge::word(model.lang, Pane::Transcript.title());
    if model.beside().is_none() {
        return title.to_owned();
    }
    let target = visible(session.target.as_bytes());
    let end = session.other_end_of.map(|_| knowledge::word(model.lang, "header.other-end"));
    let end = end.map(|end| format!(", {end}")).unwrap_or_default();
    format!("{title} [{}] {target}{end}", session.id)
}

/// The lines that are in sight.
pub fn lines(model: &Model, session: &Session, area: Rect) -> Vec<Vec<Piece>> {
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let (first, skip) = rows::top(model, session, columns, height);
    let mut lines = Vec::with_capacity(height);
    for row in first..rows::count(&session.dialogue) {
        let skip = if row == first { skip } else { 0 };
        lines.extend(rows::lines(model, session, row, columns).into_iter().skip(skip));
        if lines.len() >= height {
            break;
        }
    }
    lines.truncate(height);
    lines
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
