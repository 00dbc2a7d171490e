//! The lines of a pane in which something can be found.

use crate::display::content::{Sheet, Side, body, count, lines};
use crate::display::token::visible;
use crate::session::Message;

use super::super::model::{ContentView, Model, Pane};
use super::super::rows::Piece;
use super::super::view::{content, envelope, explain, plan, transcript};

/// The first row or line of `pane` that is in sight.
pub fn top(model: &Model, pane: Pane) -> usize {
    let session = &model.session;
    match pane {
        Pane::Transcript | Pane::Prompt => {
            let area = model.panes().inside(Pane::Transcript);
            area.map_or(0, |area| transcript::window(model, session, area).top().0)
        }
        Pane::Envelope => session.envelope_scroll,
        Pane::Content => session.content_scroll,
        Pane::Explain => session.explain_scroll,
        Pane::Plan => session.plan.as_ref().map_or(0, |p| p.line_of(p.selected())),
    }
}

/// All lines of a pane other than the transcript.
#[derive(Debug)]
pub enum Lines<'a> {
    /// Made.
    Made(Vec<String>),
    /// Those of a message, each made when it is asked for.
    Raw(&'a Message),
    /// Those of a view of bytes, each made when it is asked for.
    Bytes(ContentView, Sheet<'a>),
}

/// The lines in which something can be found.
pub fn of(model: &Model, pane: Pane) -> Lines<'_> {
    let columns = model.panes().inside(pane).map_or(40, |area| usize::from(area.width));
    let made = match pane {
        Pane::Envelope => envelope::all(model, columns, usize::MAX),
        Pane::Explain => explain::all(model, columns),
        Pane::Plan => plan::from(model, 0, columns, usize::MAX),
        Pane::Content => match content::message(model) {
            Some((_, message))
                if model.session.view == ContentView::Raw
                    && model.session.shown.side == Side::Sent =>
            {
                return Lines::Raw(message);
            }
            _ => match (model.session.view, content::sheet(model, columns)) {
                (view @ (ContentView::Raw | ContentView::Hex), Some(sheet)) => {
                    return Lines::Bytes(view, sheet);
                }
                (view @ ContentView::Body, Some(sheet)) if body::is_hex(&sheet) => {
                    return Lines::Bytes(view, sheet);
                }
                _ => content::all(model, columns, usize::MAX),
            },
        },
        Pane::Transcript | Pane::Prompt => Vec::new(),
    };
    let text = |line: Vec<Piece>| line.into_iter().map(|(_, text)| text).collect();
    Lines::Made(made.into_iter().map(text).collect())
}

impl Lines<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Made(lines) => lines.len(),
            Self::Raw(message) => message.line_count(),
            Self::Bytes(view, sheet) => count(*view, sheet, usize::MAX),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of line `at`.
    pub fn text(&self, at: usize) -> String {
        match self {
            Self::Made(lines) => lines.get(at).cloned().unwrap_or_default(),
            Self::Bytes(view, sheet) => {
                let line = lines(*view, sheet, at..at + 1).into_iter().next();
                line.map(|line| line.text()).unwrap_or_default()
            }
            Self::Raw(message) => visible(&message.line(at).unwrap_or_default()),
        }
    }
}
