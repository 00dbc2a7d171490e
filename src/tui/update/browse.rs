//! Moving between panes and inside them.

use ratatui::layout::Rect;

use crate::display::keys::Action;

use super::super::layout::inside;
use super::super::model::{Anchor, Goal, Model, Pane};
use super::super::{rows, view};
use super::{content, transcript};

/// Whether `action` moves inside a pane.
pub(super) const fn moves(action: Action) -> bool {
    use Action::{Down, Follow, PageDown, PageUp, Top, Up};
    matches!(action, Up | Down | PageUp | PageDown | Top | Follow)
}

/// Moves inside the focused pane.
pub(super) fn within(model: &mut Model, action: Action) {
    if !transcript::act(model, action) {
        browse(model, action);
    }
}

/// Moves the focus or what the focused pane shows.
pub(super) fn browse(model: &mut Model, action: Action) {
    match action {
        Action::PaneNext => step(model, true),
        Action::PanePrevious => step(model, false),
        Action::Leave if model.focus == Pane::Prompt => focus(model, Pane::Transcript),
        Action::Leave | Action::Prompt => focus(model, Pane::Prompt),
        Action::Transcript => focus(model, Pane::Transcript),
        Action::Envelope => focus(model, Pane::Envelope),
        Action::Content => focus(model, Pane::Content),
        Action::Explain => focus(model, Pane::Explain),
        Action::ContentView if model.panes().content.is_none() => show_content(model),
        Action::ContentView => content::to(model, model.session.view.next()),
        _ if points(model, action) => {}
        Action::Up => scroll(model, -1),
        Action::Down => scroll(model, 1),
        Action::PageUp => scroll(model, -page(model)),
        Action::PageDown => scroll(model, page(model)),
        Action::Top => scroll(model, isize::MIN),
        Action::Follow => scroll(model, isize::MAX),
        _ => {}
    }
    if action == Action::Follow && model.focus == Pane::Content {
        content::go_on(model, Goal::End);
    }
}

fn step(model: &mut Model, forward: bool) {
    let there = |pane: &Pane| *pane != Pane::Plan || model.session.plan.is_some();
    let panes: Vec<Pane> = Pane::ALL.into_iter().filter(there).collect();
    let at = panes.iter().position(|pane| *pane == model.focus).unwrap_or_default();
    let by = if forward { 1 } else { panes.len() - 1 };
    focus(model, panes.get((at + by) % panes.len()).copied().unwrap_or(Pane::Prompt));
}

pub(super) fn focus(model: &mut Model, pane: Pane) {
    if pane == Pane::Prompt || model.focus == Pane::Prompt {
        // The prompt selects nothing.
        transcript::forget(model);
    }
    // From there the explanation of the line is read, and its links are followed.
    if pane != Pane::Explain {
        model.session.pointed = model.session.pointed.filter(|(pointed, _)| *pointed == pane);
    }
    model.focus = pane;
    if matches!(pane, Pane::Envelope | Pane::Content | Pane::Plan) {
        model.tab = pane;
    }
}

/// Brings the content to where it can be seen, without the focus if that is enough.
pub(super) fn show_content(model: &mut Model) {
    show(model, Pane::Content);
}

/// The same for one of envelope and content.
pub(super) fn show(model: &mut Model, pane: Pane) {
    model.tab = pane;
    if model.panes().inside(pane).is_none() {
        focus(model, pane);
    }
}

/// Moves the line at which the person points, in the panes that have one; `false` if `action` does
/// not, or if there is none and the page is only to be turned.
fn points(model: &mut Model, action: Action) -> bool {
    let pane = model.focus;
    if !matches!(pane, Pane::Envelope | Pane::Content) {
        return false;
    }
    let before = model.session.pointed.filter(|(at, _)| *at == pane).map(|(_, line)| line);
    let by = match (action, before) {
        (Action::Up, _) => -1,
        (Action::Down, _) => 1,
        (Action::PageUp, Some(_)) => -page(model),
        (Action::PageDown, Some(_)) => page(model),
        (Action::Top, Some(_)) => isize::MIN,
        (Action::Follow, Some(_)) => isize::MAX,
        _ => return false,
    };
    let line = match before {
        Some(line) => line.saturating_add_signed(by),
        None => begins(model, pane),
    };
    point(model, pane, line);
    true
}

/// Where one begins to point: at what is marked as selected elsewhere, if that is in sight, else at
/// the first line that is.
fn begins(model: &mut Model, pane: Pane) -> usize {
    let first = model.session.scroll(pane).map_or(0, |scroll| *scroll);
    let sight = first..first + height(model, pane);
    meant(model, pane).filter(|line| sight.contains(line)).unwrap_or(first)
}

/// The first line of envelope or content that is selected elsewhere.
pub(super) fn meant(model: &Model, pane: Pane) -> Option<usize> {
    let columns = model.panes().inside(pane)?.width.into();
    match pane {
        Pane::Envelope => view::envelope::meant(model, columns),
        _ => view::content::meant(model, columns),
    }
}

/// Points at a line of envelope or content, and brings it into sight.
pub(super) fn point(model: &mut Model, pane: Pane, line: usize) {
    let last = match pane {
        Pane::Envelope => view::envelope::length(model),
        _ => view::content::length(model, line),
    };
    let line = line.min(last);
    model.session.pointed = Some((pane, line));
    model.session.goal = None;
    let height = height(model, pane);
    if let Some(scroll) = model.session.scroll(pane) {
        *scroll = (*scroll).clamp((line + 1).saturating_sub(height), line);
    }
}

/// Points at the first line of an entry, and brings that into sight: what it says stands below.
pub(super) fn point_into(model: &mut Model, pane: Pane, line: usize) {
    let height = height(model, pane);
    if let Some(scroll) = model.session.scroll(pane)
        && !(*scroll..*scroll + height - height / 4).contains(&line)
    {
        *scroll = line.saturating_sub(height / 4);
        scroll_pane(model, pane, 0);
    }
    point(model, pane, line);
}

/// Lines of a pane, at least one.
fn height(model: &Model, pane: Pane) -> usize {
    model.panes().inside(pane).map_or(1, |area| usize::from(area.height).max(1))
}

fn page(model: &Model) -> isize {
    let pane = if model.focus == Pane::Prompt { Pane::Transcript } else { model.focus };
    let height = model.panes().inside(pane).map_or(0, |area| area.height);
    isize::from(i16::try_from(height).unwrap_or(i16::MAX)).max(2) - 1
}

fn scroll(model: &mut Model, by: isize) {
    scroll_pane(model, model.focus, by);
}

/// Scrolls `pane`, wherever the focus is.
pub(super) fn scroll_pane(model: &mut Model, pane: Pane, by: isize) {
    let Some(at) = model.session.scroll(pane).map(|at| *at) else {
        return scroll_transcript(model, by);
    };
    if by != 0 {
        model.session.goal = None;
    }
    let wanted = at.saturating_add_signed(by);
    let below = height(model, pane) - 1;
    // The last page is the last one that is full.
    let most = match pane {
        Pane::Envelope => view::envelope::length(model).saturating_sub(below),
        Pane::Content => {
            view::content::length(model, wanted.saturating_add(below)).saturating_sub(below)
        }
        _ => view::explain::length(model),
    };
    if let Some(scroll) = model.session.scroll(pane) {
        *scroll = wanted.min(most);
    }
}

/// Scrolls a pane so that `line` is in sight, in the middle if it was not.
pub(super) fn show_line(model: &mut Model, pane: Pane, line: usize) {
    if model.panes().inside(pane).is_none() {
        return;
    }
    let height = height(model, pane);
    if let Some(scroll) = model.session.scroll(pane)
        && (line < *scroll || line >= *scroll + height)
    {
        *scroll = line.saturating_sub(height / 2);
        scroll_pane(model, pane, 0);
    }
}

/// Scrolls the transcript that stands beside that of the session in front, in `area`.
pub(super) fn scroll_beside(model: &mut Model, area: Rect, by: isize) {
    let Some(session) = model.beside() else { return };
    let (id, end) = (session.id, rows::count(session.seen()));
    let anchor = view::transcript::window(model, session, inside(area)).moved(by);
    let Some(session) = model.session_mut(id) else { return };
    session.anchor = anchor;
    if anchor == Anchor::Follow {
        session.followed = end;
    }
}

fn scroll_transcript(model: &mut Model, by: isize) {
    let cursor = rows::selected(model, &model.session);
    model.session.cursor = None;
    model.session.anchor = match by {
        isize::MIN => Anchor::At { row: 0, skip: 0 },
        isize::MAX => Anchor::Follow,
        _ => {
            let Some(area) = model.panes().inside(Pane::Transcript) else { return };
            view::transcript::window(model, &model.session, area).moved(by)
        }
    };
    if model.session.anchor == Anchor::Follow {
        model.session.followed = rows::count(model.session.seen());
    }
    transcript::bring(model, cursor);
}
