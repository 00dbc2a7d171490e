//! The mouse: what is under the pointer decides. The left button and the wheel have a meaning; the
//! other buttons do nothing. While the mouse is ours the terminal has none of them.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::display::keys::Action;
use crate::display::text::width_of;

use super::super::copy::{self, Form, Source};
use super::super::effect::Effect;
use super::super::layout::{Panes, Shape, Side, Split, too_small};
use super::super::model::{ContentView, Model, Pane};
use super::super::pointer::{Held, Marked, Spot};
use super::super::view::{self, Click, prompt};
use super::{act, arrange, browse, catcher, compose, editor, explain, find, transcript};

/// Lines by which one step of the wheel scrolls.
const WHEEL: isize = 3;

/// Two clicks within this many microseconds are a double click.
const DOUBLE: u64 = 400_000;

/// What the mouse did.
pub(super) fn mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let place = (event.column, event.row);
    // A terminal that counts from zero makes its first column the last of all.
    if too_small(model.size) || place.0 >= model.size.0 || place.1 >= model.size.1 {
        return Vec::new();
    }
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => pressed(model, place),
        MouseEventKind::Drag(MouseButton::Left) => {
            dragged(model, place);
            Vec::new()
        }
        MouseEventKind::Up(MouseButton::Left) => released(model),
        MouseEventKind::ScrollUp => wheel(model, place, -WHEEL),
        MouseEventKind::ScrollDown => wheel(model, place, WHEEL),
        _ => Vec::new(),
    }
}

fn wheel(model: &mut Model, place: (u16, u16), by: isize) -> Vec<Effect> {
    if model.popup.as_ref().is_some_and(|popup| !popup.is_below()) {
        let action = if by < 0 { Action::Up } else { Action::Down };
        return (0..by.abs()).flat_map(|_| act(model, action)).collect();
    }
    let panes = model.panes();
    if let Some(side) = side_at(&panes, place) {
        editor::wheel(model, side, by);
    } else if model.session.catcher.is_some() {
        if panes.at(place) == Some(Pane::Transcript) {
            catcher::scroll(model, by);
        }
    } else if let Some(pane) = panes.at(place) {
        browse::scroll_pane(model, pane, by);
    } else if let Some(area) = panes.beside.filter(|area| area.contains(place.into())) {
        browse::scroll_beside(model, area, by);
    }
    Vec::new()
}

/// The side of the editor at a place of the screen.
fn side_at(panes: &Panes, place: (u16, u16)) -> Option<Side> {
    let has = |side: &Side| panes.side(*side).is_some_and(|area| area.contains(place.into()));
    [Side::Text, Side::Live].into_iter().find(has)
}

fn pressed(model: &mut Model, place: (u16, u16)) -> Vec<Effect> {
    let before = model.pointer.pressed.replace((place, model.now));
    let popup = model.popup.as_ref().map(std::mem::discriminant);
    let double = before.is_some_and(|(at, when)| at == place && model.now.since(when) < DOUBLE);
    if double {
        // The third click is the first of another pair.
        model.pointer.pressed = None;
        if model.pointer.of_popup.is_some() && model.pointer.of_popup != popup {
            return Vec::new();
        }
    }
    model.pointer.of_popup = popup;
    model.marked = None;
    model.pointer.held = Held::Nothing;
    // What is under the pointer is judged as it stands, with the notice.
    let panes = model.panes();
    if panes.hints.contains(place.into()) {
        return in_hints(model, panes.hints, place.0);
    }
    if model.popup.is_some() {
        return in_popup(model, place, double);
    }
    let effects = in_panes(model, &panes, place, double);
    model.notice = None;
    effects
}

/// In the line at the bottom: a hint does what it says, and what is typed there takes the cursor.
fn in_hints(model: &mut Model, area: Rect, x: u16) -> Vec<Effect> {
    let hint = view::hints::hints_at(model).into_iter().find(|(_, at)| at.contains(&x));
    model.notice = None;
    let byte = view::find::byte_at(model, area, x);
    if let (Some(byte), Some(line)) = (byte, model.line()) {
        line.place(byte);
    }
    hint.map_or_else(Vec::new, |(action, _)| act(model, action))
}

fn in_panes(model: &mut Model, panes: &Panes, place: (u16, u16), double: bool) -> Vec<Effect> {
    if let Some(splitter) = panes.splitter_at(place) {
        take_border(model, (splitter.split, splitter.sideways), place, double);
    } else if panes.header.contains(place.into()) {
        compose::prepare(model, "connect");
    } else if panes.tabs.contains(place.into()) {
        let mut tabs = view::tabs::tabs_at(model).into_iter();
        if let Some((id, _)) = tabs.find(|(_, at)| at.contains(&place.0)) {
            model.bring_to_front(id);
        }
    } else if panes.beside.is_some_and(|area| area.contains(place.into())) {
        model.bring_to_front(model.neighbour(1));
    } else if let Some(side) = side_at(panes, place) {
        editor::click(model, side, place, double);
    } else if model.session.catcher.is_some() {
        return in_list(model, panes, place, double);
    } else if let Some(pane) = panes.at(place) {
        return in_pane(model, panes, pane, place, double);
    }
    Vec::new()
}

/// In an open popup: its entries, and everything beside it closes it.
fn in_popup(model: &mut Model, place: (u16, u16), double: bool) -> Vec<Effect> {
    let entry = view::choices_at(model).into_iter().find(|(_, area)| area.contains(place.into()));
    let inside = view::popup_at(model).is_some_and(|area| area.contains(place.into()));
    model.notice = None;
    if let Some((number, _)) = entry {
        // The first click may have brought another list: into a folder, or behind a directive.
        return if double { Vec::new() } else { super::choose(model, number) };
    }
    if !inside {
        find::keep(model);
        super::close(model);
    }
    Vec::new()
}

/// A border is dragged from here, or goes back to where it was at first.
fn take_border(
    model: &mut Model,
    (split, sideways): (Split, bool),
    place: (u16, u16),
    again: bool,
) {
    if again {
        return model.ratios.forget_one(Shape::of(model.size), split);
    }
    // The border is held as it stands without the notice.
    model.notice = None;
    let Some(at) = before(&model.panes(), split, sideways, place) else { return };
    model.pointer.held = Held::Border(split, at);
}

/// How far the border stands behind the pointer.
fn before(panes: &Panes, split: Split, sideways: bool, (x, y): (u16, u16)) -> Option<i32> {
    let splitter = panes.splitters.iter().find(|s| s.split == split && s.sideways == sideways)?;
    let along = if sideways { x } else { y };
    Some(i32::from(splitter.start) + i32::from(splitter.before) - i32::from(along))
}

/// In a pane: its border acts or zooms; inside the cursor is placed and marking begins.
fn in_pane(
    model: &mut Model,
    panes: &Panes,
    pane: Pane,
    place: (u16, u16),
    double: bool,
) -> Vec<Effect> {
    let (Some(area), Some(inner)) = (panes.of(pane), panes.inside(pane)) else {
        return Vec::new();
    };
    if area != inner && place.1 == area.y {
        return in_title(model, pane, place.0, double);
    }
    let at = inner.contains(place.into()).then(|| spot(model, pane, inner, place)).flatten();
    if pane == Pane::Prompt
        && let Some(at) = view::hand::at(model, place)
    {
        return super::hand::say_number(model, at);
    }
    let byte = prompt::byte_at(model, place.0);
    browse::focus(model, pane);
    if pane == Pane::Prompt && inner.contains(place.into()) {
        model.prompt.place(byte);
    }
    // Where the focus changes what is shown, the place means something else now.
    let Some(at) = at.filter(|_| model.panes() == *panes) else { return Vec::new() };
    if double {
        return mark_word(model, pane, at);
    }
    model.pointer.held = Held::Text(pane, at);
    Vec::new()
}

/// In a list: a row is chosen, and opened by a double click; the title leads to the other list.
fn in_list(model: &mut Model, panes: &Panes, place: (u16, u16), double: bool) -> Vec<Effect> {
    let rows = view::catcher::rows_at(model);
    if let Some((at, _)) = rows.into_iter().find(|(_, area)| area.contains(place.into())) {
        let again = catcher::choose(model, at);
        let opens = double && again;
        return if opens { act(model, Action::CatcherOpen) } else { Vec::new() };
    }
    let on_top = panes.transcript.is_some_and(|area| area.y == place.1);
    if let Some(Click::Listing(_)) =
        view::click(model, Pane::Transcript, place.0).filter(|_| on_top)
    {
        return act(model, Action::CatcherSwitch);
    }
    Vec::new()
}

fn in_title(model: &mut Model, pane: Pane, x: u16, double: bool) -> Vec<Effect> {
    match view::click(model, pane, x) {
        Some(Click::Pane(other)) => browse::focus(model, other),
        Some(Click::View(content)) => {
            browse::focus(model, pane);
            super::content::to(model, content);
        }
        Some(Click::Listing(_)) => return act(model, Action::CatcherSwitch),
        Some(Click::Clause(clause)) => return super::copy::open_page(clause),
        None => {
            browse::focus(model, pane);
            model.zoomed ^= double;
        }
    }
    Vec::new()
}

fn dragged(model: &mut Model, place: (u16, u16)) {
    match model.pointer.held {
        Held::Nothing => {}
        Held::Border(split, beside) => {
            let panes = model.panes();
            let Some(splitter) = panes.splitters.iter().find(|s| s.split == split) else { return };
            let along = if splitter.sideways { place.0 } else { place.1 };
            let to = i32::from(along) + beside - i32::from(splitter.start);
            arrange::move_border(model, split, to);
        }
        Held::Text(pane, from) => {
            if !model.pointer.told {
                model.tell("mouse.first");
            }
            if pane == Pane::Transcript {
                // The sign of a selected row is no part of the text.
                transcript::forget(model);
            }
            mark(model, pane, from, place);
        }
    }
}

/// Marks from `from` to the pointer; beyond the edge the pane scrolls.
fn mark(model: &mut Model, pane: Pane, from: Spot, (x, y): (u16, u16)) {
    let Some(area) = model.panes().inside(pane) else { return };
    if y < area.y {
        browse::scroll_pane(model, pane, -1);
    } else if y >= area.bottom() {
        browse::scroll_pane(model, pane, 1);
    }
    let x = x.clamp(area.x, area.right().saturating_sub(1).max(area.x));
    let y = y.clamp(area.y, area.bottom().saturating_sub(1).max(area.y));
    if let Some(to) = spot(model, pane, area, (x, y)) {
        model.marked = Some(Marked { session: model.session.id, pane, from, to });
    }
}

/// The place in the text of `pane` that is under the pointer, at the last line if it is below.
fn spot(model: &Model, pane: Pane, area: Rect, (x, y): (u16, u16)) -> Option<Spot> {
    let shown = view::shown(model, pane);
    let last = shown.len().checked_sub(1)?;
    let row = usize::from(y.checked_sub(area.y)?);
    let (line, pieces) = shown.get(row.min(last))?;
    let column = if row > last { usize::MAX } else { usize::from(x.checked_sub(area.x)?) };
    Some(Spot { line: *line, column: column.min(width_of(pieces)) })
}

fn mark_word(model: &mut Model, pane: Pane, at: Spot) -> Vec<Effect> {
    let shown = view::shown(model, pane);
    let line = shown.iter().find(|(line, _)| *line == at.line);
    let Some(word) = line.and_then(|line| copy::word_at(line, at.column)) else {
        return Vec::new();
    };
    let spot = |column| Spot { column, ..at };
    let (from, to) = (spot(word.start), spot(word.end.saturating_sub(1)));
    model.marked = Some(Marked { session: model.session.id, pane, from, to });
    copy_marked(model)
}

fn released(model: &mut Model) -> Vec<Effect> {
    let held = std::mem::take(&mut model.pointer.held);
    if let Held::Text(Pane::Transcript, at) = held
        && model.marked.is_none()
    {
        transcript::to(model, Some(at.line.0));
    }
    if let Held::Text(pane @ (Pane::Envelope | Pane::Content), at) = held
        && model.marked.is_none()
    {
        let again = model.session.pointed == Some((pane, at.line.0));
        browse::point(model, pane, at.line.0);
        // A second click opens what the first one pointed at.
        if again && model.session.view == ContentView::Parts && pane == Pane::Content {
            super::content::open(model);
        }
    }
    if let Held::Text(Pane::Plan, at) = held {
        super::plan::to_line(model, at.line.0);
    }
    if let Held::Text(Pane::Explain, at) = held
        && model.marked.is_none()
        && let Some(link) = view::explain::link_at(model, at.line.0, at.column)
    {
        explain::follow(model, link);
    }
    // A double click has copied its word already.
    if model.pointer.pressed.is_some() { copy_marked(model) } else { Vec::new() }
}

/// Copies what is marked as it is shown.
pub(super) fn copy_marked(model: &Model) -> Vec<Effect> {
    let marked = model.marked.filter(|m| m.session == model.session.id);
    let source = marked.map(Source::Marked);
    source.map_or_else(Vec::new, |source| super::copy::effect(model, &source, Form::Text))
}
