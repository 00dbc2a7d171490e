//! What the other panes show of what is selected in one of them.

use ratatui::layout::Rect;

use crate::session::selection::Selection;

use super::super::model::{ContentView, Model, Pane};
use super::super::{rows, selection};
use super::{browse, transcript};

/// The panes that show what a row is about.
const LINKED: [Pane; 2] = [Pane::Envelope, Pane::Content];

/// The session, what is selected, the view of the content, and where the panes stand.
type Shown = (usize, Selection, ContentView, [Option<Rect>; 2]);

/// On what depends what they show, as long as something is selected.
pub(super) fn shown(model: &Model) -> Option<Shown> {
    let session = &model.session;
    let selection = Some(&session.selection).filter(|selection| !selection.is_empty())?;
    let panes = model.panes();
    let places = LINKED.map(|pane| panes.inside(pane));
    Some((session.id, selection.clone(), session.view, places))
}

/// The session in front, its selected row, and the line at which the person points.
pub(super) fn selected(model: &Model) -> (usize, Option<usize>, Option<(Pane, usize)>) {
    (model.session.id, rows::selected(model, &model.session), model.session.pointed)
}

/// Brings what is selected into sight in the panes in which it was not selected. From then on a
/// pane stays where the person scrolls it.
pub(super) fn show(model: &mut Model) {
    let from = model.session.pointed.map_or(Pane::Transcript, |(pane, _)| pane);
    for pane in LINKED.into_iter().filter(|pane| *pane != from) {
        if let Some(line) = browse::meant(model, pane) {
            browse::show_line(model, pane, line);
        }
    }
    if from != Pane::Transcript
        && let Some((first, last)) = selection::rows(model)
    {
        // One cursor: from there one reads on in the transcript.
        transcript::reveal_rows(model, first, last);
    }
    if model.session.view == ContentView::Raw {
        // Another message may be shown now, and be shorter.
        browse::scroll_pane(model, Pane::Content, 0);
    }
}
