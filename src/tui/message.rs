//! Everything that can happen to the screen.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::journal::{Event, Moment};
use crate::session::Dialogue;
use crate::session::content::Content;

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
    /// Something happened in the session.
    Heard(Event),
    /// A recording was read, and perhaps something is to be told about it.
    Loaded(Box<Dialogue>, Option<String>),
    /// The content of a message was read.
    ContentRead(usize, Box<Content>),
    /// Something to tell the person in one line.
    Say(String),
    /// Something went to the clipboard, or did not.
    Copied(Copied),
    /// There is no browser for this address.
    NoBrowser(String),
    /// The recording cannot go on.
    RecordingFailed(String),
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
