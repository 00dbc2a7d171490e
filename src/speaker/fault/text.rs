//! What stands in a fault as text: times, patterns, counts and lines of bytes.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::journal::transcript::{Place, text};
use crate::session::pattern::{Count, MessagePattern, Pattern, PatternError, duration};

/// A time as it is written: `500ms`, `1.5s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        duration(text.trim()).map(Self).ok_or_else(|| {
            D::Error::custom(format!("expected a time such as 500ms, 1s or 1.5s, not \"{text}\""))
        })
    }
}

/// Reads a pattern.
fn pattern<E: Error>(text: &str) -> Result<Pattern, E> {
    Pattern::read(text).map_err(|error| misread(text, &error))
}

/// Reads a pattern over a message.
fn message<E: Error>(text: &str) -> Result<MessagePattern, E> {
    MessagePattern::read(text).map_err(|error| misread(text, &error))
}

fn misread<E: Error>(text: &str, error: &PatternError) -> E {
    E::custom(format!("pattern \"{text}\", {error}"))
}

/// A pattern, or several of which one is enough.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn read<T, E>(&self, read: impl Fn(&str) -> Result<T, E>) -> Result<Vec<T>, E> {
        match self {
            Self::One(text) => Ok(vec![read(text)?]),
            Self::More(texts) => texts.iter().map(|text| read(text)).collect(),
        }
    }
}

pub(super) fn any_of<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Pattern>, D::Error> {
    OneOrMore::deserialize(from)?.read(pattern)
}

pub(super) fn any_message<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<MessagePattern>, D::Error> {
    OneOrMore::deserialize(from)?.read(message)
}

pub(super) fn patterns<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Pattern>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| pattern(text)).collect()
}

pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Count>, D::Error> {
    let text = String::deserialize(from)?;
    text.trim().parse().map(Some).map_err(D::Error::custom)
}

/// Bytes in the notation of transcripts: `\r \n \t \0 \xHH \\`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = String::deserialize(from)?;
        let read = text(written.as_bytes(), Place { line: 1, column: 1 }).map_err(|_| {
            D::Error::custom(format!(
                "expected \\r \\n \\t \\0 \\xHH or \\\\ behind a backslash in \"{written}\""
            ))
        })?;
        Ok(Self(read.pieces.iter().map(|piece| piece.literal()).collect()))
    }
}
