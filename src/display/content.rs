//! The content of a message in views, each a list of lines: what the screen draws and print prints.
//!
//! A line knows the bytes that it shows, so that what is selected elsewhere can be marked in it and
//! the other way round, and the entries that explain it, which are looked up only when asked for.
//! Views of bytes make the lines that are asked for; the others are laid out as far as somebody
//! looks, and kept until something else is looked at.

pub mod authenticity;
pub mod body;
pub mod header;
pub mod hex;
pub mod judged;
pub mod parts;
pub mod place;
pub mod raw;
pub mod save;
pub mod thread;
pub mod trace;

pub use judged::{Carried, Judged};

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::journal::authenticity::Verification;
use crate::knowledge::{self, Kind, Lang, Topic};
use crate::session::Message;
use crate::session::content::Content;
use crate::smtp::Span;
use crate::smtp::payload::END_MARK;

use super::Role;
use super::text::{cut, width, wrap};
use super::words::grouped;
pub use body::Way;

/// A piece of a line.
pub type Piece = (Role, String);

/// Entries of the knowledge base that explain something.
pub type About = Arc<Vec<(Kind, String)>>;

/// What is shown of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ContentView {
    /// Its fields, decoded.
    #[default]
    Header,
    /// The way that it took.
    Trace,
    /// Which message answers which.
    Thread,
    /// The tree of its parts.
    Parts,
    /// One of its parts: at first its text.
    Body,
    /// Its lines as they crossed the wire.
    Raw,
    /// Its bytes.
    Hex,
    /// Whether it is what it says.
    Authenticity,
}

impl ContentView {
    /// In the order in which one goes through them.
    pub const ALL: [Self; 8] = [
        Self::Header,
        Self::Trace,
        Self::Thread,
        Self::Parts,
        Self::Body,
        Self::Raw,
        Self::Hex,
        Self::Authenticity,
    ];

    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Header => "content.header",
            Self::Trace => "content.trace",
            Self::Thread => "content.thread",
            Self::Parts => "content.parts",
            Self::Body => "content.body",
            Self::Raw => "content.raw",
            Self::Hex => "content.hex",
            Self::Authenticity => "content.authenticity",
        }
    }

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        self.title().rsplit('.').next().unwrap_or_default()
    }

    /// The next one.
    pub fn next(self) -> Self {
        self.step(1)
    }

    /// The one before.
    pub fn previous(self) -> Self {
        self.step(Self::ALL.len() - 1)
    }

    fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or_default();
        Self::ALL.get((at + by) % Self::ALL.len()).copied().unwrap_or_default()
    }
}

/// What `:view` and `--view` show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The envelope.
    Envelope,
    /// Where the time of the session went.
    Times,
    /// A view of the content.
    Content(ContentView),
}

impl View {
    /// All that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Envelope, Self::Times].into_iter().chain(ContentView::ALL.map(Self::Content))
    }

    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Envelope => "pane.envelope",
            Self::Times => "pane.times",
            Self::Content(view) => view.title(),
        }
    }

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        self.title().rsplit('.').next().unwrap_or_default()
    }

    /// The view of this name, or the only one whose name begins so.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let mut begun = Self::all().filter(|view| view.name().starts_with(&name));
        let exact = Self::all().find(|view| view.name() == name);
        exact.or_else(|| begun.next().filter(|_| begun.next().is_none() && !name.is_empty()))
    }

    /// The names of all.
    pub fn names() -> String {
        Self::all().map(Self::name).collect::<Vec<_>>().join(", ")
    }
}

/// Which bytes of a message are shown: those that crossed the wire, or those that stay of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// As it was sent.
    #[default]
    Sent,
    /// As it is stored.
    Stored,
    /// Both, beside each other where there is room.
    Both,
}

/// What of a message is shown, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shown {
    /// The part that is seen as the body; without one, the first text.
    pub part: Option<usize>,
    /// How it is seen, if not in the way that fits it best.
    pub way: Option<Way>,
    /// Which bytes the views of bytes show.
    pub side: Side,
    /// How many columns of lines as they crossed the wire stand beyond the left border.
    pub left: usize,
}

/// What views are made of.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// The content as far as it was read.
    pub content: &'a Content,
    /// What there is to say about it.
    pub judged: &'a Judged,
    /// What was found out about its authenticity.
    pub verified: Option<&'a Verification>,
    /// The message as it was carried.
    pub message: &'a Message,
    /// Whether more of it may come.
    pub grows: bool,
    /// What of it is shown.
    pub shown: Shown,
    /// In which language.
    pub lang: Lang,
    /// How wide a line may be.
    pub columns: usize,
    /// What was laid out before.
    pub laid: &'a Laid,
}

/// The lines of a view in `range`, as far as there are any.
pub fn lines(view: ContentView, sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    let mut out = own_lines(view, sheet, range.clone());
    if out.len() < range.len() {
        let behind = end(view, sheet);
        if !behind.is_empty() {
            let own = own_count(view, sheet, range.end);
            let room = range.len() - out.len();
            out.extend(behind.into_iter().skip(range.start.saturating_sub(own)).take(room));
        }
    }
    out
}

fn own_lines(view: ContentView, sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    match view {
        ContentView::Raw => raw::lines(sheet, range),
        ContentView::Hex => hex::lines(sheet, range),
        ContentView::Body if body::is_hex(sheet) => body::hex_lines(sheet, range),
        ContentView::Parts => parts::lines(sheet, range),
        _ => {
            let laid = sheet.laid.lines(view, sheet, range.end);
            let end = range.end.min(laid.len());
            laid.get(range.start.min(end)..end).unwrap_or_default().to_vec()
        }
    }
}

/// How many lines a view has, at least `wanted` if there are so many.
pub fn count(view: ContentView, sheet: &Sheet<'_>, wanted: usize) -> usize {
    let own = own_count(view, sheet, wanted);
    if own < wanted || is_bytes(view, sheet) { own + end(view, sheet).len() } else { own }
}

/// What stands behind a view of a content of which the end is not here: that it is not.
fn end(view: ContentView, sheet: &Sheet<'_>) -> Vec<Line> {
    use ContentView::{Body, Header, Hex, Parts, Raw, Trace};
    let says = match view {
        // There it is said already.
        Parts | Body => sheet.content.body.is_some() || !sheet.grows,
        Raw => sheet.message.forgotten() > 0 || !sheet.grows,
        Hex => true,
        // A header that is over lacks nothing.
        Header | Trace => sheet.content.body.is_none(),
        _ => false,
    };
    let said = begun(sheet.content, sheet.message, sheet.grows, sheet.lang);
    let wrapped = said.filter(|_| says).map(|said| wrap(&said, sheet.columns));
    let line = |text| Line::new(vec![(Role::Notice, text)]).about("body");
    wrapped.into_iter().flatten().map(line).collect()
}

/// Why only the beginning of a message is here, if it is so.
pub fn begun(content: &Content, message: &Message, grows: bool, lang: Lang) -> Option<String> {
    let (here, all) = (content.raw.len() as u64, message.content_len());
    // An end mark that is not whole yet belongs to nothing.
    let key = if all.saturating_sub(here) >= END_MARK.len() as u64 {
        "begun.cut"
    } else if grows {
        "begun.grows"
    } else {
        "begun.broken"
    };
    let (here, all) = (grouped(here), grouped(all));
    content.begun.then(|| knowledge::fill(lang, key, &[("n", &*here), ("all", &all)]))
}

/// Whether a view knows how many lines it has without making them.
fn is_bytes(view: ContentView, sheet: &Sheet<'_>) -> bool {
    match view {
        ContentView::Raw | ContentView::Hex => true,
        ContentView::Body => body::is_hex(sheet),
        _ => false,
    }
}

fn own_count(view: ContentView, sheet: &Sheet<'_>, wanted: usize) -> usize {
    match view {
        ContentView::Raw => raw::count(sheet),
        ContentView::Hex => hex::count(sheet),
        ContentView::Body if body::is_hex(sheet) => body::hex_count(sheet),
        ContentView::Parts => parts::count(sheet, wanted),
        _ => sheet.laid.lines(view, sheet, wanted).len().min(wanted),
    }
}

/// All lines of a view as text.
pub fn text(view: ContentView, sheet: &Sheet<'_>) -> String {
    let lines = lines(view, sheet, 0..usize::MAX);
    lines.iter().flat_map(|line| [line.text().trim_end().to_owned(), "\n".to_owned()]).collect()
}

/// Lays out a view that is no view of bytes, at least `enough` lines of it if there are so many.
fn lay_out(view: ContentView, sheet: &Sheet<'_>, enough: usize) -> Vec<Line> {
    match view {
        ContentView::Header => header::lines(sheet.judged, sheet.lang, sheet.columns, enough),
        ContentView::Trace => {
            trace::lines(sheet.content, &sheet.judged.trace, sheet.lang, sheet.columns, enough)
        }
        ContentView::Body => body::lines(sheet, enough),
        ContentView::Authenticity => {
            let (stated, verified) = (&sheet.judged.stated, sheet.verified);
            authenticity::lines(stated, verified, sheet.columns, sheet.lang, enough)
        }
        // Made as they are asked for; one tree is of all messages.
        ContentView::Thread | ContentView::Parts | ContentView::Raw | ContentView::Hex => {
            Vec::new()
        }
    }
}

/// A text behind a head: what has no room beside it stands below, `hang` columns to the right. A
/// head without room is cut too, so that nothing of either is lost.
fn behind(
    head: &str,
    (role, text): (Role, &str),
    (hang, wrapped): (usize, fn(&str, usize, usize) -> Vec<String>),
    columns: usize,
) -> Vec<Vec<Piece>> {
    let name = head.trim_end();
    let mut heads = cut(name, columns);
    // The blanks of the head may stand beyond the last column.
    let gap = head.strip_prefix(name).unwrap_or_default();
    let last = heads.pop().unwrap_or_default() + gap;
    let first = columns.saturating_sub(width(&last));
    let mut wrapped = wrapped(text, first, columns.saturating_sub(hang)).into_iter();
    let mut out: Vec<_> = heads.into_iter().map(|head| vec![(Role::Field, head)]).collect();
    out.push(vec![(Role::Field, last), (role, wrapped.next().unwrap_or_default())]);
    out.extend(wrapped.map(|line| vec![(role, format!("{}{line}", " ".repeat(hang)))]));
    out
}

/// What lines of a view depend on, for one content.
type Key = (Shown, Lang, usize);

/// Lines that were laid out, with how many were asked for.
#[derive(Debug)]
struct Kept {
    key: Key,
    asked: usize,
    lines: Arc<Vec<Line>>,
}

#[derive(Debug, Default)]
struct Desk {
    /// One of each view at most: one goes through them again and again.
    kept: Vec<(ContentView, Kept)>,
    decoded: Option<(usize, Bytes)>,
    rows: Option<((Lang, usize), parts::Rows)>,
}

/// What was laid out of one content, so that it is not done again for every key.
#[derive(Debug, Default)]
pub struct Laid(Mutex<Desk>);

impl Clone for Laid {
    /// It is laid out again when somebody looks.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Laid {
    /// At least `enough` lines of a view, if there are so many.
    fn lines(&self, view: ContentView, sheet: &Sheet<'_>, enough: usize) -> Arc<Vec<Line>> {
        let key = (sheet.shown, sheet.lang, sheet.columns);
        let before = {
            let desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut kept = desk.kept.iter().filter(|(other, _)| *other == view);
            match kept.next().map(|(_, kept)| kept).filter(|kept| kept.key == key) {
                Some(kept) if kept.asked >= enough || kept.lines.len() < kept.asked => {
                    return kept.lines.clone();
                }
                kept => kept.map_or(0, |kept| kept.asked),
            }
        };
        // Who scrolls asks for a little more each time.
        let asked = enough.max(before.saturating_mul(2));
        let lines = Arc::new(lay_out(view, sheet, asked));
        self.forget(view);
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desk.kept.push((view, Kept { key, asked, lines: lines.clone() }));
        lines
    }

    /// Has a view laid out again: something else is to be said in it.
    pub fn forget(&self, view: ContentView) {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desk.kept.retain(|(other, _)| *other != view);
    }

    /// Works with the rows of the tree of parts.
    fn rows<T>(
        &self,
        sheet: &Sheet<'_>,
        work: impl FnOnce(&mut parts::Rows, parts::Seen<'_>) -> T,
    ) -> T {
        let key = (sheet.lang, sheet.columns);
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = desk.rows.take().filter(|(other, _)| *other == key);
        let mut rows = before.map_or_else(|| parts::Rows::of(sheet.content), |(_, rows)| rows);
        let worked = work(&mut rows, (sheet.content, sheet.lang, sheet.columns));
        desk.rows = Some((key, rows));
        worked
    }

    /// Whether all rows of the tree of parts are known, in a language and so wide.
    pub fn has_rows(&self, content: &Content, lang: Lang, columns: usize) -> bool {
        let desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = desk.rows.as_ref().filter(|(key, _)| *key == (lang, columns));
        rows.is_some_and(|(_, rows)| rows.is_whole(content))
    }

    /// Keeps the rows of the tree of parts.
    pub fn keep_rows(&self, lang: Lang, columns: usize, rows: parts::Rows) {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desk.rows = Some(((lang, columns), rows));
    }

    /// The decoded body of part `at`.
    fn decoded(&self, content: &Content, at: usize) -> Bytes {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = desk.decoded.as_ref().filter(|(part, _)| *part == at) {
            return bytes.clone();
        }
        let bytes = content.decoded(at);
        desk.decoded = Some((at, bytes.clone()));
        bytes
    }
}

/// A line of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub pieces: Vec<Piece>,
    /// The entries that explain it, the most important first; many lines have the same.
    pub about: About,
    /// The bytes of the message that it shows.
    pub span: Option<Span>,
    /// The part that it shows, or to which those bytes belong.
    pub part: Option<usize>,
}

impl Line {
    /// A line that stands for no bytes.
    pub fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces, ..Self::default() }
    }

    /// The same line, which is about an idea.
    #[must_use]
    pub fn about(mut self, id: &str) -> Self {
        Arc::make_mut(&mut self.about).push((Kind::Idea, id.to_owned()));
        self
    }

    /// What it says, without looks.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The entries that explain it, as far as there are any.
    pub fn topics(&self) -> Vec<Topic> {
        let topic = |(kind, id): &(Kind, String)| match kind {
            Kind::Field => Topic::of_field(id),
            kind => Topic::new(*kind, id),
        };
        self.about.iter().filter_map(topic).collect()
    }

    /// Whether it shows bytes of `span`; an empty span is the place before a byte.
    pub fn shows(&self, span: Span) -> bool {
        self.span
            .is_some_and(|own| own.start < span.end.max(span.start + 1) && span.start < own.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_found_by_name() {
        for view in View::all() {
            assert_eq!(View::find(view.name()), Some(view));
        }
        for view in ContentView::ALL {
            assert_eq!(view.next().previous(), view);
        }
        assert_eq!(View::find("PA"), Some(View::Content(ContentView::Parts)));
        assert_eq!(View::find("env"), Some(View::Envelope));
        assert_eq!(View::find("h"), None, "header and hex begin so");
        assert_eq!(View::find(""), None);
        assert_eq!(View::find("x"), None);
    }
}
