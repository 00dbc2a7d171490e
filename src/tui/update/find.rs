//! Finding in a pane, and filtering the transcript: a line at the bottom that counts while it is
//! typed. Enter keeps what it found, and so does whatever leads away; Esc goes back.

use crate::display::keys::Action;
use crate::session::pattern::Pattern;

use super::super::effect::Effect;
use super::super::find::{Find, Needle, lines};
use super::super::model::{Model, Pane};
use super::super::popup::{Asks, Popup, Query};
use super::super::prompt::Prompt;
use super::super::{rows, view};
use super::{browse, catcher, transcript};

/// Up to so many rows all matches are counted.
const COUNTED: usize = 20_000;

/// Opens the line. What is asked for at the prompt is meant for the transcript.
pub(super) fn open(model: &mut Model, asks: Asks) {
    let before = (model.session.anchor, model.session.cursor);
    let focus = model.focus;
    if focus == Pane::Prompt {
        browse::focus(model, Pane::Transcript);
    }
    let mut line = Prompt::default();
    let filter =
        model.session.sight.filter(model.session.seen()).map(|(pattern, _)| pattern.clone());
    let filter = filter.unwrap_or_default();
    let sieve = model.session.catcher.as_ref().map(|catcher| catcher.sieve().to_owned());
    let sieve = sieve.unwrap_or_default();
    match asks {
        Asks::Filter => line.set(&filter.to_string()),
        Asks::Rows => line.set(&sieve),
        Asks::Find => {}
    }
    let find = model.find.clone();
    let query = Query { asks, line, wrong: None, focus, before, find, filter, sieve };
    model.popup = Some(Popup::Query(query));
}

/// What the line makes of `action`; `None` if that leads away from it, which keeps what it found.
pub(super) fn act(model: &mut Model, action: Action, changed: bool) -> Option<Vec<Effect>> {
    let Some(Popup::Query(query)) = &model.popup else { return None };
    let (asks, empty) = (query.asks, query.line.text().is_empty());
    let is_wrong = query.wrong.is_some();
    match (action, asks) {
        _ if changed => edited(model),
        // Nobody has typed the filter that is there as long as this one cannot be read.
        (Action::Choose, _) if is_wrong => {}
        (Action::Choose, _) => {
            model.popup = None;
            if asks == Asks::Find && empty {
                again(model, true);
            }
        }
        (Action::Find | Action::FindNext, Asks::Find) => next(model, true),
        (Action::FindPrevious, Asks::Find) => next(model, false),
        (Action::FindNext, Asks::Rows) => catcher::step(model, 1),
        (Action::FindPrevious, Asks::Rows) => catcher::step(model, -1),
        (Action::FindNext | Action::FindPrevious, Asks::Filter) => {}
        (action, Asks::Rows) if browse::moves(action) => drop(catcher::act(model, action)),
        _ if browse::moves(action) => browse::within(model, action),
        _ => {
            keep(model);
            return None;
        }
    }
    Some(Vec::new())
}

/// The line has changed: what it asks for is done at once.
pub(super) fn edited(model: &mut Model) {
    let Some(Popup::Query(query)) = &model.popup else { return };
    let text = query.line.text().to_owned();
    match query.asks {
        Asks::Filter => filter(model, &text),
        Asks::Rows => catcher::sift(model, &text),
        Asks::Find => {
            // Every change looks again from where it began.
            (model.session.anchor, model.session.cursor) = query.before;
            let pane = model.focus;
            let Some(needle) = Needle::new(&text) else {
                // With nothing typed, what was looked for before can be asked for again.
                model.find.clone_from(&query.find);
                return;
            };
            let line = lines::top(model, pane);
            let find = Find { needle, pane, line, found: false, wrapped: false, number: None };
            model.find = Some(find);
            seek(model, true, true);
        }
    }
}

/// A pattern that cannot be read leaves the last good one.
fn filter(model: &mut Model, text: &str) {
    let read = Pattern::read(text);
    let Some(Popup::Query(query)) = &mut model.popup else { return };
    query.wrong = read.as_ref().err().cloned();
    if let Ok(pattern) = read {
        model.session.sight.set_filter(pattern, &model.session.dialogue);
        if let Some(row) = rows::selected(model, &model.session) {
            transcript::to(model, Some(row));
        }
    }
}

/// Closes the line and keeps what it found, unless it cannot be read.
pub(super) fn keep(model: &mut Model) {
    if matches!(&model.popup, Some(Popup::Query(query)) if query.wrong.is_none()) {
        model.popup = None;
    }
}

/// Esc in the line: everything is as it was.
pub(super) fn cancel(model: &mut Model) {
    let Some(Popup::Query(query)) = &model.popup else { return };
    let (before, focus) = (query.before, query.focus);
    match query.asks {
        Asks::Filter => {
            model.session.sight.set_filter(query.filter.clone(), &model.session.dialogue);
        }
        Asks::Rows => {
            let sieve = query.sieve.clone();
            return catcher::sift(model, &sieve);
        }
        Asks::Find => model.find.clone_from(&query.find),
    }
    browse::focus(model, focus);
    (model.session.anchor, model.session.cursor) = before;
}

/// Esc in a pane goes one step back: from chosen lines, then from what was looked for.
pub(super) fn leave(model: &mut Model) -> bool {
    if model.focus == Pane::Prompt {
        return false;
    }
    model.session.chosen_from.take().is_some() || model.find.take().is_some()
}

/// The next match of what was looked for last; asks for it if that was nothing.
pub(super) fn again(model: &mut Model, forward: bool) {
    if model.find.is_none() {
        return open(model, Asks::Find);
    }
    if model.focus == Pane::Prompt {
        browse::focus(model, Pane::Transcript);
    }
    next(model, forward);
    model.notice = model.find.as_ref().map(|find| view::find::said(model, find));
}

fn next(model: &mut Model, forward: bool) {
    let pane = model.focus;
    let line = lines::top(model, pane);
    let Some(find) = &mut model.find else { return };
    if find.pane != pane {
        // In another pane the same is looked for from the beginning of what is seen.
        (find.pane, find.line) = (pane, line);
        return seek(model, forward, true);
    }
    seek(model, forward, false);
}

/// Goes to the nearest match; `here` counts too if `from_here`.
fn seek(model: &mut Model, forward: bool, from_here: bool) {
    let Some(mut find) = model.find.take() else { return };
    let hit = match find.pane {
        Pane::Transcript => {
            let from = rows::selected(model, &model.session);
            let from = from.unwrap_or_else(|| lines::top(model, Pane::Transcript));
            let found = in_transcript(model, &find.needle, (from, forward, from_here));
            find.number = found.and_then(|(row, _)| counted(model, &find.needle, row));
            found
        }
        pane => {
            let lines = lines::of(model, pane);
            let has = |at: &usize| !find.needle.places(&lines.text(*at)).is_empty();
            let found = around(lines.len(), (find.line, forward, from_here), has);
            let few = found.filter(|_| lines.len() <= COUNTED);
            find.number = few.map(|(line, _)| {
                let all = || (0..lines.len()).filter(has);
                (all().filter(|at| *at <= line).count(), all().count())
            });
            found
        }
    };
    find.found = hit.is_some();
    find.wrapped = hit.is_some_and(|(_, wrapped)| wrapped);
    let pane = find.pane;
    if let Some((line, _)) = hit {
        find.line = line;
    }
    model.find = Some(find);
    match hit {
        Some((row, _)) if pane == Pane::Transcript => transcript::reveal(model, row),
        Some((line, _)) if pane == Pane::Plan => super::plan::to_line(model, line),
        Some((line, _)) => browse::show_line(model, pane, line),
        None => {}
    }
}

/// The nearest of `count` lines that `has` it, and whether that is round the end.
fn around(
    count: usize,
    (from, forward, from_here): (usize, bool, bool),
    has: impl Fn(&usize) -> bool,
) -> Option<(usize, bool)> {
    let split = (from + usize::from(forward != from_here)).min(count);
    if forward {
        first(split..count, 0..split, has)
    } else {
        first((0..split).rev(), (split..count).rev(), has)
    }
}

/// The first that `has` it, and whether that is one of `far`, which are only looked at if none of
/// `near` has it.
fn first(
    near: impl Iterator<Item = usize>,
    far: impl Iterator<Item = usize>,
    has: impl Fn(&usize) -> bool,
) -> Option<(usize, bool)> {
    near.map(|at| (at, false)).chain(far.map(|at| (at, true))).find(|(at, _)| has(at))
}

/// The same over the rows that the filter keeps; folded ones count too.
fn in_transcript(
    model: &Model,
    needle: &Needle,
    (from, forward, from_here): (usize, bool, bool),
) -> Option<(usize, bool)> {
    let (session, dialogue) = (&model.session, model.session.seen());
    let has = |at: &usize| rows::has(model, session, *at, needle);
    let down = |from: usize| {
        std::iter::successors(session.sight.kept_from(dialogue, from), |at| {
            session.sight.kept_from(dialogue, at + 1)
        })
    };
    let up = |from: usize| {
        std::iter::successors(session.sight.kept_before(dialogue, from), |at| {
            session.sight.kept_before(dialogue, *at)
        })
    };
    let split = from + usize::from(forward != from_here);
    if forward {
        first(down(split), down(0).take_while(|at| *at < split), has)
    } else {
        first(up(split), up(usize::MAX).take_while(|at| *at >= split), has)
    }
}

/// Which match row `row` is, of how many.
fn counted(model: &Model, needle: &Needle, row: usize) -> Option<(usize, usize)> {
    let (session, dialogue) = (&model.session, model.session.seen());
    if rows::count(dialogue) > COUNTED {
        return None;
    }
    let all = (0..rows::count(dialogue))
        .filter(|at| session.sight.kept_from(dialogue, *at) == Some(*at))
        .filter(|at| rows::has(model, session, *at, needle));
    Some(all.fold((0, 0), |(before, all), at| (before + usize::from(at <= row), all + 1)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_nearest_is_found_and_no_more_is_looked_at() {
        let looked = Cell::new(0);
        let has = |at: &usize| {
            looked.set(looked.get() + 1);
            at % 10 == 5
        };
        assert_eq!(around(40, (5, true, true), has), Some((5, false)));
        assert_eq!(looked.take(), 1);
        assert_eq!(around(40, (5, true, false), has), Some((15, false)));
        assert_eq!(around(40, (35, true, false), has), Some((5, true)));
        looked.take();
        assert_eq!(around(40, (35, false, true), has), Some((35, false)));
        assert_eq!(around(40, (35, false, false), has), Some((25, false)));
        assert_eq!(looked.take(), 11);
        assert_eq!(around(40, (5, false, false), has), Some((35, true)));
        assert_eq!(around(4, (9, true, true), has), None);
    }
}
