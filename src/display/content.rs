//! The content of a message in views, each a list of lines: what the screen draws and print prints.
//!
//! A line knows the bytes that it shows, so that what is selected elsewhere can be marked in it and
//! the other way round, and the entries that explain it, which are looked up only when asked for.

pub mod authenticity;
pub mod body;
pub mod header;
pub mod parts;

use crate::knowledge::{Kind, Topic};
use crate::smtp::Span;

use super::Role;

/// A piece of a line.
pub type Piece = (Role, String);

/// A line of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub pieces: Vec<Piece>,
    /// The entries that explain it, the most important first.
    pub about: Vec<(Kind, String)>,
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
        self.about.push((Kind::Idea, id.to_owned()));
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
