//! Everything that can happen to the screen.

use crossterm::event::KeyEvent;

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
    /// Something to tell the person in one line.
    Say(String),
    /// The recording of this session cannot go on.
    RecordingFailed(usize, String),
}
