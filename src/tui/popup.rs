//! What can stand before the panes: one thing at a time, with data of its own.

use super::copy::Source;
use super::prompt::Prompt;

/// A popup.
#[derive(Clone, Debug)]
pub enum Popup {
    /// All keys, those of the focused pane first.
    Help(Help),
    /// In which form something is copied.
    Copy(Copy),
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
        }
    }
}
