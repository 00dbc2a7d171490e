//! Patterns over one message: what it is made of, for whoever decides by that.
//!
//! Words as in a [`super::Pattern`], of which all must hold: `field:date` for a field of the header,
//! and `field:received#51..` for how often it stands there; `bare-lf` for an LF without its CR,
//! `cut-mark` where the end mark did not come in one piece, `size>1000` for bytes; anything else is
//! sought in the lines, with `*` and `?`: `.*` is a line that begins with a dot. `!` turns a word
//! round, quotes make text of anything.

use std::cell::OnceCell;

use bytes::Bytes;

use crate::journal::transcript::Piece;
use crate::session::content::Content;
use crate::session::message::Message;
use crate::smtp::payload;

use super::{Count, PatternError, Seek, Term, pieces, terms};

/// Words of which all must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagePattern(Vec<Term<Test>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// A field of the header, in small letters, and how often it stands there.
    Field(String, Option<Count>),
    /// An LF without its CR.
    BareLf,
    /// The end mark came in more than one piece.
    CutMark,
    /// More bytes than these.
    Size(u64),
    /// Text in a line.
    Text(Vec<Piece>),
}

/// A message that is asked about, read once.
#[derive(Debug)]
pub struct Mail<'a> {
    message: &'a Message,
    content: OnceCell<Bytes>,
    fields: OnceCell<Vec<String>>,
}

impl<'a> Mail<'a> {
    /// One of which nothing was read yet.
    pub const fn new(message: &'a Message) -> Self {
        Self { message, content: OnceCell::new(), fields: OnceCell::new() }
    }

    fn content(&self) -> &Bytes {
        self.content.get_or_init(|| self.message.content())
    }

    /// The names of its fields, in small letters.
    fn fields(&self) -> &[String] {
        self.fields.get_or_init(|| {
            let fields = Content::head(self.content().clone()).fields;
            fields.into_iter().map(|field| field.name.to_ascii_lowercase()).collect()
        })
    }

    fn has_bare_lf(&self) -> bool {
        payload::lines(self.content()).any(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"))
    }
}

impl MessagePattern {
    /// Reads a line.
    ///
    /// # Errors
    /// With the place of the word that cannot be understood.
    pub fn read(line: &str) -> Result<Self, PatternError> {
        terms(line, Test::read, Test::Text).map(Self)
    }

    /// Whether `mail` fits.
    pub fn matches(&self, mail: &Mail<'_>) -> bool {
        self.0.iter().all(|term| term.test.holds(mail) != term.not)
    }
}

impl Test {
    fn read(word: &str, column: usize) -> Result<Self, PatternError> {
        let wrong = |expected| Err(PatternError { column, expected });
        if let Some(field) = word.strip_prefix("field:") {
            let (name, count) = field.split_once('#').map_or((field, None), |(n, c)| (n, Some(c)));
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
                return wrong("field: and the name of a field");
            }
            let name = name.to_ascii_lowercase();
            return match count.map(str::parse).transpose() {
                Ok(count) => Ok(Self::Field(name, count)),
                Err(_) => wrong("a number from 1 behind the #, or 3.. or 3..5"),
            };
        }
        if let Some(size) = word.strip_prefix("size>") {
            let size = size.parse().map(Self::Size);
            return size.or_else(|_| wrong("size> and a number of bytes"));
        }
        Ok(match word {
            "bare-lf" => Self::BareLf,
            "cut-mark" => Self::CutMark,
            word => Self::Text(pieces(word, column)?),
        })
    }

    fn holds(&self, mail: &Mail<'_>) -> bool {
        match self {
            Self::Field(name, count) => {
                let found = mail.fields().iter().filter(|field| *field == name).count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                count.map_or(found > 0, |count| count.holds(found))
            }
            Self::BareLf => mail.has_bare_lf(),
            Self::CutMark => mail.message.has_cut_mark(),
            Self::Size(size) => mail.message.content_len() > *size,
            Self::Text(glob) => {
                let seek = Seek::new(glob);
                payload::lines(mail.content()).any(|line| seek.finds(line.trim_ascii_end()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::payload::Ends;

    fn sent(pieces: &[&'static str]) -> Message {
        let mut message = Message::data(usize::MAX, Ends::default());
        for piece in pieces {
            message.push_data(&mut Bytes::from_static(piece.as_bytes()));
        }
        message
    }

    #[test]
    fn words_hold_what_they_mean() {
        let whole = sent(&[
            "Received: a\r\nSubject: Hi\r\n there\r\nreceived: b\r\n\r\nDate: x\r\n..y\r\n.\r\n",
        ]);
        let cut = sent(&["a\n", "b\r\n.", "\r\n"]);
        let cut_before = sent(&["a\r\n", ".\r\n"]);
        for (pattern, holds, cut_holds) in [
            ("", true, true),
            ("field:Subject", true, false),
            ("field:received#2", true, false),
            ("field:received#3..", false, false),
            ("field:date", false, false),
            ("!field:date", true, true),
            ("field:there", false, false),
            ("bare-lf", false, true),
            ("cut-mark", false, true),
            ("size>3", true, true),
            ("size>500", false, false),
            (".*", true, false),
            ("..*", false, false),
            ("date", true, false),
            ("\"subject: hi\" !cut-mark", true, false),
        ] {
            let read = MessagePattern::read(pattern).unwrap();
            assert_eq!(read.matches(&Mail::new(&whole)), holds, "{pattern}");
            assert_eq!(read.matches(&Mail::new(&cut)), cut_holds, "{pattern}");
        }
        assert!(!MessagePattern::read("cut-mark").unwrap().matches(&Mail::new(&cut_before)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_column() {
        for (pattern, column) in
            [("field:", 1), ("bare-lf field:a#0", 9), ("size>x", 1), ("!!x", 2), ("\"a", 1)]
        {
            let error = MessagePattern::read(pattern).map_err(|error| error.column);
            assert_eq!(error, Err(column), "{pattern}");
        }
    }
}
