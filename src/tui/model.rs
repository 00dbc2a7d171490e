//! All that the screen shows, as plain data.

use crate::display::Theme;
use crate::display::keys::{Keys, Layer};
use crate::journal::Moment;
use crate::knowledge::Lang;
use crate::session::content::Content;
use crate::session::{Dialogue, secrets};
use crate::smtp::Span;

pub use super::layout::Pane;
use super::layout::{self, Panes};
use super::prompt::Prompt;

/// The directive that sends exactly what follows it.
pub const RAW: &str = ":raw ";

/// What the content pane shows of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentView {
    /// Its fields, decoded.
    #[default]
    Header,
    /// The tree of its parts.
    Parts,
    /// Its text.
    Body,
    /// Its lines as they crossed the wire.
    Raw,
}

impl ContentView {
    /// In the order in which F9 goes through them.
    pub const ALL: [Self; 4] = [Self::Header, Self::Parts, Self::Body, Self::Raw];

    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Header => "content.header",
            Self::Parts => "content.parts",
            Self::Body => "content.body",
            Self::Raw => "content.raw",
        }
    }

    /// The next one.
    pub const fn next(self) -> Self {
        match self {
            Self::Header => Self::Parts,
            Self::Parts => Self::Body,
            Self::Body => Self::Raw,
            Self::Raw => Self::Header,
        }
    }
}

/// What the transcript shows at its top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Whatever makes the last row visible.
    Follow,
    /// This row, without its first lines.
    At {
        /// Index of the row.
        row: usize,
        /// How many of its lines are above the top.
        skip: usize,
    },
}

/// The content of the last message, as far as it was read.
#[derive(Clone, Debug, Default)]
pub struct ReadContent {
    /// Which message it is of.
    pub message: usize,
    /// How much of it was there when it was read.
    pub len: u64,
    /// What was read.
    pub content: Content,
}

/// The session on the screen.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says that something is under way")]
pub struct Session {
    /// The fold over its events.
    pub dialogue: Dialogue,
    /// Whether it comes from a file: nothing can be sent.
    pub recorded: bool,
    /// Whether the file is still being read.
    pub loading: bool,
    /// Whether a connection is being made.
    pub dialling: bool,
    /// The target that was dialled last.
    pub target: String,
    /// Where the transcript stands.
    pub anchor: Anchor,
    /// How many rows there were when it was last followed.
    pub followed: usize,
    /// How far the envelope is scrolled.
    pub envelope_scroll: usize,
    /// How far the content is scrolled.
    pub content_scroll: usize,
    /// How far the explanation is scrolled.
    pub explain_scroll: usize,
    /// What the content pane shows.
    pub view: ContentView,
    /// The content as it was read.
    pub read: Option<ReadContent>,
    /// Whether a large message is being read in the background.
    pub reading: bool,
}

/// The whole screen.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Language of the interface.
    pub lang: Lang,
    /// Looks.
    pub theme: Theme,
    /// Keys.
    pub keys: Keys,
    /// The session.
    pub session: Session,
    /// What has the focus.
    pub focus: Pane,
    /// Which of envelope and content is shown where there is place for one: the one that is being
    /// filled, unless the person has chosen since.
    pub tab: Pane,
    /// The line being typed.
    pub prompt: Prompt,
    /// How far the help is scrolled, while it is open.
    pub help: Option<usize>,
    /// One line for the person, until the next key.
    pub notice: Option<String>,
    /// Whether the last key asked to leave.
    pub leaving: bool,
    /// Whether line ends are shown.
    pub line_ends: bool,
    /// Whether secrets are readable.
    pub with_secrets: bool,
    /// Whether the session is being recorded.
    pub recording: bool,
    /// The time.
    pub now: Moment,
}

impl Model {
    /// A screen of this size with nothing on it.
    pub fn new(size: (u16, u16), lang: Lang, theme: Theme, keys: Keys) -> Self {
        Self {
            size,
            lang,
            theme,
            keys,
            session: Session {
                dialogue: Dialogue::default(),
                recorded: false,
                loading: false,
                dialling: false,
                target: String::new(),
                anchor: Anchor::Follow,
                followed: 0,
                envelope_scroll: 0,
                content_scroll: 0,
                explain_scroll: 0,
                view: ContentView::default(),
                read: None,
                reading: false,
            },
            focus: Pane::Prompt,
            tab: Pane::Envelope,
            prompt: Prompt::default(),
            help: None,
            notice: None,
            leaving: false,
            line_ends: false,
            with_secrets: false,
            recording: false,
            now: Moment(0),
        }
    }

    /// Where everything is.
    pub fn panes(&self) -> Panes {
        let shown = if self.focus == Pane::Prompt { Pane::Transcript } else { self.focus };
        layout::panes(self.size, shown, self.tab)
    }

    /// Which keys count.
    pub fn layer(&self) -> Layer {
        if self.help.is_some() { Layer::Panes } else { self.layer_below_help() }
    }

    /// Which keys count once the help is closed: those it lists first.
    pub fn layer_below_help(&self) -> Layer {
        if self.focus == Pane::Prompt { Layer::Prompt } else { Layer::Panes }
    }

    /// What of the line being typed is a secret. `:raw` sends what stands behind it.
    pub fn typed_secrets(&self) -> Vec<Span> {
        let dialogue = &self.session.dialogue;
        let text = self.prompt.text();
        if dialogue.awaits_mail_data() {
            return Vec::new();
        }
        let before = text.len() - text.strip_prefix(RAW).map_or(text.len(), str::len);
        let typed = text.get(before..).unwrap_or_default();
        let spans = secrets::in_typed(typed.as_bytes(), dialogue.next_line_is_meant_as());
        spans.into_iter().map(|s| Span::new(before + s.start, before + s.end)).collect()
    }
}
