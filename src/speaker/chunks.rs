//! BDAT by hand: which octets leave, in pieces of which size, and what is said of them
//! (RFC 3030 §2). What is announced may be something else than what follows.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::journal::transcript::{Place, TranscriptError, text};
use crate::session::Dialogue;
use crate::smtp::code::Class;
use crate::smtp::verb::Verb;

use super::login::Next;

/// The word that stands for what is being written, where something is.
const DRAFT: &str = "draft";

/// Where octets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Octets {
    /// They stand there.
    Text(Bytes),
    /// From this file, byte for byte.
    File(String),
    /// From what is being written.
    Draft,
}

/// What a `:bdat` sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// What is announced instead of the number of octets.
    pub announced: Option<u64>,
    /// Whether the last chunk is the last one of the message.
    pub last: bool,
    /// The sizes of the chunks in their order, of which the last one counts for the rest; without
    /// any there is one chunk.
    pub sizes: Vec<usize>,
    /// What they hold.
    pub octets: Octets,
}

impl Chunks {
    /// Reads `[--chunk SIZE,…] [SIZE] [LAST] [TEXT|@FILE]`, which begins at `at`.
    ///
    /// # Errors
    /// With the place of what is wrong.
    pub fn read(argument: &[u8], at: Place) -> Result<Self, TranscriptError> {
        let mut chunks =
            Self { announced: None, last: false, sizes: Vec::new(), octets: Octets::Draft };
        let mut from = 0;
        let place = |from: usize| Place { column: at.column + from, ..at };
        let mut word = next_word(argument, from);
        if word == b"--chunk" {
            from += word.len() + 1;
            word = next_word(argument, from);
            let written = String::from_utf8_lossy(word);
            let sizes = written.split(',').map(|size| size.parse().ok().filter(|size| *size > 0));
            chunks.sizes = sizes.collect::<Option<_>>().ok_or_else(|| {
                TranscriptError::new(place(from), "misread.chunk").with("text", &*written)
            })?;
            from += word.len() + 1;
            word = next_word(argument, from);
        }
        if let Some(size) = std::str::from_utf8(word).ok().filter(|word| is_number(word)) {
            if !chunks.sizes.is_empty() {
                return Err(TranscriptError::new(place(from), "misread.chunk-size"));
            }
            let wrong = |_| TranscriptError::new(place(from), "misread.chunk").with("text", size);
            chunks.announced = Some(size.parse().map_err(wrong)?);
            from += word.len() + 1;
            word = next_word(argument, from);
        }
        if word.eq_ignore_ascii_case(b"LAST") {
            chunks.last = true;
            from += word.len() + 1;
        }
        chunks.octets = match argument.get(from..).unwrap_or_default() {
            [] => Octets::Text(Bytes::new()),
            [b'@', file @ ..] => match String::from_utf8_lossy(file).trim() {
                "" => return Err(TranscriptError::new(place(from), "misread.chunk-file")),
                DRAFT => Octets::Draft,
                file => Octets::File(file.to_owned()),
            },
            rest => Octets::Text(text(rest, place(from))?.wire()),
        };
        Ok(chunks)
    }

    /// Where the octets stand in the argument, as far as that can be told.
    pub fn text_begins(argument: &[u8]) -> usize {
        let at = |words: usize| {
            let blanks = memchr::memchr_iter(b' ', argument).map(|at| at + 1);
            if words == 0 { 0 } else { blanks.take(words).nth(words - 1).unwrap_or(argument.len()) }
        };
        let mut words = 0;
        if next_word(argument, 0) == b"--chunk" {
            words += 2;
        }
        if std::str::from_utf8(next_word(argument, at(words))).is_ok_and(is_number) {
            words += 1;
        }
        if next_word(argument, at(words)).eq_ignore_ascii_case(b"LAST") {
            words += 1;
        }
        at(words)
    }

    /// The chunks, each with the line that announces it.
    pub fn pieces(&self, octets: Bytes) -> Vec<Bytes> {
        let mut rest = octets;
        let mut sizes = self.sizes.iter();
        let mut size = usize::MAX;
        let mut pieces = Vec::new();
        loop {
            size = sizes.next().copied().unwrap_or(size);
            let data = rest.split_to(size.min(rest.len()));
            let is_last = rest.is_empty();
            let announced = self.announced.unwrap_or(data.len() as u64);
            let last = if is_last && self.last { " LAST" } else { "" };
            let line = format!("BDAT {announced}{last}\r\n");
            pieces.push(Bytes::from([line.as_bytes(), &data[..]].concat()));
            if is_last {
                return pieces;
            }
        }
    }

    /// By how many octets what is announced differs from `sent`: the key of a sentence about it, and
    /// the number.
    pub fn difference(&self, sent: usize) -> Option<(&'static str, u64)> {
        let (announced, sent) = (self.announced?, sent as u64);
        let key = if announced > sent { "bdat.more" } else { "bdat.fewer" };
        (announced != sent).then_some((key, announced.abs_diff(sent)))
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn next_word(argument: &[u8], from: usize) -> &[u8] {
    let rest = argument.get(from..).unwrap_or_default();
    rest.split(|b| *b == b' ').next().unwrap_or_default()
}

/// A line that is typed while so many octets of a chunk are `left`: its CRLF goes with it where that
/// still fits, and where the line is too long for the chunk, as it does behind any command.
pub fn typed(line: &[u8], left: u64) -> Bytes {
    let length = line.len() as u64;
    let fills = left > 0 && length <= left && length + 2 > left;
    Bytes::from([line, if fills { b"" } else { b"\r\n" }].concat())
}

/// Chunks that go out one by one, each behind a good reply to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkByChunk {
    left: VecDeque<Bytes>,
    /// The exchange of the chunk that was said last, once it is there.
    asked: Option<usize>,
    /// How many exchanges there were when it was said.
    before: usize,
    begun: bool,
}

impl ChunkByChunk {
    /// These chunks, from now on.
    pub fn new(pieces: Vec<Bytes>) -> Self {
        Self { left: pieces.into(), asked: None, before: 0, begun: false }
    }

    /// Whether something was said.
    pub const fn has_begun(&self) -> bool {
        self.begun
    }

    /// What to do, now that the session is as it is. A no ends it.
    pub fn next(&mut self, seen: &Dialogue) -> Next {
        if self.begun {
            let new = seen.exchanges().iter().enumerate().skip(self.before);
            let mut chunks = new.filter(|(_, e)| e.verb() == Some(&Verb::Bdat));
            self.asked = self.asked.or_else(|| chunks.next().map(|(at, _)| at));
            let asked = self.asked.and_then(|at| Some((at, seen.exchanges().get(at)?)));
            let answered = asked.and_then(|(at, exchange)| Some((at, exchange.reply.as_ref()?)));
            let Some((at, reply)) = answered else {
                return if seen.phase().is_open() { Next::Wait } else { Next::Over(None) };
            };
            if reply.class() != Class::Positive || self.left.is_empty() {
                return Next::Over(Some(at));
            }
        }
        if !seen.phase().is_open() {
            return Next::Over(None);
        }
        let Some(piece) = self.left.pop_front() else { return Next::Over(None) };
        (self.begun, self.asked, self.before) = (true, None, seen.exchanges().len());
        Next::Say(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Place = Place { line: 1, column: 7 };

    fn read(argument: &str) -> Chunks {
        Chunks::read(argument.as_bytes(), AT).unwrap()
    }

    fn said(argument: &str) -> Vec<String> {
        let chunks = read(argument);
        let Octets::Text(octets) = chunks.octets.clone() else { panic!("{argument}") };
        let pieces = chunks.pieces(octets).into_iter();
        pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_chunk_is_announced_and_follows() {
        for (argument, wire) in [
            ("hello\\c", &["BDAT 5\r\nhello"][..]),
            ("hello", &["BDAT 7\r\nhello\r\n"]),
            ("LAST hello\\c", &["BDAT 5 LAST\r\nhello"]),
            ("5 last hello\\c", &["BDAT 5 LAST\r\nhello"]),
            ("99 hello\\c", &["BDAT 99\r\nhello"]),
            ("2 hello\\c", &["BDAT 2\r\nhello"]),
            ("LAST", &["BDAT 0 LAST\r\n"]),
            ("", &["BDAT 0\r\n"]),
            ("12", &["BDAT 12\r\n"]),
            ("12 LAST", &["BDAT 12 LAST\r\n"]),
            ("LAST 12", &["BDAT 4 LAST\r\n12\r\n"]),
            ("5 \\x40\\0\\r\\n\\c", &["BDAT 5\r\n@\0\r\n"]),
            (
                "--chunk 2,3 LAST abcdefgh\\c",
                &["BDAT 2\r\nab", "BDAT 3\r\ncde", "BDAT 3 LAST\r\nfgh"],
            ),
            ("--chunk 4 abcd\\c", &["BDAT 4\r\nabcd"]),
            ("--chunk 9 LAST", &["BDAT 0 LAST\r\n"]),
        ] {
            assert_eq!(said(argument), wire, "{argument}");
        }
        assert_eq!(read("LAST @a b.eml ").octets, Octets::File("a b.eml".to_owned()));
        assert_eq!(read("--chunk 5 @draft").octets, Octets::Draft);
        assert_eq!(read("@./draft").octets, Octets::File("./draft".to_owned()));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (argument, column, key) in [
            ("--chunk", 15, "misread.chunk"),
            ("--chunk 0 x", 15, "misread.chunk"),
            ("--chunk 5,x y", 15, "misread.chunk"),
            ("--chunk 5 7 x", 17, "misread.chunk-size"),
            ("99999999999999999999 x", 7, "misread.chunk"),
            ("LAST @", 12, "misread.chunk-file"),
            ("5 LAST a\\q", 15, "misread.escape"),
        ] {
            let error = Chunks::read(argument.as_bytes(), AT).unwrap_err();
            assert_eq!((error.at.column, error.key), (column, key), "{argument}");
        }
    }

    #[test]
    fn where_the_octets_begin() {
        for (argument, at) in [
            ("hello", 0),
            ("5 hello", 2),
            ("5 LAST hello", 7),
            ("--chunk 5 LAST hello", 15),
            ("--chunk 5 hello", 10),
            ("LAST 5", 5),
            ("5", 1),
        ] {
            assert_eq!(Chunks::text_begins(argument.as_bytes()), at, "{argument}");
        }
    }

    #[test]
    fn a_typed_line_has_its_end_where_that_fits() {
        for (line, left, sent) in [
            ("hello", 0, "hello\r\n"),
            ("hello", 5, "hello"),
            ("hello", 6, "hello"),
            ("hello", 7, "hello\r\n"),
            ("hello", 100, "hello\r\n"),
            ("hello", 4, "hello\r\n"),
            ("", 1, ""),
            ("", 2, "\r\n"),
        ] {
            assert_eq!(typed(line.as_bytes(), left), sent, "{line} {left}");
        }
    }

    #[test]
    fn a_wrong_number_is_known_before_it_leaves() {
        assert_eq!(read("5 hello\\c").difference(5), None);
        assert_eq!(read("hello\\c").difference(5), None);
        assert_eq!(read("7 hello\\c").difference(5), Some(("bdat.more", 2)));
        assert_eq!(read("2 hello\\c").difference(5), Some(("bdat.fewer", 3)));
    }
}
