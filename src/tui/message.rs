//! Everything that can happen to the screen.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use crate::display::content::parts::Rows;
use crate::display::content::save::Wish;
use crate::display::keys::Keys;
use crate::display::{Depth, OwnThemes, Theme};
use crate::journal::{Event, Moment};
use crate::knowledge::Lang;
use crate::session::content::Content;
use crate::session::plan::Plan;
use crate::session::{Dialogue, Past};
use crate::smtp::wait::Limits;
use crate::speaker::{Login, Secret, Seed, gate};

use super::catcher::News;
use super::editor::item::Item;
use super::editor::{LeftDraft, Reviewed};
use super::files::Folder;
use super::model::{ReadContent, ReadThreads};
use super::palette::FaultNamed;
use super::relay::Elsewhere;
use super::sending::Pieces;

/// A file that a directive names and that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// As it was typed.
    pub file: String,
    /// Why.
    pub why: String,
}

/// What leaves by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The bytes, in pieces.
    pub pieces: Vec<Bytes>,
    /// What there is to say of the number that is announced.
    pub differs: Option<(&'static str, u64)>,
}

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
    Loaded(usize, Box<(Past, Dialogue)>, Option<String>),
    /// So much of what happened before was read.
    Reading {
        /// Number of the session.
        session: usize,
        /// How many messages were read.
        read: usize,
        /// How many there are.
        all: usize,
    },
    /// The content of a message was read.
    ContentRead {
        /// Number of the session.
        session: usize,
        /// What was read.
        read: Box<ReadContent>,
    },
    /// The rows of the tree of the parts of a message were found out.
    LaidOut {
        /// Number of the session.
        session: usize,
        /// Index of the message.
        message: usize,
        /// What they were made of.
        content: Arc<Content>,
        /// In which language.
        lang: Lang,
        /// How wide a line may be.
        columns: usize,
        /// The rows.
        rows: Box<Rows>,
    },
    /// It was read which message answers which.
    ThreadsRead {
        /// Number of the session.
        session: usize,
        /// The tree.
        threads: Box<ReadThreads>,
    },
    /// What the user has set is different now, and perhaps something is wrong with it.
    Configured(Vec<Change>, Option<String>),
    /// A message that is to be said to this target was brought with its session, or is gone.
    Brought(Elsewhere, String, Option<Box<(Past, Dialogue)>>),
    /// A folder was listed.
    Listed(Folder),
    /// What leaves of a message was made, or why it was not.
    Pieces {
        /// Number of the session.
        session: usize,
        /// What leaves.
        pieces: Result<Pieces, Unread>,
        /// The number under which they were asked for.
        number: u64,
    },
    /// What leaves by hand was made, or why it was not.
    Made {
        /// Number of the session.
        session: usize,
        /// What leaves.
        made: Result<Made, Unread>,
        /// The directive that was typed; without one it is a group.
        line: Option<String>,
    },
    /// A large draft was looked through.
    Reviewed(usize, Box<Reviewed>),
    /// The time, for what is put into a draft.
    Stamped(usize, Item, Stamp),
    /// A draft is another one now, or why it is not.
    Edited {
        /// Number of the session.
        session: usize,
        /// Which text it is made from; another one is not replaced.
        revision: u64,
        /// The text.
        text: Result<String, String>,
    },
    /// A draft could not be written, or is written at last.
    DraftKept {
        /// Number of the session.
        session: usize,
        /// Why it could not be.
        why: Option<String>,
    },
    /// Drafts were found that an earlier run left.
    DraftsLeft(Vec<LeftDraft>),
    /// A draft that was left is ours now, or why it is not.
    DraftTaken {
        /// Number of the session.
        session: usize,
        /// Its file.
        path: PathBuf,
        /// What stands in it.
        text: Result<String, String>,
    },
    /// A login can begin, perhaps after the person was asked for the password.
    LogsIn {
        /// Number of the session.
        session: usize,
        /// The login.
        login: Box<Login>,
        /// The password; nothing if the person has to be asked; or why it cannot be had.
        secret: Result<Option<Secret>, String>,
        /// What random values come from.
        seed: Seed,
    },
    /// A part was to be kept in a file.
    PartKept(Wish, Saved),
    /// A plan was read for a session, or why it was not.
    Planned(usize, Result<Box<Plan>, Unread>),
    /// A step of a plan has waited.
    Waited {
        /// Number of the session.
        session: usize,
        /// The number of the wait.
        number: u64,
    },
    /// Something to tell the person in one line.
    Say(String),
    /// Something went to the clipboard, or did not.
    Copied(Copied),
    /// There is no browser for this address.
    NoBrowser(String),
    /// The file of this session cannot be read, for the reason that follows.
    Unopened(usize, String),
    /// A file was read with which this session is to be compared.
    Compared(usize, String, Box<Dialogue>),
    /// What the gate of this session has to tell.
    Gate(usize, gate::News),
    /// What is new about the server that this session lists.
    Caught(usize, Vec<News>),
    /// The recording of this session cannot go on.
    RecordingFailed(usize, String),
}

/// What became of a file that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It has so many bytes, and whether they are only the beginning of the part.
    Written(u64, bool),
    /// It is there already, and nothing was written.
    Exists,
    /// Why it could not be written.
    Failed(String),
}

/// What nobody but the outside world knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub now: Timestamp,
    /// A number that nobody else has.
    pub seed: u64,
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
    /// The user's own faults.
    OwnFaults(Vec<FaultNamed>),
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
    /// How long things may take.
    Limits(Limits),
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
