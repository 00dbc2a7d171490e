//! How the place is divided: zoom, and borders moved by key.

use crate::display::keys::Action;

use super::super::layout::{Shape, Split};
use super::super::model::{Model, Pane};

/// Cells by which a key moves a border.
const STEP: i32 = 2;

/// Zooms or moves borders; `false` if `action` does not.
pub(super) fn arrange(model: &mut Model, action: Action) -> bool {
    match action {
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::ExplainLarger => explain_larger(model),
        Action::Wider => resize(model, true, STEP),
        Action::Narrower => resize(model, true, -STEP),
        Action::Higher => resize(model, false, STEP / 2),
        Action::Lower => resize(model, false, -STEP / 2),
        Action::Equal => model.ratios.forget(Shape::of(model.size)),
        _ => return false,
    }
    true
}

/// The whole explanation, and back to the prompt.
fn explain_larger(model: &mut Model) {
    let back = model.zoomed && model.focus == Pane::Explain;
    model.zoomed = !back;
    model.focus = if back { Pane::Prompt } else { Pane::Explain };
}

/// Makes the focused pane larger by moving the border that it shares with its neighbour.
fn resize(model: &mut Model, sideways: bool, by: i32) {
    let pane = if model.focus == Pane::Prompt { Pane::Transcript } else { model.focus };
    let panes = model.panes();
    let Some(area) = panes.of(pane) else { return };
    // The border behind the pane moves with its size, the one before it against it.
    let (from, to) = if sideways { (area.x, area.right()) } else { (area.y, area.bottom()) };
    let border = |at: u16| {
        panes.splitters.iter().find(|s| {
            let meets = if sideways {
                area.y < s.grip.bottom() && s.grip.y < area.bottom()
            } else {
                area.x < s.grip.right() && s.grip.x < area.right()
            };
            s.sideways == sideways && s.start + s.before == at && meets
        })
    };
    // The inner one: what the outer one gives is shared with the neighbour.
    let both = [border(to).map(|s| (*s, by)), border(from).map(|s| (*s, -by))];
    let Some((splitter, by)) = both.into_iter().flatten().min_by_key(|(s, _)| s.length) else {
        return;
    };
    move_border(model, splitter.split, i32::from(splitter.before) + by);
}

/// Puts a border where `before` cells of its length are before it.
pub(super) fn move_border(model: &mut Model, split: Split, before: i32) {
    let panes = model.panes();
    let Some(splitter) = panes.splitters.iter().find(|s| s.split == split) else { return };
    let before = u16::try_from(before.max(0)).unwrap_or(u16::MAX);
    model.ratios.move_to(Shape::of(model.size), splitter, before);
}
