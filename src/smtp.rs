//! The grammar of SMTP: bytes on one side, commands, replies, paths and mail data on the other.
//!
//! Everything here is lenient and total. Whatever a peer writes becomes a value; what was strange
//! about the way it was written becomes an [`Oddity`] with the place where it stood and the id of
//! the catalogue entry that explains it. No function of this floor fails, none does I/O, none
//! knows which side of a connection it serves.

pub mod attribute;
pub mod code;
pub mod command;
pub mod date;
pub mod domain;
pub mod ehlo;
pub mod line;
pub mod mailbox;
pub mod param;
pub mod parameter;
pub mod path;
pub mod payload;
pub mod proxy;
pub mod reply;
pub mod sasl;
pub mod sts;
pub mod target;
pub mod tlsa;
pub mod unseen;
pub mod verb;
pub mod wait;
pub mod xtext;

/// A range of bytes, `start..end`, counted from the beginning of the line (or message) it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The bytes of `whole` in this range, or nothing where they are missing.
    pub fn of(self, whole: &[u8]) -> &[u8] {
        whole.get(self.start..self.end.min(whole.len())).unwrap_or_default()
    }

    /// Number of bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether no byte is in the range.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Something strange about the way a thing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Oddity {
    /// Key of the knowledge base's entry, the id of the misbehaviour catalogue (`B09`).
    pub id: &'static str,
    /// Where it stood.
    pub span: Span,
}

impl Oddity {
    /// The oddity `id` at `span`.
    pub const fn new(id: &'static str, span: Span) -> Self {
        Self { id, span }
    }
}

/// A value, where it stood, and what was odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// What was meant, as far as it can be told.
    pub value: T,
    /// Where it stood.
    pub span: Span,
    /// What was strange about the way it was written.
    pub odd: Vec<Oddity>,
}

impl<T> Parsed<T> {
    /// A value without oddities.
    pub const fn plain(value: T, span: Span) -> Self {
        Self { value, span, odd: Vec::new() }
    }
}
