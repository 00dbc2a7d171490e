//! Advice is taken: the ghost, the only candidate, or one of a list. Nothing of it is sent.

use crate::advice::Candidate;
use crate::advice::completion::common;
use crate::display::keys::Action;

use super::super::advice::{candidates, chosen, ghost, place, wants_empty_line};
use super::super::directive::cannot_talk;
use super::super::editor::size;
use super::super::effect::Effect;
use super::super::model::{Model, Pane};
use super::super::popup::{Candidates, Popup};
use super::browse;

/// The session has heard something: what it accepted is worth to be suggested again.
pub(super) fn learn(model: &mut Model, id: usize) {
    let mut habits = std::mem::take(&mut model.habits);
    if let Some(session) = model.session_mut(id).filter(|s| !s.recorded && s.hand.is_none()) {
        session.learned = habits.follow(&session.dialogue, session.learned);
    }
    model.habits = habits;
    if matches!(model.popup, Some(Popup::Candidates(_))) && candidates(model).is_empty() {
        model.popup = None;
    }
}

/// How large the message will be, as far as it is written.
pub(super) fn count_draft(model: &mut Model) {
    let written = model.session.editor.as_ref().map(|editor| size(editor.text.rope()));
    model.habits.draft = written.filter(|size| *size > 0);
}

/// Right and End behind the line take what is suggested there; `false` if nothing is.
pub(super) fn take_ghost(model: &mut Model) -> bool {
    let Some(rest) = ghost(model) else { return false };
    model.prompt.insert(&rest);
    true
}

/// Tab: the ghost of an empty line, the only candidate, or what all of them begin with; then a list
/// where several remain.
pub(super) fn complete(model: &mut Model) {
    browse::focus(model, Pane::Prompt);
    if let Some(why) = cannot_talk(model) {
        return model.tell(why);
    }
    if model.prompt.text().is_empty() && take_ghost(model) {
        return;
    }
    if model.prompt.text().is_empty() && wants_empty_line(model) {
        return model.tell("verdict.empty-line");
    }
    let all = candidates(model);
    if let Some(common) = common(&all, model.prompt.text()) {
        put(model, &common);
    }
    if all.len() != 1 {
        list(model);
    }
}

/// Lists what can stand at the cursor, all of it.
pub(super) fn list(model: &mut Model) {
    browse::focus(model, Pane::Prompt);
    if let Some(why) = cannot_talk(model) {
        return model.tell(why);
    }
    typed_on(model);
    if model.popup.is_none() {
        model.tell("prompt.nothing");
    }
}

/// Goes through the open list, or takes the chosen one; `None` if `action` closes the list.
pub(super) fn act(model: &mut Model, action: Action, edited: bool) -> Option<Vec<Effect>> {
    if edited {
        typed_on(model);
    } else if let Some(by) = super::step_of(action) {
        step(model, by);
    } else if matches!(action, Action::Choose | Action::Complete) {
        let candidate = chosen(model);
        model.popup = None;
        if let Some(candidate) = candidate {
            put(model, &candidate);
        }
    } else {
        return None;
    }
    Some(Vec::new())
}

/// The text has changed: the first one that fits is the one again, and without any the list closes.
pub(super) fn typed_on(model: &mut Model) {
    go_to(model, 0);
}

fn step(model: &mut Model, by: isize) {
    let all = candidates(model);
    let Some(Popup::Candidates(list)) = &model.popup else { return };
    let at = place(list, &all).saturating_add_signed(by).min(all.len().saturating_sub(1));
    go_to(model, at);
}

/// Goes to the candidate at this place of the list, which closes where there is none.
pub(super) fn go_to(model: &mut Model, at: usize) {
    let candidate = candidates(model).into_iter().nth(at);
    let list = candidate.map(|candidate| Candidates { chosen: candidate.insert });
    model.popup = list.map(Popup::Candidates);
}

fn put(model: &mut Model, candidate: &Candidate) {
    let (text, cursor) = candidate.put_into(model.prompt.text());
    model.prompt.set(&text);
    model.prompt.place(cursor);
}
