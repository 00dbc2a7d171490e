//! What can stand at the cursor: a list above the prompt, each with its words, or with the reason
//! why it is not legal now.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::advice::Candidate;
use crate::display::keys::Action;
use crate::display::token::own_visible;
use crate::display::{Role, advice};
use crate::knowledge;

use super::super::advice::{candidates, place};
use super::super::model::Model;
use super::super::popup::Candidates;
use super::super::rows::Piece;
use super::list;

/// Draws the list.
pub fn draw(model: &Model, list: &Candidates, frame: &mut Frame<'_>) {
    let all = candidates(model);
    let title = knowledge::word(model.lang, Action::Candidates.name());
    let row = |candidate: &Candidate, chosen, room| row(model, candidate, chosen, room);
    list::draw(model, title, &all, Some(place(list, &all)), row, frame);
}

/// Where each of them stands.
pub fn choices(model: &Model, list: &Candidates) -> Vec<(usize, Rect)> {
    let all = candidates(model);
    list::choices(model, all.len(), Some(place(list, &all)))
}

fn row(model: &Model, candidate: &Candidate, chosen: bool, room: usize) -> Vec<Piece> {
    let front = format!("{}{}", list::mark(chosen), own_visible(candidate.insert.trim_end()));
    let (tone, behind) = match &candidate.reason {
        Some(fault) => {
            (Role::Dim, (Role::Warn, format!("({})", advice::say(fault, model.lang).text)))
        }
        None => (Role::Text, (Role::Dim, advice::words(candidate, model.lang).to_owned())),
    };
    let clause = candidate.reason.as_ref().map(|fault| advice::say(fault, model.lang).clause);
    let clause = clause.filter(|_| room >= ROOMY).unwrap_or_default();
    list::row(&(tone, front), &behind, (Role::Dim, clause.to_owned()), room)
}

/// Columns from which the clauses stand beside the reasons.
const ROOMY: usize = 90;
