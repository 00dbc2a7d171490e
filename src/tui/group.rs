//! A group of commands while it is typed: lines that leave together in one write (RFC 2920 §3.1).
//! The prompt is one of them, and moves through the others.

use bytes::Bytes;

use crate::advice::{Fault, judge_behind};
use crate::journal::transcript::{Place, TranscriptError};
use crate::journal::{Event, Moment, Side};
use crate::session::{Dialogue, secrets};
use crate::smtp::{Oddity, Span};
use crate::speaker::{Chunks, Directive, Octets, Say, directive};

/// Where a directive begins.
const AT: Place = Place { line: 1, column: 1 };

/// What a line of a group sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Said(Bytes),
    /// Chunks whose octets are still to be read.
    Chunks(Chunks),
}

impl Part {
    /// What a line that was typed sends.
    ///
    /// # Errors
    /// With the place of a slip, or where it can stand in no group.
    pub fn read(line: &str) -> Result<Self, TranscriptError> {
        let Some(rest) = line.strip_prefix(':') else {
            return Ok(Self::Said(Bytes::from([line, "\r\n"].concat())));
        };
        let (name, argument) = rest.split_once(' ').unwrap_or((rest, ""));
        match directive::read(&name.to_ascii_lowercase(), argument.as_bytes(), AT)? {
            Some(Directive::Say(Say::Bytes(bytes))) => Ok(Self::Said(bytes)),
            Some(Directive::Bdat(chunks)) => Ok(Self::of(chunks)),
            _ => Err(TranscriptError::new(AT, "group.grouped")),
        }
    }

    /// Chunks, made where their octets are there.
    pub fn of(chunks: Chunks) -> Self {
        match &chunks.octets {
            Octets::Text(octets) => Self::Said(chunks.pieces(octets.clone()).concat().into()),
            Octets::File(_) | Octets::Draft => Self::Chunks(chunks),
        }
    }

    /// What of it is known; of chunks that are still to be read, the lines are.
    fn bytes(&self) -> Bytes {
        match self {
            Self::Said(bytes) => bytes.clone(),
            Self::Chunks(chunks) => {
                Chunks { announced: Some(0), ..chunks.clone() }.pieces(Bytes::new()).concat().into()
            }
        }
    }
}

/// A line that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// As it was typed.
    pub text: String,
    /// What it sends.
    pub part: Part,
    /// What of it is a secret.
    pub secrets: Vec<Span>,
    /// The worst that there is to say about it.
    pub fault: Option<Fault>,
}

impl Held {
    /// A line that nobody has judged.
    pub const fn new(text: String, part: Part, secrets: Vec<Span>) -> Self {
        Self { text, part, secrets, fault: None }
    }

    /// As it may be shown.
    pub fn shown(&self, with_secrets: bool) -> String {
        let mut bytes = self.text.clone().into_bytes();
        secrets::veil(&mut bytes, self.secrets.iter().copied().filter(|_| !with_secrets));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What there is to say of the number that a chunk announces, once its octets are typed: the key of
/// a sentence, and by how many they differ.
pub fn differs(line: &str) -> Option<(&'static str, u64)> {
    let (name, argument) = line.strip_prefix(':')?.split_once(' ')?;
    let chunks = Chunks::read(argument.as_bytes(), AT);
    let chunks = chunks.ok().filter(|_| name.eq_ignore_ascii_case("bdat"))?;
    match &chunks.octets {
        Octets::Text(octets) if !octets.is_empty() => chunks.difference(octets.len()),
        _ => None,
    }
}

/// A group that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Group {
    lines: Vec<Held>,
    at: usize,
    /// The session, if the lines before the prompt were on the wire.
    ahead: Dialogue,
}

impl Group {
    /// An empty one behind what was said.
    pub fn new(seen: &Dialogue) -> Self {
        Self { ahead: seen.clone(), ..Self::default() }
    }

    /// The lines, and the number of those that stand before the prompt.
    pub fn lines(&self) -> (&[Held], usize) {
        (&self.lines, self.at)
    }

    /// How many lines there are.
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The session, if the lines before the prompt were on the wire.
    pub const fn ahead(&self) -> &Dialogue {
        &self.ahead
    }

    /// What the lines before line `at` send.
    pub fn before(&self, at: usize) -> Vec<u8> {
        self.lines.iter().take(at).flat_map(|held| held.part.bytes()).collect()
    }

    /// What all lines send.
    pub fn parts(&self) -> Vec<Part> {
        self.lines.iter().map(|held| held.part.clone()).collect()
    }

    /// Keeps a line where the prompt stands.
    pub fn keep(&mut self, held: Held, seen: &Dialogue) {
        self.lines.insert(self.at, held);
        self.at += 1;
        self.look(seen);
    }

    /// The line before the prompt, or behind it, goes into the prompt; what stood there is `kept`
    /// unless it is empty. `None` if there is none.
    pub fn step(&mut self, down: bool, kept: Option<Held>, seen: &Dialogue) -> Option<String> {
        let from = if down { Some(self.at) } else { self.at.checked_sub(1) };
        let held = from.filter(|at| *at < self.lines.len()).map(|at| self.lines.remove(at))?;
        self.at = from.unwrap_or_default();
        if let Some(kept) = kept {
            self.lines.insert(self.at, kept);
            self.at += usize::from(down);
        }
        self.look(seen);
        Some(held.text)
    }

    /// Looks at every line as the next one behind those before it; `seen` is what was said.
    pub fn look(&mut self, seen: &Dialogue) {
        let mut dialogue = seen.clone();
        self.ahead = dialogue.clone();
        for (number, held) in self.lines.iter_mut().enumerate() {
            let begun = dialogue.begun_line().to_vec();
            let line = held.text.as_str();
            let said = if line.starts_with(':') {
                Vec::new()
            } else {
                judge_behind(&dialogue, &begun, line)
            };
            // What stands behind AUTH is read as an answer, and is a command here.
            let too_late = dialogue
                .awaits_login()
                .then(|| Fault::odd(&Oddity::new("H03", Span::new(0, line.len()))));
            held.fault = too_late.or_else(|| said.into_iter().find(Fault::is_wrong));
            let bytes = held.part.bytes();
            dialogue.apply(&Event::bytes(Moment(0), Side::Client, bytes));
            if number + 1 == self.at {
                self.ahead = dialogue.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Says;
    use crate::journal::Happening;

    fn introduced(offers: &str) -> Dialogue {
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        for (side, text) in [
            (Side::Server, "220 mx\r\n".to_owned()),
            (Side::Client, "EHLO pc.example.org\r\n".to_owned()),
            (Side::Server, format!("250-mx\r\n250 {offers}\r\n")),
        ] {
            seen.apply(&Event::bytes(Moment(0), side, text.into()));
        }
        seen
    }

    fn held(line: &str) -> Held {
        Held::new(line.to_owned(), Part::read(line).unwrap(), Vec::new())
    }

    fn keeps(group: &mut Group, line: &str, seen: &Dialogue) {
        group.keep(held(line), seen);
    }

    fn said(group: &Group) -> Vec<Option<Says>> {
        group.lines.iter().map(|held| held.fault.as_ref().map(|fault| fault.says)).collect()
    }

    #[test]
    fn what_must_be_the_last_is_told_at_the_line_behind_it() {
        let seen = introduced("PIPELINING");
        for last in
            ["EHLO x.example", "DATA", "VRFY bob", "STARTTLS", "AUTH EXTERNAL", "NOOP", "QUIT"]
        {
            let mut group = Group::new(&seen);
            keeps(&mut group, last, &seen);
            keeps(&mut group, "RSET", &seen);
            assert_eq!(said(&group).pop(), Some(Some(Says::Oddity("H03"))), "{last}");
        }
        let mut group = Group::new(&seen);
        for line in ["MAIL FROM:<a@b.example>", "RCPT TO:<b@c.example>", "DATA"] {
            keeps(&mut group, line, &seen);
        }
        assert_eq!(said(&group), [None, None, None]);
    }

    #[test]
    fn without_the_offer_every_line_but_the_first_is_too_early() {
        let seen = introduced("SIZE");
        let mut group = Group::new(&seen);
        for line in ["RSET", "RSET", "RSET"] {
            keeps(&mut group, line, &seen);
        }
        let early = Some(Says::Oddity("H02"));
        assert_eq!(said(&group), [None, early, early]);
    }

    #[test]
    fn the_prompt_moves_through_the_lines() {
        let seen = introduced("PIPELINING");
        let mut group = Group::new(&seen);
        for line in ["one", "two", "three"] {
            keeps(&mut group, line, &seen);
        }
        assert_eq!(group.step(true, None, &seen), None);
        assert_eq!(group.step(false, None, &seen).as_deref(), Some("three"));
        assert_eq!(group.step(false, Some(held("THREE")), &seen).as_deref(), Some("two"));
        assert_eq!(group.step(true, Some(held("TWO")), &seen).as_deref(), Some("THREE"));
        // Who empties the line takes it back.
        assert_eq!(group.step(false, None, &seen).as_deref(), Some("TWO"));
        keeps(&mut group, "2", &seen);
        assert_eq!(group.before(9), b"one\r\n2\r\n");
        assert_eq!(group.step(true, None, &seen), None);
    }

    #[test]
    fn directives_that_say_something_at_once_are_lines() {
        for (line, bytes) in [
            (":raw NOOP\\n\\c", &b"NOOP\n"[..]),
            (":RAW x", b"x\r\n"),
            (":b64 a", b"YQ==\r\n"),
            (":bdat LAST ab\\c", b"BDAT 2 LAST\r\nab"),
            (":bdat --chunk 1 ab\\c", b"BDAT 1\r\naBDAT 1\r\nb"),
        ] {
            assert_eq!(Part::read(line).unwrap(), Part::Said(bytes.into()), "{line}");
        }
        assert!(matches!(Part::read(":bdat @x").unwrap(), Part::Chunks(_)));
        for line in [":starttls", ":drip 1 1s x", ":close", ":data x", ":pipeline", ":fly"] {
            assert_eq!(Part::read(line).unwrap_err().key, "group.grouped", "{line}");
        }
    }
}
