//! The editor of a session: the message that is being written, and what is known about it.

use std::path::PathBuf;
use std::time::SystemTime;

use ropey::Rope;

use crate::draft::{self, Mark, Offers, Outline, Review};
use crate::smtp::payload::END_MARK;

pub use super::layout::Side;
use text::Text;

pub mod form;
pub mod item;
pub mod text;

/// Drafts up to this size are looked through at every key; larger ones in the background.
pub const REVIEW_NOW: usize = 64 << 10;

/// A draft, and where the person is in it.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    /// What is written.
    pub text: Text,
    /// Whether it has the place of the panes; else it waits.
    pub open: bool,
    /// The side that has the focus.
    pub side: Side,
    /// The first line of the text in sight.
    pub top: usize,
    /// How far the live view is scrolled.
    pub scroll: usize,
    /// What was found when it was looked through last.
    pub reviewed: Option<Reviewed>,
    /// Whether a large draft is being looked through.
    pub reviewing: bool,
    /// The revision to which a file is being attached.
    pub attaching: Option<u64>,
    /// Why it could not be written to the state folder, if it could not.
    pub unkept: Option<String>,
}

impl Editor {
    /// An open editor for what was written before; its revisions count from `revision`.
    pub fn with(text: &str, revision: u64) -> Self {
        Self { text: Text::new(text, revision), open: true, ..Self::default() }
    }

    /// The worst mark of a line.
    pub fn mark(&self, line: usize) -> Option<&Mark> {
        self.reviewed.as_ref()?.review.at(line).next()
    }
}

/// What a draft is, at some moment.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// Which text was looked through.
    pub revision: u64,
    /// What the server offered then.
    pub offers: Offers,
    /// What is odd, and what the wire needs.
    pub review: Review,
    /// Its fields and parts.
    pub outline: Outline,
}

impl Reviewed {
    /// Looks through a draft.
    pub fn of(text: &str, revision: u64, offers: Offers) -> Self {
        let (review, outline) = (draft::review(text, &offers), Outline::read(text));
        Self { revision, offers, review, outline }
    }
}

/// What the wire needs of a draft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// How many lines get CR LF.
    pub lines: usize,
    /// How many of them begin with a dot, which is doubled.
    pub dots: usize,
    /// How long the message is.
    pub message: u64,
    /// How long its mail data are, with doubled dots and the lone one.
    pub wire: u64,
}

impl Needs {
    /// Counts them.
    pub fn of(text: &Rope) -> Self {
        let (mut dots, mut at_start) = (0, true);
        for chunk in text.chunks() {
            dots += usize::from(at_start && chunk.starts_with('.')) + chunk.matches("\n.").count();
            at_start = chunk.ends_with('\n');
        }
        let message = size(text);
        let lines = text.len_lines() - usize::from(at_start);
        Self { lines, dots, message, wire: message + dots as u64 + END_MARK.len() as u64 }
    }
}

/// How long the message is that a draft is.
pub fn size(text: &Rope) -> u64 {
    let bytes = text.len_bytes();
    let ended = bytes > 0 && text.get_byte(bytes - 1) == Some(b'\n');
    draft::wire_len(bytes, text.len_lines() - 1, ended)
}

/// A draft that an earlier run left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftDraft {
    /// Its file.
    pub path: PathBuf,
    /// How long it is.
    pub len: u64,
    /// When its file was written last.
    pub at: SystemTime,
    /// Its subject.
    pub subject: String,
    /// The same, in words.
    pub written: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_wire_needs_is_what_it_gets() {
        for (text, lines, dots) in [
            ("", 0, 0),
            ("a", 1, 0),
            ("a\n", 1, 0),
            (".\n..\nx.\n", 3, 2),
            ("日\n\n.", 3, 1),
            (&"x\n.y\n".repeat(5_000), 10_000, 5_000),
        ] {
            let needs = Needs::of(&Rope::from_str(text));
            assert_eq!((needs.lines, needs.dots), (lines, dots), "{text:?}");
            assert_eq!(needs.message, draft::wire(text).len() as u64, "{text:?}");
            assert_eq!(needs.wire, draft::mail_data(text).len() as u64, "{text:?}");
        }
    }
}
