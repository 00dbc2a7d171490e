//! Pane 6: what is still to be said, step by step, and what came of the steps before.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::plan::{Line, line};
use crate::display::text::{clip, width};
use crate::knowledge;

use super::super::model::{Model, Pane};
use super::super::plan::Planned;
use super::super::rows::Piece;
use super::{boxed, draw_lines};

/// The sign of what is selected.
const SELECTED: &str = ">";

/// Draws the plan.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title = knowledge::word(model.lang, Pane::Plan.title());
    let area = boxed(model, Pane::Plan, title, (Role::Dim, &remark(model)), area, frame);
    let columns = usize::from(area.width);
    let height = usize::from(area.height);
    let lines = from(model, scroll(model, height), columns, height);
    draw_lines(model, lines, area, frame);
}

/// How many steps are over, of how many, and from where they are.
fn remark(model: &Model) -> String {
    model.session.plan.as_ref().map_or_else(String::new, |planned| {
        let plan = &planned.plan;
        let name = crate::display::token::own_visible(&plan.name);
        let name = name.rsplit('/').next().unwrap_or_default();
        format!("{name} {}/{}", plan.at(), plan.steps().len())
    })
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    let Some(planned) = &model.session.plan else { return Vec::new() };
    let mut skip = scroll;
    let mut lines = Vec::new();
    for at in 0..planned.plan.steps().len() {
        let tall = planned.tall(at);
        if skip >= tall {
            skip -= tall;
            continue;
        }
        let step = line(&planned.plan, at, &model.session.dialogue, model.lang, model.with_secrets);
        lines.extend(laid(model, planned, at, &step, columns).into_iter().skip(skip));
        skip = 0;
        if lines.len() >= height {
            lines.truncate(height);
            break;
        }
    }
    lines
}

/// How far it is scrolled: what is selected is in sight, a third from the top.
pub fn scroll(model: &Model, height: usize) -> usize {
    let Some(planned) = &model.session.plan else { return 0 };
    let all = planned.line_of(planned.plan.steps().len());
    let at = planned.line_of(planned.selected());
    at.saturating_sub(height / 3).min(all.saturating_sub(height))
}

fn laid(
    model: &Model,
    planned: &Planned,
    at: usize,
    step: &Line,
    columns: usize,
) -> Vec<Vec<Piece>> {
    let count = planned.plan.steps().len().to_string().len();
    let here = model.focus == Pane::Plan && planned.selected() == at;
    let sign = if here { SELECTED } else { " " };
    let head = format!("{sign}{:>count$} {} ", step.number, step.sign);
    let more = (step.more > 0).then(|| {
        let n = step.more.to_string();
        format!(" ({})", knowledge::fill(model.lang, "plan.more", &[("n", &n)]))
    });
    let more = more.unwrap_or_default();
    let word = if step.word.is_empty() { String::new() } else { format!(" {}", step.word) };
    let room = columns.saturating_sub(width(&head) + width(&more) + width(&word));
    let what = clip(&step.what, room);
    let gap = " ".repeat(room.saturating_sub(width(&what)));
    let tone =
        if step.role == Role::Dim && !step.word.is_empty() { Role::Dim } else { Role::Client };
    let (head_role, what_role) =
        if here { (Role::Selected, Role::Selected) } else { (step.role, tone) };
    let mut lines = vec![vec![
        (head_role, head.clone()),
        (what_role, what),
        (Role::Dim, more),
        (Role::Text, gap),
        (step.role, word),
    ]];
    if let Some(unmet) = &step.unmet {
        let indent = " ".repeat(width(&head));
        let room = columns.saturating_sub(width(&head));
        lines.push(vec![(Role::Text, indent), (Role::Bad, clip(unmet, room))]);
    }
    lines
}

/// Where the selected step stands on the screen.
pub fn cursor(model: &Model) -> Option<(u16, u16)> {
    let area = model.panes().inside(Pane::Plan)?;
    let planned = model.session.plan.as_ref()?;
    let height = usize::from(area.height);
    let line = planned.line_of(planned.selected()) - scroll(model, height);
    Some((area.x, area.y + u16::try_from(line).unwrap_or_default()))
}
