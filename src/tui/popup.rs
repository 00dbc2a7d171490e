//! What can stand before the panes: one thing at a time, with data of its own.

use crate::session::pattern::PatternError;

use super::copy::Source;
use super::model::{Anchor, Pane};
use super::prompt::Prompt;

/// A popup.
#[derive(Clone, Debug)]
pub enum Popup {
    /// All keys, those of the focused pane first.
    Help(Help),
    /// In which form something is copied.
    Copy(Copy),
    /// A line at the bottom: what to look for, or what to keep.
    Query(Query),
}

/// What a line at the bottom asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// What to look for in the pane.
    Find,
    /// Which exchanges of the transcript to keep.
    Filter,
}

/// A line at the bottom whose answer counts while it is typed.
#[derive(Clone, Debug)]
pub struct Query {
    /// What it asks for.
    pub asks: Asks,
    /// What is typed.
    pub line: Prompt,
    /// Why that cannot be understood.
    pub wrong: Option<PatternError>,
    /// What had the focus before.
    pub focus: Pane,
    /// Where the transcript stood before, and which of its rows was selected.
    pub before: (Anchor, Option<usize>),
}

/// The help: what it is filtered by, and how far it is scrolled.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// What is looked for.
    pub filter: Prompt,
    /// Lines above the top.
    pub scroll: usize,
}

/// What is to be copied, and the form that is chosen.
#[derive(Clone, Debug)]
pub struct Copy {
    /// What.
    pub source: Source,
    /// Which of its forms.
    pub chosen: usize,
}

impl Popup {
    /// The line that is typed in it, if there is one.
    pub const fn line(&mut self) -> Option<&mut Prompt> {
        match self {
            Self::Help(help) => Some(&mut help.filter),
            Self::Copy(_) => None,
            Self::Query(query) => Some(&mut query.line),
        }
    }
}
