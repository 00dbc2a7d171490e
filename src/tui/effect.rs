//! What the outside world shall do, as data.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ropey::Rope;

use crate::display::content::Carried;
use crate::display::content::save::Wish;
use crate::draft::Offers;
use crate::knowledge::Lang;
use crate::session::Kept;
use crate::session::content::Content;
use crate::session::plan::Step;
use crate::session::thread::Length;

use super::editor::LeftDraft;
use super::editor::form::Wanted;
use super::editor::item::Item;
use super::group::Part;
use super::model::ThreadsOf;
use super::relay::Elsewhere;
use super::sending::Way;

use crate::session::pattern::Pattern;
use crate::smtp::wait::Limits;
use crate::speaker::gate::Release;
use crate::speaker::{Check, Drip, Login, Say};

/// What a person wants to know of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifying {
    /// Number of the session.
    pub session: usize,
    /// Index of the message.
    pub message: usize,
    /// Where answers come from.
    pub check: Box<Check>,
    /// What the session shows of the message's way.
    pub way: crate::session::authenticity::Way,
}

/// One thing to do. Where no session is named, it is for the one in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect to a target, as it was typed.
    Dial(String),
    /// Read a plan for this session from a file.
    Plan(usize, String),
    /// Say when a step of a plan has waited so long.
    Wait {
        /// Number of the session.
        session: usize,
        /// A number that the wait has.
        number: u64,
        /// How long.
        time: Duration,
    },
    /// Connect this session once more to where it was.
    Redial(usize),
    /// Send these bytes in this session.
    Say(usize, Bytes),
    /// Send these bytes, an answer of a login, in this session.
    Answer(usize, Bytes),
    /// Say all this to the client of this session, one behind the other.
    Reply(usize, Vec<Say>),
    /// Send this in pieces in this session.
    Drip(usize, Drip),
    /// Wait so long from now on, in all sessions.
    Limit(Limits),
    /// Stop by these, in all sessions.
    Breakpoints(Vec<Pattern>),
    /// Let go what is held in this session.
    Release(usize, Release),
    /// Open what this file holds, in front.
    OpenFile(String),
    /// Read a file with which this session is to be compared.
    Compare(usize, String),
    /// Ask all that can be asked about the server of this session; the policy of this domain.
    Inquire(usize, Option<String>),
    /// Verify a message, which has these bytes.
    Verify(Box<Verifying>, Kept),
    /// Send nothing more of what this session was given.
    Stop(usize),
    /// Keep a line that was sent for the next run.
    Remember(String),
    /// Read a file that goes out as mail data.
    SayFile {
        /// Number of the session.
        session: usize,
        /// A number that its pieces have.
        number: u64,
        /// The file.
        file: String,
    },
    /// Read what chunks hold, and make what leaves of these parts.
    Octets {
        /// Number of the session.
        session: usize,
        /// What leaves.
        parts: Vec<Part>,
        /// What is being written.
        draft: Option<Rope>,
        /// The directive that was typed; without one they are a group.
        line: Option<String>,
    },
    /// Find the password of a login, and what its random values come from.
    Password(usize, Box<Login>),
    /// List this folder, as it was typed.
    List(String),
    /// Let this session speak to a server that cannot be trusted.
    Trust(usize),
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
        /// The address of the server.
        server: String,
    },
    /// Hear a session that a server has with a client.
    Attend {
        /// Number of the session that hears it.
        session: usize,
        /// The session that lists it.
        of: usize,
        /// Its number there.
        client: u64,
    },
    /// Read a session that a server had, and that it has in its Maildir alone.
    Recall {
        /// Number of the session that shows it.
        session: usize,
        /// The session that lists it.
        of: usize,
        /// Its number there.
        client: u64,
        /// The file of the message that is meant.
        file: Option<String>,
    },
    /// Open a session with this target, as it was typed, in which these steps are to be said.
    Relay(String, Vec<Step>),
    /// Bring a message that lies elsewhere, and that is to be said to this target.
    Bring(Elsewhere, String),
    /// Let the practice server of this session play these faults, with `+` between them, or none (`off`).
    Play(usize, String),
    /// Read no more of what this session is to show; what was read stays.
    StopReading(usize),
    /// Read the content of a message.
    ReadContent {
        /// Number of the session.
        session: usize,
        /// Index of the message.
        message: usize,
        /// How much of it there is, in bytes on the wire, and that no more will come.
        of: (u64, bool),
        /// What the session says of it.
        carried: Box<Carried>,
        /// What is kept of it.
        kept: Kept,
    },
    /// Find out the rows of the tree of the parts of a message, of which there are many.
    LayOut {
        /// Number of the session.
        session: usize,
        /// Index of the message.
        message: usize,
        /// What was read of it.
        content: Arc<Content>,
        /// In which language.
        lang: Lang,
        /// How wide a line may be.
        columns: usize,
    },
    /// Read which message answers which.
    ReadThreads {
        /// Number of the session.
        session: usize,
        /// What there is of them.
        of: ThreadsOf,
        /// Their beginnings, and how much there is of each.
        kept: Vec<(Kept, Length)>,
    },
    /// Keep a part in a file.
    SavePart {
        /// The content that it is a part of.
        content: Arc<Content>,
        /// Which part, how and where.
        wish: Wish,
        /// Whether a file that is there may be written over.
        replaces: bool,
    },
    /// Give the terminal back to the shell until it continues us.
    Suspend,
    /// Draw every cell again.
    Redraw,
    /// Make the pieces of a draft that leave.
    Pieces {
        /// Number of the session.
        session: usize,
        /// A number that they have.
        number: u64,
        /// The draft.
        text: Rope,
        /// How it leaves.
        way: Way,
    },
    /// Look through a large draft.
    Review {
        /// Number of the session.
        session: usize,
        /// The draft, and which it is.
        text: Rope,
        /// Its revision.
        revision: u64,
        /// What the server offers.
        offers: Offers,
    },
    /// Say the time, and something that nobody else says, for what is put into a draft.
    Stamp(usize, Item),
    /// Put a file into a draft.
    Attach {
        /// Number of the session.
        session: usize,
        /// The draft.
        text: Rope,
        /// Its revision.
        revision: u64,
        /// The file, and what is wanted of it.
        file: Wanted,
    },
    /// Let the person edit a draft in an editor of their own.
    EditOutside(usize, Rope),
    /// Keep a draft for another time: its session is being closed, or begins another one.
    LeaveDraft(usize, Rope),
    /// Delete the kept draft of a session: it was sent, or dropped.
    ForgetDraft(usize),
    /// Go on with a draft that was left.
    TakeDraft(usize, PathBuf),
    /// Delete a draft that was left, unless it is another one since.
    DeleteDraft(LeftDraft),
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
