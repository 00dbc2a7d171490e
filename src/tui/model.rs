//! All that the screen shows, as plain data.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::advice::Habits;
pub use crate::display::content::ContentView;
use crate::display::content::{Carried, Judged, Laid, Shown};
use crate::display::keys::{Keys, Layer};
use crate::display::{Depth, OwnThemes, Theme};
use crate::journal::Moment;
use crate::knowledge::{Lang, Topic};
use crate::session::card::Cards;
use crate::session::content::Content;
use crate::session::pattern::Pattern;
use crate::session::selection::Selection;
use crate::session::thread::{Length, Threads};
use crate::session::trace::Written;
use crate::session::{Dialogue, Past};
use crate::smtp::Span;
use crate::smtp::wait::Limits;
use crate::speaker::{Errand, Login};

use super::catcher::Catcher;
use super::editor::{Editor, LeftDraft};
use super::files::Folder;
use super::find::Find;
use super::group::Group;
use super::hand::{self, Answering};
pub use super::layout::Pane;
use super::layout::{self, Panes, Ratios, Side, Wish};
use super::palette::FaultNamed;
use super::plan::Planned;
use super::pointer::{Marked, Pointer};
use super::popup::{Asked, Popup, Question};
use super::prompt::{Draft, Prompt};
use super::queue::Queue;
use super::rows::laid::Kept;
use super::rows::sight::Sight;
use super::sending::Sending;
use super::travel::Travel;
use super::view;

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

/// Where one goes in the tree of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To a part.
    Part(usize),
    /// To the last line.
    End,
}

/// Whether the server's certificate is enough to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// There is no doubt, or the person has none.
    #[default]
    Given,
    /// The person is to be asked.
    ToAsk,
    /// The person was asked, and has not said yes.
    Asked,
}

/// How many contents are kept, and how many bytes of them beside the newest: one goes back and forth.
const READ_KEPT: (usize, usize) = (8, 64 << 20);

/// The contents of messages that were read, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Contents(Vec<ReadContent>);

impl Contents {
    /// The content of a message, as far as it was read.
    pub fn of(&self, message: usize) -> Option<&ReadContent> {
        self.0.iter().find(|read| read.message == message)
    }

    /// The server writes its line into that message, or does not.
    pub fn hear(&mut self, message: usize, written: Written) {
        let read = self.0.iter_mut().find(|read| read.message == message);
        let Some(ReadContent { judged, laid, .. }) = read else { return };
        if let Some(now) = judged.trace.now.as_mut().filter(|now| now.written != written) {
            now.written = written;
            laid.forget(ContentView::Trace);
        }
    }

    /// Those that are still true.
    #[must_use]
    pub fn those(mut self, are: impl Fn(&ReadContent) -> bool) -> Self {
        self.0.retain(are);
        self
    }

    /// Keeps what was read; what was read long ago is given up.
    pub fn keep(&mut self, read: ReadContent) {
        self.0.retain(|other| other.message != read.message);
        let (most, room) = READ_KEPT;
        let size = |kept: &[ReadContent]| kept.iter().map(|r| r.content.raw.len()).sum::<usize>();
        while self.0.len() >= most || size(&self.0) > room {
            self.0.remove(0);
        }
        self.0.push(read);
    }
}

/// The content of a message, as far as it was read.
#[derive(Clone, Debug, Default)]
pub struct ReadContent {
    /// Which message it is of.
    pub message: usize,
    /// How much of it was there when it was read, and whether no more would come.
    pub of: (u64, bool),
    /// What was read; the background works on it too.
    pub content: Arc<Content>,
    /// What was laid out of it.
    pub laid: Laid,
    /// What there is to say about it.
    pub judged: Judged,
}

impl ReadContent {
    /// The content of message number `message`, of which so many bytes were there, and whether no
    /// more will come. All of it is judged, which takes a while for a large one.
    pub fn new(message: usize, of: (u64, bool), content: Content, carried: &Carried) -> Self {
        let judged = Judged::of(&content, carried);
        Self { message, of, content: Arc::new(content), laid: Laid::default(), judged }
    }
}

/// Of what a tree of messages was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadsOf {
    /// How many messages there were.
    pub messages: usize,
    /// How much there was of the last one.
    pub last: Option<Length>,
    /// How many bytes of it were seen.
    pub seen: u64,
}

impl ThreadsOf {
    /// Whether it is the same but for what came of the last message.
    pub fn is_like(self, other: Self) -> bool {
        Self { seen: other.seen, ..self } == other
    }
}

/// Which message answers which.
#[derive(Clone, Debug)]
pub struct ReadThreads {
    /// Of what it was read.
    pub of: ThreadsOf,
    /// The tree.
    pub threads: Threads,
}

/// One session; several can be open.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says that something is under way")]
pub struct Session {
    /// By which its events find it; from 1, in the order of their tabs.
    pub id: usize,
    /// What stood in the prompt when another session came to the front.
    pub draft: Draft,
    /// The fold over its events.
    pub dialogue: Dialogue,
    /// The events, and how it stood at some of them.
    pub past: Past,
    /// The moment that is shown, where that is not now.
    pub travel: Option<Box<Travel>>,
    /// Whether nothing can be sent: it comes from a file, or is the other end of a talk.
    pub recorded: bool,
    /// The person answers in it, as a server does.
    pub hand: Option<Box<Answering>>,
    /// The session of which it is the server's end, where it is one.
    pub other_end_of: Option<usize>,
    /// What a server has, where that is what it shows in place of a talk.
    pub catcher: Option<Box<Catcher>>,
    /// Of a server's session with a client: the session that lists it, and its number there.
    pub caught: Option<(usize, u64)>,
    /// Whether what happened before is still being read.
    pub loading: bool,
    /// How many messages of how many were read so far.
    pub loaded: (usize, usize),
    /// Whether a connection is being made.
    pub dialling: bool,
    /// Whether it is being written to a file.
    pub recording: bool,
    /// Whether TLS is to begin before the server greets.
    pub tls_first: bool,
    /// The target that was dialled last.
    pub target: String,
    /// The options about the way to it that were typed, with a blank behind them.
    pub way: String,
    /// Where the transcript stands.
    pub anchor: Anchor,
    /// Which rows of it can be seen.
    pub sight: Sight,
    /// Its long rows, as they were laid out last.
    pub long: Kept,
    /// The row that was selected last.
    pub cursor: Option<usize>,
    /// Where the person began to choose several rows.
    pub chosen_from: Option<usize>,
    /// Rows with a mark.
    pub marks: BTreeSet<usize>,
    /// Whether the bytes of the selected row stand below it.
    pub hex: bool,
    /// How many columns at the left are out of sight, where lines are not wrapped.
    pub left: usize,
    /// How many rows there were when it was last followed.
    pub followed: usize,
    /// How many rows there were when it was last in front.
    pub seen: usize,
    /// How far the envelope is scrolled.
    pub envelope_scroll: usize,
    /// How far the content is scrolled.
    pub content_scroll: usize,
    /// How far the explanation is scrolled.
    pub explain_scroll: usize,
    /// The line of envelope or content at which the person points.
    pub pointed: Option<(Pane, usize)>,
    /// The entries that were opened one from another; the last ones are shown.
    pub articles: Vec<Vec<Topic>>,
    /// The link of the explanation that is chosen.
    pub link: Option<usize>,
    /// What the content pane shows.
    pub view: ContentView,
    /// Which part of the message it shows, and how.
    pub shown: Shown,
    /// Of which message that is.
    pub shown_of: Option<usize>,
    /// What is worked out about the transactions that are shown.
    pub cards: Cards,
    /// What is selected, and what is the same.
    pub selection: Selection,
    /// The message that the person has chosen to see.
    pub chosen: Option<usize>,
    /// The contents that were read.
    pub read: Contents,
    /// The large message that is being read in the background.
    pub reading: Option<usize>,
    /// Whether the rows of the tree of many parts are being found out in the background.
    pub laying_out: bool,
    /// Where one goes in that tree once its rows are known.
    pub goal: Option<Goal>,
    /// Which message answers which, as far as that was read.
    pub threads: Option<ReadThreads>,
    /// Of which messages that is being read in the background.
    pub threading: Option<ThreadsOf>,
    /// Lines that are kept until all of them leave in one write.
    pub group: Option<Group>,
    /// How many octets of a chunk were given away and are not on the wire yet.
    pub octets_given: u64,
    /// Lines that go out one by one.
    pub queue: Option<Queue>,
    /// Steps that are still to be said.
    pub plan: Option<Box<Planned>>,
    /// The login that was begun last: going back needs its password again.
    pub known_login: Option<Login>,
    /// What is held at the gate.
    pub at_gate: Option<AtGate>,
    /// Of what leaves in pieces, how many bytes are out, and how many there are.
    pub drip: Option<(usize, usize)>,
    /// What was given away and is not on the wire yet.
    pub unheard: Vec<u8>,
    /// Whether the server's certificate is enough to go on.
    pub trust: Trust,
    /// How many of its exchanges the habits were learned from.
    pub learned: usize,
    /// The message that is being written.
    pub editor: Option<Editor>,
    /// From which revision the next draft counts: no two drafts of a session share one.
    pub next_revision: u64,
    /// The message that is going out.
    pub sending: Option<Sending>,
    /// How often the pieces of a draft were asked for.
    pub pieces_asked: u64,
    /// A login, or a switch to TLS, that goes on by itself.
    pub errand: Option<Errand>,
    /// Lines of a message that wait to stand in the prompt, each behind the one before.
    pub by_hand: VecDeque<String>,
    /// Whether one of them stands in the prompt, which may be an empty one.
    pub line_stands: bool,
}

/// What is held at the gate of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtGate {
    /// What would leave.
    pub bytes: Bytes,
    /// Whether it is an answer of a login.
    pub is_answer: bool,
    /// What of it is a secret.
    pub secrets: Vec<Span>,
    /// When it leaves by itself.
    pub leaves: Option<Moment>,
    /// The breakpoint.
    pub breakpoint: Pattern,
    /// The exchange that fits, where what is held only comes behind it.
    pub exchange: Option<usize>,
}

impl Session {
    /// A session in which nothing has happened.
    pub fn new(id: usize, target: String) -> Self {
        Self {
            id,
            draft: Draft::default(),
            dialogue: Dialogue::default(),
            past: Past::default(),
            travel: None,
            recorded: false,
            hand: None,
            other_end_of: None,
            catcher: None,
            caught: None,
            loading: false,
            loaded: (0, 0),
            dialling: false,
            recording: false,
            tls_first: false,
            target,
            way: String::new(),
            anchor: Anchor::Follow,
            sight: Sight::default(),
            long: Kept::default(),
            cursor: None,
            chosen_from: None,
            marks: BTreeSet::new(),
            hex: false,
            left: 0,
            followed: 0,
            seen: 0,
            envelope_scroll: 0,
            content_scroll: 0,
            explain_scroll: 0,
            pointed: None,
            articles: Vec::new(),
            link: None,
            view: ContentView::default(),
            shown: Shown::default(),
            shown_of: None,
            cards: Cards::default(),
            selection: Selection::default(),
            chosen: None,
            read: Contents::default(),
            reading: None,
            threads: None,
            laying_out: false,
            goal: None,
            threading: None,
            group: None,
            octets_given: 0,
            queue: None,
            plan: None,
            known_login: None,
            at_gate: None,
            drip: None,
            unheard: Vec::new(),
            trust: Trust::default(),
            learned: 0,
            editor: None,
            next_revision: 0,
            sending: None,
            errand: None,
            pieces_asked: 0,
            by_hand: VecDeque::new(),
            line_stands: false,
        }
    }

    /// Whether messages are being read, which can be stopped.
    pub const fn reads_messages(&self) -> bool {
        self.loading && self.loaded.1 > 0
    }

    /// What the line being typed stands behind: the lines of a group that is being typed count as
    /// said.
    pub fn ahead(&self) -> &Dialogue {
        self.group.as_ref().map_or_else(|| self.seen(), Group::ahead)
    }

    /// Whether there is nothing in it but messages that lie in files.
    pub fn is_stored(&self) -> bool {
        let dialogue = &self.dialogue;
        self.recorded && dialogue.exchanges().is_empty() && !dialogue.messages().is_empty()
    }

    /// Whether there is no doubt about who is at the other end, or the person has none.
    pub const fn is_trusted(&self) -> bool {
        matches!(self.trust, Trust::Given)
    }

    /// That something goes on by itself: the key of its sentence.
    pub fn under_way(&self) -> Option<&'static str> {
        self.errand.as_ref().map(Errand::under_way)
    }

    /// Whether something goes out bit by bit.
    pub const fn goes_on(&self) -> bool {
        self.queue.is_some() || self.drip.is_some() || self.sending.is_some()
    }

    /// Whether steps of the plan go by themselves.
    pub fn plays(&self) -> bool {
        self.plan.as_ref().is_some_and(|planned| planned.plan.goes_far())
    }

    /// The editor; a draft is begun where there is none.
    pub fn write(&mut self) -> &mut Editor {
        let revision = self.next_revision;
        self.editor.get_or_insert_with(|| Editor::with("", revision))
    }

    /// Another draft in place of the one that is there.
    pub fn go_on_with(&mut self, text: &str) {
        self.drop_draft();
        self.editor = Some(Editor::with(text, self.next_revision));
    }

    /// The draft is no longer there; what is going out of it goes out without one.
    pub fn drop_draft(&mut self) {
        let Some(editor) = self.editor.take() else { return };
        self.next_revision = editor.text.revision() + 1;
        if let Some(sending) = &mut self.sending {
            sending.draft = None;
        }
    }

    /// Another message is shown: of it everything is seen in the way that fits best.
    pub fn show_of(&mut self, message: usize) {
        if self.shown_of.replace(message).is_some_and(|before| before != message) {
            self.shown = Shown { side: self.shown.side, ..Shown::default() };
        }
    }

    /// How far a pane of lines is scrolled.
    pub const fn scroll(&mut self, pane: Pane) -> Option<&mut usize> {
        match pane {
            Pane::Envelope => Some(&mut self.envelope_scroll),
            Pane::Content => Some(&mut self.content_scroll),
            Pane::Explain => Some(&mut self.explain_scroll),
            Pane::Transcript | Pane::Prompt | Pane::Plan => None,
        }
    }
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
    /// The name of the theme.
    pub theme_name: String,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// The person's own themes.
    pub themes: OwnThemes,
    /// The person's own faults.
    pub faults: Vec<FaultNamed>,
    /// Keys.
    pub keys: Keys,
    /// The session in front.
    pub session: Session,
    /// The other sessions, by id.
    pub others: Vec<Session>,
    /// The highest number that a session ever had.
    pub last_id: usize,
    /// Whether another session's transcript stands beside that of the one in front.
    pub beside: bool,
    /// What has the focus.
    pub focus: Pane,
    /// Which of envelope and content is shown where there is place for one: the one that is being
    /// filled, unless the person has chosen since.
    pub tab: Pane,
    /// The line being typed.
    pub prompt: Prompt,
    /// Names and addresses that were used before, in whatever session.
    pub habits: Habits,
    /// What stands before the panes.
    pub popup: Option<Popup>,
    /// Whether the focused pane has all the place.
    pub zoomed: bool,
    /// Where the person wants the borders.
    pub ratios: Ratios,
    /// Whether there is a line of hints.
    pub hints: bool,
    /// Whether borders are drawn with `+`, `-` and `|`.
    pub ascii: bool,
    /// Whether the terminal understands UTF-8.
    pub utf8: bool,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// What the mouse is doing.
    pub pointer: Pointer,
    /// The text that is marked, to be copied.
    pub marked: Option<Marked>,
    /// One line for the person, until the next key.
    pub notice: Option<String>,
    /// What was said last to be wrong with the settings.
    pub wrong_settings: Option<String>,
    /// The targets that were used last, the newest first.
    pub targets: Vec<String>,
    /// Whether the lines that are sent are kept for the next run.
    pub remembers: bool,
    /// The folder of the path that is being typed, as far as it was read.
    pub folder: Option<Folder>,
    /// Drafts that were left by an earlier run, the newest first.
    pub left_drafts: Vec<LeftDraft>,
    /// Whether leaving an open transaction asks.
    pub confirm_quit: bool,
    /// Whether the last key asked to leave.
    pub leaving: bool,
    /// The sessions in which QUIT was sent to leave when all of them are closed.
    pub parting: Vec<usize>,
    /// Whether long lines of the transcript are wrapped.
    pub wrap: bool,
    /// Whether the transcript says when each line came.
    pub time: bool,
    /// What is looked for.
    pub find: Option<Find>,
    /// Whether each side has a column of its own; nothing, where the person has not said.
    pub sides: Option<bool>,
    /// Whether line ends are shown.
    pub line_ends: bool,
    /// Whether secrets are readable.
    pub with_secrets: bool,
    /// Whether a certificate that cannot be trusted is no reason to ask.
    pub insecure: bool,
    /// How long things may take.
    pub limits: Limits,
    /// What stops sessions.
    pub breakpoints: Vec<Pattern>,
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
            theme_name: "terminal".to_owned(),
            depth: Depth::True,
            themes: OwnThemes::new(),
            faults: Vec::new(),
            keys,
            session: Session::new(1, String::new()),
            others: Vec::new(),
            last_id: 1,
            beside: false,
            focus: Pane::Prompt,
            tab: Pane::Envelope,
            prompt: Prompt::default(),
            habits: Habits::default(),
            popup: None,
            zoomed: false,
            ratios: Ratios::default(),
            hints: true,
            ascii: false,
            utf8: true,
            mouse: true,
            pointer: Pointer::default(),
            marked: None,
            notice: None,
            wrong_settings: None,
            targets: Vec::new(),
            remembers: false,
            folder: None,
            left_drafts: Vec::new(),
            confirm_quit: true,
            leaving: false,
            parting: Vec::new(),
            wrap: true,
            time: false,
            find: None,
            sides: None,
            line_ends: false,
            with_secrets: false,
            insecure: false,
            limits: Limits::default(),
            breakpoints: Vec::new(),
            now: Moment(0),
        }
    }

    /// Puts a theme on, in the colours that are shown.
    pub fn wear(&mut self, theme: Theme) {
        self.theme = theme.at_depth(self.depth);
    }

    /// Where everything is.
    pub fn panes(&self) -> Panes {
        let shown = if self.focus == Pane::Prompt { Pane::Transcript } else { self.focus };
        // What has the focus is always in sight.
        let covered = matches!(shown, Pane::Envelope | Pane::Content | Pane::Plan);
        let wish = Wish {
            listing: self.session.catcher.is_some(),
            stored: self.session.is_stored(),
            size: self.size,
            shown,
            tab: self.tab,
            plan: self.session.plan.is_some(),
            sides: self.has_sides(&self.session) && !covered && self.beside().is_none(),
            zoomed: self.zoomed,
            beside: self.beside().is_some() && !covered,
            editor: self.editing().map(|editor| editor.side),
            held: self.held_shown(),
            asking: matches!(self.popup, Some(Popup::Palette(_))),
            tabs: !self.others.is_empty(),
            hints: self.lines_below(),
        };
        layout::panes(&wish, &self.ratios)
    }

    /// How many lines are in sight around the line being typed, of a group or of suggestions: a quarter
    /// of the screen is for them.
    pub fn held_shown(&self) -> u16 {
        let offers = self.offers().map_or(0, |answering| answering.offers.len());
        let held = self.session.group.as_ref().map_or(offers, Group::len);
        u16::try_from(held).unwrap_or(u16::MAX).min(self.size.1 / 4)
    }

    /// How many lines there are at the bottom. What is said has as many as it needs, up to half of
    /// the screen.
    fn lines_below(&self) -> u16 {
        let asks = self.popup.as_ref().is_some_and(Popup::is_below);
        let (columns, rows) = self.size;
        if let Some(notice) = self.notice.as_ref().filter(|_| !asks) {
            let lines = view::hints::set(notice, usize::from(columns)).len();
            return u16::try_from(lines).unwrap_or(u16::MAX).min(rows / 2).max(1);
        }
        let session = &self.session;
        u16::from(self.hints || asks || session.goes_on() || session.plays())
    }

    /// Which keys count, the nearest first.
    pub fn layers(&self) -> &'static [Layer] {
        match &self.popup {
            Some(
                Popup::Help(_)
                | Popup::Palette(_)
                | Popup::Candidates(_)
                | Popup::Form(_)
                | Popup::Password(_)
                | Popup::Question(Question { asked: Asked::SendDraft { .. }, .. }),
            ) => &[Layer::List, Layer::Line, Layer::Any],
            Some(Popup::Query(_) | Popup::Search(_)) => &[Layer::Find, Layer::Line, Layer::Any],
            Some(Popup::Themes(_) | Popup::Question(_) | Popup::Copy(_)) => {
                &[Layer::List, Layer::Any]
            }
            Some(Popup::Sheet(_)) => &[Layer::List, Layer::Panes, Layer::Any],
            None => self.layers_below(),
        }
    }

    /// The editor, where it has the place of the panes.
    pub fn editing(&self) -> Option<&Editor> {
        self.session.editor.as_ref().filter(|editor| editor.open)
    }

    /// Which keys count once no popup is open: those that the help lists first.
    pub fn layers_below(&self) -> &'static [Layer] {
        match self.editing().map(|editor| editor.side) {
            Some(Side::Text) => return &[Layer::Editor, Layer::Line, Layer::Any],
            Some(Side::Live) => return &[Layer::Editor, Layer::Panes, Layer::Any],
            None if self.session.catcher.is_some() => {
                return &[Layer::Catcher, Layer::Panes, Layer::Any];
            }
            None => {}
        }
        match self.focus {
            Pane::Prompt if self.has_keys_of_offers() => hand::LAYERS,
            Pane::Prompt => &[Layer::Prompt, Layer::Line, Layer::Any],
            Pane::Transcript => &[Layer::Transcript, Layer::Panes, Layer::Any],
            Pane::Explain => &[Layer::Explain, Layer::Panes, Layer::Any],
            Pane::Content if self.session.view == ContentView::Thread => {
                &[Layer::Thread, Layer::Panes, Layer::Any]
            }
            Pane::Content => &[Layer::Content, Layer::Panes, Layer::Any],
            Pane::Envelope => &[Layer::Panes, Layer::Any],
            Pane::Plan => &[Layer::Plan, Layer::Panes, Layer::Any],
        }
    }

    /// A sentence in which actions are named by their keys, as they are here and now.
    pub fn sentence(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        self.keys.sentence(self.lang, self.layers(), key, values)
    }

    /// Tells the person one sentence until the next key.
    pub fn tell(&mut self, key: &'static str) {
        self.notice = Some(self.sentence(key, &[]));
    }

    /// The line that is being typed: that of the popup, else the prompt if it has the focus.
    pub fn line(&mut self) -> Option<&mut Prompt> {
        match &mut self.popup {
            Some(Popup::Palette(_) | Popup::Candidates(_)) => Some(&mut self.prompt),
            Some(popup) => popup.line(),
            None if self.session.editor.as_ref().is_some_and(|editor| editor.open) => None,
            None if self.session.catcher.is_some() => None,
            None => Some(&mut self.prompt).filter(|_| self.focus == Pane::Prompt),
        }
    }
}
