//! What the outside world shall do, as data.

use bytes::Bytes;

use crate::speaker::Drip;

/// One thing to do. Where no session is named, it is for the one in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect to a target, as it was typed.
    Dial(String),
    /// Send these bytes in this session.
    Say(usize, Bytes),
    /// Send this in pieces in this session.
    Drip(usize, Drip),
    /// Send nothing more of what this session was given.
    Stop(usize),
    /// Keep a line that was sent for the next run.
    Remember(String),
    /// Send this file as mail data.
    SayFile(String),
    /// List this folder, as it was typed.
    List(String),
    /// Close the connection, or stop connecting.
    HangUp,
    /// Open a session with this target, as it was typed.
    New(String),
    /// Close what a session that is no longer there has open.
    Close(usize),
    /// Hear the practice server's end of a talk.
    Watch {
        /// Number of the session that hears it.
        session: usize,
        /// The address of the client in that talk.
        client: String,
    },
    /// Read the content of a message; the bytes are its mail data without stuffing.
    ReadContent {
        /// Number of the session.
        session: usize,
        /// Index of the message.
        message: usize,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Give the terminal back to the shell until it continues us.
    Suspend,
    /// Draw every cell again.
    Redraw,
    /// Put this into the clipboard; `what` says what it is.
    Copy {
        /// The text, or exact bytes.
        text: Bytes,
        /// What it is, in words.
        what: String,
    },
    /// Show this address in a browser.
    Open(String),
    /// Write the screen as it is to files.
    Screenshot,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Leave.
    Quit,
}
