//! What stands in lines over the panes: opened, gone through, kept up with what is heard.

use crate::display::keys::Action;
use crate::knowledge;
use crate::session::compare::compare;
use crate::session::{Dialogue, Row};

use super::super::effect::Effect;
use super::super::model::{Model, Pane};
use super::super::popup::{Comparison, Popup, Sheet, Shows, With};
use super::super::view::sheet::{lines, other};
use super::{browse, step_of, transcript};

/// Shows where the time of the session went.
pub(super) fn times(model: &mut Model) {
    let last = model.session.dialogue.exchanges().len();
    open(model, Shows::Times, last.checked_sub(1));
}

/// `:compare NUMBER` or `:compare FILE`; without either, with the only other session.
pub(super) fn compare_with(model: &mut Model, wanted: &str) -> Vec<Effect> {
    let wanted = wanted.trim();
    let id = match (wanted.parse::<usize>(), model.others.as_slice()) {
        (Ok(id), _) => id,
        (Err(_), [other]) if wanted.is_empty() => other.id,
        (Err(_), _) if wanted.is_empty() => {
            model.tell("compare.with-what");
            return Vec::new();
        }
        (Err(_), _) => return vec![Effect::Compare(model.session.id, wanted.to_owned())],
    };
    if model.others.iter().any(|other| other.id == id) {
        begin(model, With::Session(id));
    } else {
        let values = [("n", &*id.to_string())];
        model.notice = Some(knowledge::fill(model.lang, "compare.no-session", &values));
    }
    Vec::new()
}

/// What a file holds is compared with session `id`, if that is still in front.
pub(super) fn read(model: &mut Model, id: usize, name: String, dialogue: Dialogue) {
    if model.session.id == id && model.popup.is_none() {
        begin(model, With::File(name, dialogue.into()));
    }
}

fn begin(model: &mut Model, with: With) {
    let comparison = Comparison { with, pairs: Vec::new(), of: None };
    open(model, Shows::Comparison(comparison), None);
    refresh(model);
    let first = model.popup.as_ref().and_then(|popup| match popup {
        Popup::Sheet(Sheet { shows: Shows::Comparison(comparison), .. }) => {
            comparison.pairs.iter().find(|pair| pair.differs(false))?.first
        }
        _ => None,
    });
    choose(model, first);
}

fn open(model: &mut Model, shows: Shows, exchange: Option<usize>) {
    model.popup = Some(Popup::Sheet(Sheet { shows, chosen: 0 }));
    choose(model, exchange);
}

/// Goes to the line of an exchange.
fn choose(model: &mut Model, exchange: Option<usize>) {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return };
    let lines = lines(model, sheet);
    let at = lines.iter().position(|(about, _)| about.is_some() && *about == exchange);
    if let (Some(Popup::Sheet(sheet)), Some(at)) = (&mut model.popup, at) {
        sheet.chosen = at;
    }
}

/// Compares anew where something was heard, and stays inside what there is.
pub(super) fn refresh(model: &mut Model) {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return };
    let mut pairs = None;
    if let Shows::Comparison(comparison) = &sheet.shows
        && let Some(other) = other(model, comparison)
    {
        let own = &model.session.dialogue;
        let count = |seen: &Dialogue| (seen.exchanges().len(), seen.answered().len());
        let of = (count(own), count(other));
        pairs = (comparison.of != Some(of)).then(|| (compare(own, other), of));
    }
    if let (Some((pairs, of)), Some(Popup::Sheet(sheet))) = (pairs, &mut model.popup)
        && let Shows::Comparison(comparison) = &mut sheet.shows
    {
        (comparison.pairs, comparison.of) = (pairs, Some(of));
    }
}

/// Goes through the lines; `None` if `action` closes them.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return None };
    let lines = lines(model, sheet);
    let chosen = sheet.chosen.min(lines.len().saturating_sub(1));
    if action == Action::Choose {
        let exchange = lines.get(chosen).and_then(|(about, _)| *about)?;
        model.popup = None;
        show(model, exchange);
        return Some(Vec::new());
    }
    let step = step_of(action)?;
    let next = chosen.saturating_add_signed(step).min(lines.len().saturating_sub(1));
    if let Some(Popup::Sheet(sheet)) = &mut model.popup {
        sheet.chosen = next;
    }
    Some(Vec::new())
}

/// Selects the first row of an exchange in the transcript.
fn show(model: &mut Model, exchange: usize) {
    let wire = model.session.dialogue.wire();
    let runs = std::iter::successors(wire.run(0), |(rows, _)| wire.run(rows.end));
    let is_it = |begin: &Row| matches!(begin, Row::Client { exchange: at } | Row::Server { exchange: at, .. } if *at == exchange);
    let row = runs.into_iter().find(|(_, begin)| is_it(begin)).map(|(rows, _)| rows.start);
    browse::show(model, Pane::Transcript);
    browse::focus(model, Pane::Transcript);
    if let Some(row) = row {
        transcript::reveal(model, row);
    }
}
