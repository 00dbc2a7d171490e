//! Copying: what, in which form, and what is said of it.

use std::ops::Range;

use crate::display::keys::Action;
use crate::display::text::width;
use crate::knowledge::{self, entry};

use super::super::copy::{Form, Source, copied, forms};
use super::super::effect::Effect;
use super::super::message::Copied;
use super::super::model::{Model, Pane};
use super::super::popup::{Copy, Popup};
use super::super::{explain, rows};

/// Asks in which form the line or what is marked shall be copied.
pub(super) fn line(model: &mut Model) {
    let marked = model.marked.filter(|m| m.session == model.session.id);
    let source = marked.map_or_else(|| here(model), Source::Marked);
    ask(model, source);
}

/// Asks in which form the focused pane shall be copied.
pub(super) fn pane(model: &mut Model) {
    let source = match model.focus {
        Pane::Transcript | Pane::Prompt => Source::Rows(0..rows::count(model.session.seen())),
        pane => Source::Pane(pane),
    };
    ask(model, source);
}

/// The chosen rows of the transcript, else all of the pane.
fn here(model: &Model) -> Source {
    match model.focus {
        Pane::Transcript | Pane::Prompt => Source::Rows(chosen(model)),
        pane => Source::Pane(pane),
    }
}

/// The rows that are chosen in the transcript.
fn chosen(model: &Model) -> Range<usize> {
    rows::selected_rows(model).map_or(0..0, |rows| *rows.start()..rows.end() + 1)
}

fn ask(model: &mut Model, source: Source) {
    model.popup = Some(Popup::Copy(Copy { source, chosen: 0 }));
}

/// Moves in the list of forms or chooses; `None` if `action` closes it.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let Some(Popup::Copy(copy)) = &mut model.popup else { return None };
    let last = forms(&copy.source).len() - 1;
    copy.chosen = match action {
        Action::Up => copy.chosen.saturating_sub(1),
        Action::Down => (copy.chosen + 1).min(last),
        Action::Choose => {
            let chosen = copy.chosen;
            return Some(choose(model, chosen));
        }
        _ => return None,
    };
    Some(Vec::new())
}

/// A letter chooses its form; `y` again, the first.
pub(super) fn letter(model: &mut Model, letter: char) -> Vec<Effect> {
    let Some(Popup::Copy(copy)) = &model.popup else { return Vec::new() };
    let at = forms(&copy.source).iter().position(|form| form.letter() == letter);
    match at.or_else(|| letter.eq_ignore_ascii_case(&'y').then_some(copy.chosen)) {
        Some(at) => choose(model, at),
        None => Vec::new(),
    }
}

/// Copies in form number `at`.
pub(super) fn choose(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(Popup::Copy(copy)) = &model.popup else { return Vec::new() };
    let Some(form) = forms(&copy.source).get(at) else { return Vec::new() };
    let effects = effect(model, &copy.source, *form);
    model.popup = None;
    if effects.is_empty() {
        model.tell("copy.nothing");
    }
    effects
}

/// Copies `source` in a form, if there is anything in it.
pub(super) fn effect(model: &Model, source: &Source, form: Form) -> Vec<Effect> {
    let text = copied(model, source, form);
    if text.is_empty() {
        return Vec::new();
    }
    let amount = amount(model, &text);
    let what = if form == Form::Text {
        amount
    } else {
        let form = knowledge::word(model.lang, form.words().0);
        knowledge::fill(model.lang, "copy.as", &[("what", &amount), ("form", form)])
    };
    vec![Effect::Copy { text, what }]
}

/// How much it is, in lines or characters, and in bytes where it is no text.
fn amount(model: &Model, bytes: &[u8]) -> String {
    let (key, n) = match std::str::from_utf8(bytes) {
        Err(_) => ("copy.bytes", bytes.len()),
        Ok(text) if text.lines().count() > 1 => ("copy.lines", text.lines().count()),
        Ok(text) if text.ends_with('\n') => ("copy.line", 1),
        Ok(text) if width(text) == 1 => ("copy.column", 1),
        Ok(text) => ("copy.columns", width(text)),
    };
    knowledge::fill(model.lang, key, &[("n", &n.to_string())])
}

/// What is said once it is copied, or why it is not.
pub(super) fn said(model: &mut Model, copied: &Copied) {
    let what = copied.what.as_str();
    let mut said = if copied.ways.is_empty() {
        knowledge::fill(model.lang, "copy.failed", &[("what", what)])
    } else {
        let ways = copied.ways.join(", ");
        knowledge::fill(model.lang, "copy.done", &[("what", what), ("ways", &ways)])
    };
    let dragged = model.marked.is_some();
    let more =
        [(copied.too_much, "copy.too-much"), (dragged && !model.pointer.told, "mouse.first")];
    for (_, key) in more.iter().filter(|(so, _)| *so) {
        said.push_str("; ");
        said.push_str(&model.sentence(key, &[]));
    }
    model.pointer.told |= dragged;
    model.notice = Some(said);
}

/// Opens the page on which the explanation rests.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let clause = explain::clauses(model).first();
    if clause.is_none() {
        model.tell("open.nothing");
    }
    clause.map_or_else(Vec::new, |clause| open_page(clause))
}

/// Opens the page of a clause.
pub(super) fn open_page(clause: &str) -> Vec<Effect> {
    entry::page(clause).map(Effect::Open).into_iter().collect()
}
