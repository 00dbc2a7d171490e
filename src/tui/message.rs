//! Everything that can happen to the screen.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::display::keys::Keys;
use crate::display::{Depth, OwnThemes, Theme};
use crate::journal::{Event, Moment};
use crate::knowledge::Lang;
use crate::session::Dialogue;
use crate::session::content::Content;

use super::files::Folder;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// Time went by.
    Tick(Moment),
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now.
    Resize(u16, u16),
    /// Something happened in the session with this number.
    Heard(usize, Event),
    /// What happened before in a session was read, and perhaps something is to be told about it.
    Loaded(usize, Box<Dialogue>, Option<String>),
    /// The content of a message was read.
    ContentRead {
        /// Number of the session.
        session: usize,
        /// Index of the message.
        message: usize,
        /// What was read.
        content: Box<Content>,
    },
    /// What the user has set is different now, and perhaps something is wrong with it.
    Configured(Vec<Change>, Option<String>),
    /// A folder was listed.
    Listed(Folder),
    /// Something to tell the person in one line.
    Say(String),
    /// Something went to the clipboard, or did not.
    Copied(Copied),
    /// There is no browser for this address.
    NoBrowser(String),
    /// The recording of this session cannot go on.
    RecordingFailed(usize, String),
}

/// A setting with its new value.
#[derive(Clone, Debug)]
pub enum Change {
    /// The language.
    Lang(Lang),
    /// How many colours are shown.
    Depth(Depth),
    /// The theme and its name.
    Theme(String, Theme),
    /// The user's own themes.
    OwnThemes(OwnThemes),
    /// The keys.
    Keys(Keys),
    /// Whether borders are drawn with `+`, `-` and `|`.
    Ascii(bool),
    /// Whether the mouse is ours.
    Mouse(bool),
    /// Whether there is a line of hints.
    Hints(bool),
    /// Whether long lines are wrapped.
    Wrap(bool),
    /// Whether there is a column of times.
    Time(bool),
    /// Whether line ends are shown.
    LineEnds(bool),
    /// Whether the lines that are sent are kept for the next run.
    History(bool),
    /// Whether leaving an open transaction asks.
    ConfirmQuit(bool),
}

/// How copying went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What was to be copied, in words.
    pub what: String,
    /// The ways by which it went.
    pub ways: Vec<&'static str>,
    /// Whether it was too much for the terminal.
    pub too_much: bool,
}
