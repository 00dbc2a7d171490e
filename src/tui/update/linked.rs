//! What the other panes show of the selected row of the transcript.

use ratatui::layout::Rect;

use super::super::model::{ContentView, Model, Pane};
use super::super::{rows, view};
use super::browse;

/// The panes that show what a row is about.
const LINKED: [Pane; 2] = [Pane::Envelope, Pane::Content];

/// The session, its selected row, the view of the content, and where the panes stand.
type Pointed = (usize, usize, ContentView, [Option<Rect>; 2]);

/// On what depends what they show, as long as a row is selected.
pub(super) fn pointed(model: &Model) -> Option<Pointed> {
    let row = rows::selected(model, &model.session)?;
    let panes = model.panes();
    let places = LINKED.map(|pane| panes.inside(pane));
    Some((model.session.id, row, model.session.view, places))
}

/// The session in front, its selected row, and the line at which the person points.
pub(super) fn selected(model: &Model) -> (usize, Option<usize>, Option<(Pane, usize)>) {
    (model.session.id, rows::selected(model, &model.session), model.session.pointed)
}

/// Brings what the selected row is about into sight. From then on a pane stays where the person
/// scrolls it.
pub(super) fn show(model: &mut Model) {
    for pane in LINKED {
        let Some(area) = model.panes().inside(pane) else { continue };
        let line = match pane {
            Pane::Envelope => view::envelope::meant(model, area.width.into()),
            _ => view::content::meant(model, area.width.into()),
        };
        if let Some(line) = line {
            browse::show_line(model, pane, line);
        }
    }
    if model.session.view == ContentView::Raw {
        // Another message may be shown now, and be shorter.
        browse::scroll_pane(model, Pane::Content, 0);
    }
}
