//! What can stand before the panes: one thing at a time, with data of its own.

use std::sync::Arc;

use crate::display::Theme;
use crate::display::content::save::Wish;
use crate::display::waterfall::Laid;
use crate::draft::Template;
use crate::journal::Moment;
use crate::session::Dialogue;
use crate::session::compare::Pair;
use crate::session::pattern::{Pattern, PatternError};
use crate::speaker::{Login, Seed};

use super::copy::Source;
use super::editor::Needs;
use super::editor::form::Form;
use super::find::Find;
use super::model::{Anchor, Pane};
use super::prompt::{Draft, Prompt};

/// A popup.
#[derive(Clone, Debug)]
pub enum Popup {
    /// All keys, those of the focused pane first.
    Help(Help),
    /// Everything that can be done, filtered by the prompt.
    Palette(Palette),
    /// What can stand at the cursor of the prompt.
    Candidates(Candidates),
    /// The looks that can be chosen.
    Themes(Themes),
    /// Something that only the person can decide.
    Question(Question),
    /// A line at the bottom: what to look for, or what to keep.
    Query(Query),
    /// A line at the bottom that looks for a line of the history, which stands in the prompt.
    Search(Search),
    /// In which form something is copied.
    Copy(Copy),
    /// What is said of a file that is to be attached.
    Form(Form),
    /// The password of a login.
    Password(Box<Password>),
    /// Lines about the session, to be read.
    Sheet(Sheet),
}

/// Lines about the session, of which one is chosen.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What they show.
    pub shows: Shows,
    /// Which one is chosen.
    pub chosen: usize,
}

/// How much was heard: exchanges, answered ones, notices.
pub type Heard = (usize, usize, usize);

/// What a sheet shows.
#[derive(Clone, Debug)]
pub enum Shows {
    /// Where the time of the session went, of how much that was made, and until when.
    Times(Laid, Option<(Heard, Option<Moment>)>),
    /// What differs from another session.
    Comparison(Comparison),
}

/// The session in front beside another one.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The other one.
    pub with: With,
    /// What belongs together, as far as it was compared.
    pub pairs: Vec<Pair>,
    /// The line with which each of them begins.
    pub starts: Vec<usize>,
    /// How many lines there are.
    pub lines: usize,
    /// How much of both was compared, and for how many columns.
    pub of: Option<(Heard, Heard, usize)>,
}

/// With what the session in front is compared.
#[derive(Clone, Debug)]
pub enum With {
    /// Another one that is open.
    Session(usize),
    /// What a file holds, by its name.
    File(String, Arc<Dialogue>),
}

/// What a login still lacks.
#[derive(Clone, Debug)]
pub struct Password {
    /// Number of the session.
    pub session: usize,
    /// The login.
    pub login: Login,
    /// What its random values come from.
    pub seed: Seed,
    /// What is typed.
    pub line: Prompt,
}

/// What a line at the bottom asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// What to look for in the pane.
    Find,
    /// Which exchanges of the transcript to keep.
    Filter,
    /// Which rows of a list to keep.
    Rows,
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
    /// What was looked for before.
    pub find: Option<Find>,
    /// What was kept before.
    pub filter: Pattern,
    /// Which rows of a list were kept before.
    pub sieve: String,
}

/// The help: what it is filtered by, and how far it is scrolled.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// What is looked for.
    pub filter: Prompt,
    /// Lines above the top.
    pub scroll: usize,
}

/// The palette is the prompt with a list: the text stays there and begins with a colon.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What stood in the prompt before.
    pub draft: Draft,
    /// Which entry the person went to; until then the best match is the one, see `searches`.
    pub chosen: Option<usize>,
    /// Whether what is typed are words to look for. Behind a colon that was typed it is the name of
    /// a directive, and then what is only like it is not done.
    pub searches: bool,
}

/// What can stand at the cursor of the prompt, filtered by what is typed there.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// What the chosen one puts in; where there is no such one any more, the first is the one.
    pub chosen: String,
}

/// The theme switcher: what is chosen is what the screen looks like.
#[derive(Clone, Debug)]
pub struct Themes {
    /// All themes, the person's own first.
    pub list: Vec<Look>,
    /// Which one is looked at.
    pub chosen: usize,
    /// What the screen looked like before.
    pub before: Theme,
}

/// A theme of the list.
#[derive(Clone, Debug)]
pub struct Look {
    /// Its name, as settings write it.
    pub name: String,
    /// The theme, or what is wrong with its file.
    pub theme: Result<Theme, String>,
}

/// A question and the answer that is highlighted.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub asked: Asked,
    /// Index of the highlighted answer.
    pub chosen: usize,
    /// Whether something was typed that is no answer: letters are none either then, until the person
    /// moves.
    pub typing: bool,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// How to leave while a transaction is open.
    Leave,
    /// Whether to close a session with an open transaction.
    CloseSession,
    /// What to do with these lines.
    Paste(String),
    /// How the draft shall leave; in chunks of this size, if so.
    SendDraft {
        /// What the wire needs of it.
        needs: Needs,
        /// The size of a chunk.
        chunk: usize,
    },
    /// Whether a file that is there is written over.
    Overwrite(Wish),
    /// Whether to drop the draft.
    DropDraft,
    /// What becomes of the newest draft that an earlier run left.
    LeftDraft,
    /// Whether a template takes the place of the draft.
    ReplaceDraft(&'static Template),
    /// Whether to go on with a server whose certificate cannot be trusted.
    Certificate,
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send QUIT, and leave when the connection is closed.
    Quit,
    /// Leave at once.
    Close,
    /// Send the lines, each behind the reply to the one before.
    OneByOne,
    /// Send the lines together.
    Together,
    /// Step through the lines.
    Plan,
    /// Put the lines into the prompt.
    Edit,
    /// Put the lines into the editor.
    Editor,
    /// Send the draft behind DATA.
    Data,
    /// Send it in chunks, each behind the reply to the one before.
    Chunks,
    /// Send all chunks together.
    ChunksTogether,
    /// Bring its lines into the prompt one by one.
    ByHand,
    /// Go on with a draft that was left.
    GoOn,
    /// Begin another one; that one waits.
    Another,
    /// Delete the draft.
    Drop,
    /// Put something else in its place, which can be undone.
    Replace,
    /// Write over a file.
    Overwrite,
    /// Go on with a certificate that cannot be trusted.
    Trust,
    /// Do nothing.
    Stay,
}

impl Answer {
    /// Whether a letter alone is too little for it: it cannot be taken back.
    pub const fn needs_enter(self) -> bool {
        matches!(self, Self::Drop | Self::Trust | Self::Overwrite)
    }
}

impl Asked {
    /// Whether a letter only chooses: the person has opened the editor, and may write already.
    pub const fn needs_enter(&self) -> bool {
        matches!(self, Self::LeftDraft)
    }

    /// The answers to it, in the order of the list.
    pub const fn answers(&self) -> &'static [Answer] {
        match self {
            Self::Leave => &[Answer::Quit, Answer::Close, Answer::Stay],
            Self::CloseSession => &[Answer::Close, Answer::Stay],
            Self::Paste(_) => &[
                Answer::OneByOne,
                Answer::Together,
                Answer::Plan,
                Answer::Edit,
                Answer::Editor,
                Answer::Stay,
            ],
            Self::SendDraft { .. } => &[
                Answer::Data,
                Answer::Chunks,
                Answer::ChunksTogether,
                Answer::ByHand,
                Answer::Stay,
            ],
            Self::Overwrite(_) => &[Answer::Overwrite, Answer::Stay],
            Self::DropDraft => &[Answer::Drop, Answer::Stay],
            Self::LeftDraft => &[Answer::GoOn, Answer::Another, Answer::Drop, Answer::Stay],
            Self::ReplaceDraft(_) => &[Answer::Another, Answer::Replace, Answer::Stay],
            Self::Certificate => &[Answer::Close, Answer::Trust],
        }
    }

    /// The letter that gives `answer`.
    pub const fn letter(&self, answer: Answer) -> char {
        match (self, answer) {
            (_, Answer::Quit) => 'q',
            (Self::Paste(_), Answer::Stay) | (_, Answer::Close) => 'c',
            (_, Answer::Stay) => 's',
            (_, Answer::OneByOne) => 'o',
            (_, Answer::Plan) => 't',
            (_, Answer::Overwrite) => 'w',
            (_, Answer::Together | Answer::ChunksTogether) => 'p',
            (_, Answer::Edit | Answer::Editor) => 'e',
            (_, Answer::Data | Answer::Drop) => 'd',
            (_, Answer::Chunks) => 'b',
            (_, Answer::ByHand) => 'h',
            (_, Answer::GoOn | Answer::Trust) => 'g',
            (_, Answer::Another) => 'a',
            (_, Answer::Replace) => 'r',
        }
    }
}

/// A search in the history.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is typed.
    pub line: Prompt,
    /// What stood in the prompt before.
    pub draft: Draft,
    /// The line of the history that was found last.
    pub hit: Option<usize>,
    /// Whether it is what is looked for; if not, there is no other.
    pub found: bool,
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
    /// The line that is typed in it, if it has one of its own.
    pub const fn line(&mut self) -> Option<&mut Prompt> {
        match self {
            Self::Help(help) => Some(&mut help.filter),
            Self::Query(query) => Some(&mut query.line),
            Self::Search(search) => Some(&mut search.line),
            Self::Form(form) => form.line(),
            Self::Password(password) => Some(&mut password.line),
            _ => None,
        }
    }

    /// The line of the prompt that it has put aside.
    pub const fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Palette(palette) => Some(&palette.draft),
            Self::Search(search) => Some(&search.draft),
            _ => None,
        }
    }

    /// The same line, to be changed.
    pub const fn draft_mut(&mut self) -> Option<&mut Draft> {
        match self {
            Self::Palette(palette) => Some(&mut palette.draft),
            Self::Search(search) => Some(&mut search.draft),
            _ => None,
        }
    }

    /// Whether it is a line at the bottom, which leaves the panes in sight.
    pub const fn is_below(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Search(_))
    }
}
