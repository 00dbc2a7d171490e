//! What stands in lines over the panes: opened, gone through, kept up with what is heard.

use crate::display::keys::Action;
use crate::display::waterfall::Laid;
use crate::knowledge;
use crate::session::compare::compare;
use crate::session::{Dialogue, Row};

use super::super::effect::Effect;
use super::super::model::{Model, Pane, Session};
use super::super::popup::{Comparison, Popup, Sheet, Shows, With};
use super::super::view::sheet::{columns, compared, count, exchange};
use super::{browse, step_of, transcript};

/// Shows where the time of the session went.
pub(super) fn times(model: &mut Model) {
    let last = model.session.seen().exchanges().len();
    open(model, Shows::Times(Laid::default(), None));
    choose(model, last.checked_sub(1));
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

/// What a file holds is compared with session `id`, if nothing else is in front by now.
pub(super) fn read(model: &mut Model, id: usize, name: String, dialogue: Dialogue) {
    if model.session.id == id && model.popup.is_none() {
        begin(model, With::File(name, dialogue.into()));
    } else {
        model.tell("compare.too-late");
    }
}

fn begin(model: &mut Model, with: With) {
    let comparison = Comparison { with, pairs: Vec::new(), starts: Vec::new(), lines: 0, of: None };
    open(model, Shows::Comparison(comparison));
    next_difference(model, true);
}

fn open(model: &mut Model, shows: Shows) {
    model.popup = Some(Popup::Sheet(Sheet { shows, chosen: 0 }));
    refresh(model);
}

/// Goes to the first line of an exchange.
fn choose(model: &mut Model, wanted: Option<usize>) {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return };
    let mut lines = (0..count(model, sheet)).rev();
    let at = lines.find(|at| wanted.is_some() && exchange(model, sheet, *at) == wanted);
    if let (Some(Popup::Sheet(sheet)), Some(at)) = (&mut model.popup, at) {
        sheet.chosen = at;
    }
}

/// Goes to the next pair that differs, or the one before; from the first line on that may be there.
fn next_difference(model: &mut Model, down: bool) {
    let Some(Popup::Sheet(Sheet { shows: Shows::Comparison(comparison), chosen })) =
        &mut model.popup
    else {
        return;
    };
    let all = comparison.pairs.iter().zip(&comparison.starts);
    let mut differing = all.filter(|(pair, _)| pair.differs(false)).map(|(_, start)| *start);
    let found = if down {
        differing.find(|start| *start > *chosen || *chosen == 0)
    } else {
        differing.take_while(|start| *start < *chosen).last()
    };
    if let Some(start) = found {
        *chosen = start;
    }
}

/// Is made anew where something was heard, and what is awaited takes longer.
pub(super) fn refresh(model: &mut Model) {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return };
    let count =
        |seen: &Dialogue| (seen.exchanges().len(), seen.answered().len(), seen.notices().len());
    let seen = model.session.seen();
    let shows = match &sheet.shows {
        Shows::Times(_, of) => {
            // What was awaited at a moment that is over is not awaited until now; a session with a
            // client has a clock of its own.
            let is_over = model.session.travels() || model.session.is_caught();
            let until = if is_over { seen.last_heard() } else { model.now };
            let new = Some((count(seen), seen.unanswered().map(|_| until)));
            (*of != new).then(|| Shows::Times(Laid::of(seen, until), new))
        }
        Shows::Comparison(comparison) => compared(model, comparison).and_then(|compared| {
            let [own, other] = compared.sessions;
            let of = Some((count(own), count(other), columns(model)));
            if comparison.of == of {
                return None;
            }
            let pairs = compare(own, other);
            let (starts, lines) = compared.starts(&pairs);
            let with = comparison.with.clone();
            Some(Shows::Comparison(Comparison { with, pairs, starts, lines, of }))
        }),
    };
    if let (Some(shows), Some(Popup::Sheet(sheet))) = (shows, &mut model.popup) {
        sheet.shows = shows;
    }
}

/// Goes through the lines; `None` if `action` closes them.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let Some(Popup::Sheet(sheet)) = &model.popup else { return None };
    let last = count(model, sheet).saturating_sub(1);
    let chosen = sheet.chosen.min(last);
    let next = match action {
        Action::Choose => {
            if let Some(exchange) = exchange(model, sheet, chosen) {
                model.popup = None;
                show(model, exchange);
            }
            return Some(Vec::new());
        }
        Action::FindNext | Action::FindPrevious => {
            next_difference(model, action == Action::FindNext);
            return Some(Vec::new());
        }
        Action::Top => 0,
        Action::Follow => last,
        action => chosen.saturating_add_signed(step_of(action).unwrap_or(0)).min(last),
    };
    if let Some(Popup::Sheet(sheet)) = &mut model.popup {
        sheet.chosen = next;
    }
    Some(Vec::new())
}

/// Selects the first row of an exchange in the transcript.
fn show(model: &mut Model, exchange: usize) {
    let row = row_of(&model.session, exchange);
    browse::focus(model, Pane::Transcript);
    if let Some(row) = row {
        transcript::reveal(model, row);
    }
}

/// The first row of an exchange.
pub(super) fn row_of(session: &Session, exchange: usize) -> Option<usize> {
    let wire = session.seen().wire();
    let mut runs = std::iter::successors(wire.run(0), |(rows, _)| wire.run(rows.end));
    runs.find_map(|(rows, begin)| match begin {
        Row::Client { exchange: at } | Row::Server { exchange: at, .. } if at == exchange => {
            Some(rows.start)
        }
        _ => None,
    })
}
