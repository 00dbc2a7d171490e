//! From entry to entry of the knowledge base.

use crate::display::article;
use crate::display::keys::Action;
use crate::knowledge::{Topic, topic};

use super::super::explain::links;
use super::super::model::{Model, Pane};
use super::super::view;
use super::browse;

/// Fewer lines than this are too few for an entry: it has all the place.
const ROOMY: u16 = 10;

/// Goes from link to link, or where one leads; `false` if `action` does not.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    match action {
        Action::LinkFollow if let Some(link) = model.session.link => follow(model, link),
        Action::LinkNext | Action::LinkFollow => step(model, 1),
        Action::LinkPrevious => step(model, -1),
        Action::LinkBack => back(model),
        Action::Leave if model.focus == Pane::Explain && model.zoomed => {
            model.zoomed = false;
            browse::focus(model, Pane::Prompt);
        }
        _ => return false,
    }
    true
}

/// Chooses the link that comes `by` behind the chosen one, round the end.
fn step(model: &mut Model, by: isize) {
    let count = links(model).len();
    if count == 0 {
        return model.tell("explain.no-link");
    }
    browse::focus(model, Pane::Explain);
    let next = match model.session.link {
        None if by < 0 => count - 1,
        None => 0,
        Some(at) => at.checked_add_signed(by).unwrap_or(count - 1) % count,
    };
    model.session.link = Some(next);
    if let Some(line) = view::explain::line_of_link(model, next) {
        browse::show_line(model, Pane::Explain, line);
    }
}

/// Opens the entry to which link number `at` leads.
pub(super) fn follow(model: &mut Model, at: usize) {
    if let Some(topic) = links(model).get(at).copied() {
        open(model, vec![topic]);
    }
}

/// Opens entries, in the pane of explanations or, where that is small, in all the place.
pub(super) fn open(model: &mut Model, topics: Vec<Topic>) {
    model.session.articles.push(topics);
    model.session.link = None;
    model.session.explain_scroll = 0;
    browse::focus(model, Pane::Explain);
    let height = model.panes().inside(Pane::Explain).map_or(0, |area| area.height);
    model.zoomed |= height < ROOMY;
}

/// Opens what some words mean, or says that nobody knows them.
pub(super) fn find(model: &mut Model, words: &str) {
    let words =
        if model.with_secrets { words.to_owned() } else { article::without_explained(words) };
    let words: Vec<&str> = words.split_whitespace().collect();
    let (found, unknown) = topic::find(&words);
    if !found.is_empty() {
        open(model, found);
    }
    if let Some(word) = unknown.first() {
        model.notice = Some(article::nothing_known(word, model.lang));
    }
}

/// The entry before this one, and at last what is explained by itself.
fn back(model: &mut Model) {
    if model.session.articles.pop().is_none() {
        return model.tell("explain.no-way-back");
    }
    model.session.link = None;
    model.session.explain_scroll = 0;
}

/// Closes what was opened: something else is to be explained.
pub(super) fn close(model: &mut Model) {
    model.session.articles.clear();
    model.session.link = None;
    model.session.explain_scroll = 0;
}
