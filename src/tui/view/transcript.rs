//! Pane 1: every byte of both directions, with the time each reply took.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::model::{Anchor, Model, Pane, Session};
use super::super::rows::place::Window;
use super::super::rows::{self, Placed};
use super::{boxed, framed, status};

/// Draws the rows that are in sight.
pub fn draw(model: &Model, session: &Session, area: Rect, frame: &mut Frame<'_>) {
    let title = title(model, session);
    let (tone, remark) = remark(model, session);
    let area = if session.id == model.session.id {
        boxed(model, Pane::Transcript, &title, (tone, &remark), area, frame)
    } else {
        framed(model, false, &title, (tone, &remark), area, frame)
    };
    let lines = shown(model, session, area).into_iter().map(|(_, line)| line);
    super::draw_lines(model, lines.collect(), area, frame);
}

/// Where two stand side by side, each says whose it is.
fn title(model: &Model, session: &Session) -> String {
    let title = knowledge::word(model.lang, Pane::Transcript.title());
    if model.beside().is_none() {
        return title.to_owned();
    }
    let target = own_visible(&session.target);
    let end = session.other_end_of.map(|_| knowledge::word(model.lang, "header.other-end"));
    let end = end.map(|end| format!(", {end}")).unwrap_or_default();
    format!("{title} [{}] {target}{end}", session.id)
}

/// The lines that are in sight, with their places.
pub fn shown(model: &Model, session: &Session, area: Rect) -> Vec<Placed> {
    window(model, session, area).lines_in_sight()
}

/// Where the selected row begins on the screen.
pub fn cursor(model: &Model) -> Option<(u16, u16)> {
    let area = model.panes().inside(Pane::Transcript)?;
    let at = rows::selected(model, &model.session)?;
    let window = window(model, &model.session, area);
    let (skip, rows) = window.rows();
    let above: usize = rows.iter().take_while(|row| **row < at).map(|row| window.tall(*row)).sum();
    let line = u16::try_from(above.saturating_sub(skip)).unwrap_or(u16::MAX);
    Some((area.x, area.y + line.min(area.height.saturating_sub(1))))
}

/// The transcript of `session` inside `area`.
pub fn window<'a>(model: &'a Model, session: &'a Session, area: Rect) -> Window<'a> {
    Window::new(model, session, area.width.into(), area.height.into())
}

/// What is filtered, and whether the end is followed or what is new there.
fn remark(model: &Model, session: &Session) -> (Role, String) {
    let new = rows::count(session.seen()).saturating_sub(session.followed);
    let (role, stands) = if let Some(standing) = session.standing() {
        (Role::Badge, status::standing(model, standing, true))
    } else if session.anchor == Anchor::Follow {
        (Role::Dim, knowledge::word(model.lang, "transcript.follow").to_owned())
    } else if new > 0 {
        let n = new.to_string();
        (Role::Badge, knowledge::fill(model.lang, "transcript.new", &[("n", &n)]))
    } else {
        (Role::Dim, place(model, session))
    };
    let Some((pattern, n)) = session.sight.filter(session.seen()) else { return (role, stands) };
    let values = [("pattern", own_visible(&pattern.to_string())), ("n", n.to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let filter = knowledge::fill(model.lang, "transcript.filtered", &values);
    let gap = if stands.is_empty() { "" } else { " | " };
    (Role::Badge, format!("{filter}{gap}{stands}"))
}

/// The number of the selected line, and whether it has a mark.
fn place(model: &Model, session: &Session) -> String {
    let Some(at) = rows::selected(model, session) else { return String::new() };
    let line = knowledge::fill(model.lang, "transcript.line", &[("n", &(at + 1).to_string())]);
    if !session.marks.contains(&at) {
        return line;
    }
    format!("{line} {}", knowledge::word(model.lang, "transcript.marked"))
}
