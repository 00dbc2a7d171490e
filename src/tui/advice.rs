//! What the prompt is advised: the ghost behind the line, the verdict on it, and what can stand at
//! the cursor. Nothing is advised where nothing can be sent, for directives, and for several lines.

use crate::advice::{self, Candidate, Fault};

use super::model::{Model, Pane};
use super::popup::{Candidates, Popup};

/// The line that would go to the server.
fn line(model: &Model) -> Option<&str> {
    let session = &model.session;
    let text = model.prompt.text();
    let directive = text.starts_with(':') && !session.seen().is_inside_text();
    let advised = matches!(model.popup, None | Some(Popup::Candidates(_)));
    let ours = !session.recorded && session.hand.is_none();
    let sent = advised && ours && session.seen().phase().is_open();
    Some(text).filter(|text| sent && !directive && !text.contains('\n'))
}

/// What there is to say about the line, the worst first; `None` where nothing is judged. With a
/// list before it, it is the line that the chosen candidate makes.
pub fn verdict(model: &Model) -> Option<Vec<Fault>> {
    let line = line(model)?;
    let left = model.session.octets_left();
    if left > 0 && model.session.group.is_none() {
        return (!line.is_empty()).then(|| advice::judge_octets(line, left));
    }
    let begun = model.session.begun();
    if !begun.is_empty() {
        return Some(advice::judge_behind(model.session.ahead(), &begun, line));
    }
    let with = chosen(model).map(|candidate| candidate.put_into(line).0);
    let line = with.as_deref().unwrap_or(line);
    (!line.is_empty()).then(|| advice::judge(model.session.ahead(), line))
}

/// What can stand at the cursor; nothing behind the beginning of a line that is on the wire.
pub fn candidates(model: &Model) -> Vec<Candidate> {
    let begun = !model.session.begun().is_empty();
    let Some(line) = line(model).filter(|_| !begun) else { return Vec::new() };
    advice::complete(model.session.ahead(), &model.habits, line, model.prompt.cursor())
}

/// What is missing of a transaction here.
pub fn remaining(model: &Model) -> Vec<String> {
    advice::remaining(&model.session.dialogue, &model.habits)
}

/// The candidate of the open list that is chosen.
pub fn chosen(model: &Model) -> Option<Candidate> {
    let Some(Popup::Candidates(list)) = &model.popup else { return None };
    let mut all = candidates(model);
    let at = place(list, &all);
    (at < all.len()).then(|| all.swap_remove(at))
}

/// Which of `all` is chosen.
pub fn place(list: &Candidates, all: &[Candidate]) -> usize {
    all.iter().position(|candidate| candidate.insert == list.chosen).unwrap_or_default()
}

/// What is suggested behind the line, where the cursor is at its end.
pub fn ghost(model: &Model) -> Option<String> {
    suggested(model).filter(|rest| !rest.is_empty())
}

/// Whether an empty line is the next thing to send.
pub fn wants_empty_line(model: &Model) -> bool {
    suggested(model).is_some_and(|rest| rest.is_empty())
}

fn suggested(model: &Model) -> Option<String> {
    let line = line(model).filter(|line| model.prompt.cursor() == line.len())?;
    if model.focus != Pane::Prompt || !model.session.begun().is_empty() {
        return None;
    }
    if model.popup.is_some() {
        let with = chosen(model)?.put_into(line).0;
        return with.strip_prefix(line).map(str::to_owned);
    }
    advice::suggest(model.session.ahead(), &model.habits, line)
}
