//! Pane 1: every byte of both directions, with the time each reply took.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use crate::display::Role;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::{Anchor, Model, Pane};
use super::super::rows;
use super::{boxed, styled};

/// Draws the rows that are in sight.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title = knowledge::word(model.lang, Pane::Transcript.title());
    let (tone, remark) = remark(model);
    boxed(model, Pane::Transcript, title, (tone, &remark), area, frame);
    let area = inside(area);
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let (first, skip) = rows::top(model, columns, height);
    let mut lines = Vec::with_capacity(height);
    for row in first..rows::count(&model.session.dialogue) {
        let skip = if row == first { skip } else { 0 };
        lines.extend(rows::lines(model, row, columns).into_iter().skip(skip));
        if lines.len() >= height {
            break;
        }
    }
    lines.truncate(height);
    let lines: Vec<_> = lines.into_iter().map(|pieces| styled(model, pieces)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// Whether the end is followed, and what is new there if not.
fn remark(model: &Model) -> (Role, String) {
    let session = &model.session;
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
