//! The notation of scripts, fixtures and exports: `C:` and `S:` lines and `:directives`.
//!
//! One text, two readings. Read here as a *recording*, every line is literal bytes and the end of
//! the file is the end of the connection. [`steps`] gives the raw steps with their places, to
//! which `speaker::script` gives their other meaning, a *script*. Escapes are
//! `\r \n \t \0 \xHH \\`, `\*`, `\?` and `\$` for the literal characters, and `\c` at the end, which
//! takes the implied CRLF away. In a recording nothing is a variable; `${` is written `\${` all the
//! same, so that what is played again is the same.

use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};

use super::{Ending, Event, Fidelity, Happening, Header, Journal, Moment, Side};
use crate::smtp::command;
use crate::smtp::line::{Cutter, Line, LineEnd};
use crate::smtp::verb::Verb;

/// Where something stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line number from 1.
    pub line: usize,
    /// Column from 1, in bytes.
    pub column: usize,
}

/// What is wrong with a transcript, and where. `display::transcript` has the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptError {
    /// Where.
    pub at: Place,
    /// Key of the sentence that says what is wrong and what should stand there.
    pub key: &'static str,
    /// What fills the places of the sentence.
    pub values: Vec<(&'static str, String)>,
}

impl TranscriptError {
    /// Something wrong at `at`.
    pub const fn new(at: Place, key: &'static str) -> Self {
        Self { at, key, values: Vec::new() }
    }

    /// The same with a value for a place of the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }
}

/// One character of a line's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A literal byte.
    Byte(u8),
    /// An unescaped `*`.
    Any,
    /// An unescaped `?`.
    One,
}

impl Piece {
    /// The byte that stands for it in a recording, where nothing is a pattern.
    pub const fn literal(self) -> u8 {
        match self {
            Self::Byte(byte) => byte,
            Self::Any => b'*',
            Self::One => b'?',
        }
    }
}

/// The text of a `C:` or `S:` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What stood there, escapes resolved.
    pub pieces: Vec<Piece>,
    /// Whether the CRLF is implied, that is, no `\c` stood at the end.
    pub line_end: bool,
}

impl Text {
    /// The bytes that it stands for on the wire.
    pub fn wire(&self) -> Bytes {
        let mut bytes: Vec<u8> = self.pieces.iter().map(|p| p.literal()).collect();
        if self.line_end {
            bytes.extend_from_slice(b"\r\n");
        }
        Bytes::from(bytes)
    }
}

/// One line of a transcript that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `C: …`
    Client(Text),
    /// `S: …`
    Server(Text),
    /// `:name argument`
    Directive {
        /// The word behind the colon.
        name: String,
        /// The rest of the line, as it stands there.
        argument: Vec<u8>,
    },
}

/// Whether these steps say when they happened: it was recorded, and every line is literal.
pub fn is_timed(steps: &[(Place, Step)]) -> bool {
    let is_time =
        |(_, step): &(Place, Step)| matches!(step, Step::Directive { name, .. } if name == "at");
    steps.iter().any(is_time)
}

/// Reads a transcript into its steps.
///
/// # Errors
/// With the place of the first line that is no transcript line.
pub fn steps(text: &[u8]) -> Result<Vec<(Place, Step)>, TranscriptError> {
    let mut out = Vec::new();
    for (at, line) in text.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let place = Place { line: at + 1, column: 1 };
        if let Some(step) = step(line, place)? {
            out.push((place, step));
        }
    }
    Ok(out)
}

fn step(line: &[u8], at: Place) -> Result<Option<Step>, TranscriptError> {
    let marked = |rest: &[u8]| match rest.split_first() {
        None => text(b"", Place { column: 3, ..at }),
        Some((b' ', rest)) => text(rest, Place { column: 4, ..at }),
        Some(_) => Err(TranscriptError::new(Place { column: 3, ..at }, "misread.mark")),
    };
    Ok(match line {
        [] | [b'#', ..] => None,
        _ if line.iter().all(u8::is_ascii_whitespace) => None,
        [b'C', b':', rest @ ..] => Some(Step::Client(marked(rest)?)),
        [b'S', b':', rest @ ..] => Some(Step::Server(marked(rest)?)),
        [b':', rest @ ..] => {
            let (name, argument) = directive(rest);
            Some(Step::Directive { name, argument: argument.to_vec() })
        }
        _ => return Err(TranscriptError::new(at, "misread.line").with("text", excerpt(line))),
    })
}

/// The name of a directive, of what stands behind its colon, in small letters, and what follows the blank.
pub fn directive(line: &[u8]) -> (String, &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, b""));
    (String::from_utf8_lossy(name).trim().to_ascii_lowercase(), rest.get(1..).unwrap_or_default())
}

/// Resolves the escapes of one line.
///
/// # Errors
/// With the place of an escape that does not exist.
pub fn text(line: &[u8], at: Place) -> Result<Text, TranscriptError> {
    let mut pieces = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        let piece = match byte {
            b'*' => Piece::Any,
            b'?' => Piece::One,
            b'\\' => {
                let column = at.column + line.len() - tail.len() - 1;
                match escape(tail) {
                    Some((Some(byte), used)) => {
                        rest = tail.get(used..).unwrap_or_default();
                        Piece::Byte(byte)
                    }
                    Some((None, _)) => {
                        return Ok(Text { pieces, line_end: false });
                    }
                    None => {
                        let at = Place { column, ..at };
                        let text = excerpt(tail.get(..1).unwrap_or_default());
                        return Err(TranscriptError::new(at, "misread.escape").with("text", text));
                    }
                }
            }
            byte => Piece::Byte(*byte),
        };
        pieces.push(piece);
    }
    Ok(Text { pieces, line_end: true })
}

/// What stands behind a backslash: a byte, or nothing for `\c`, and how many characters it takes.
fn escape(tail: &[u8]) -> Option<(Option<u8>, usize)> {
    let (first, more) = tail.split_first()?;
    let byte = match first {
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'0' => 0,
        b'\\' | b'*' | b'?' | b'$' => *first,
        b'x' => {
            let digits = more.get(..2).filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
            let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            return Some((Some(byte), 3));
        }
        b'c' if more.is_empty() => return Some((None, 1)),
        _ => return None,
    };
    Some((Some(byte), 1))
}

fn excerpt(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.chars().take(24).flat_map(char::escape_debug).collect()
}

/// Reads a transcript as a recording.
///
/// # Errors
/// As [`steps`], and for a directive that only a script can have.
pub fn recording(text: &[u8]) -> Result<Journal, TranscriptError> {
    let steps = steps(text)?;
    let mut reading = Reading::default();
    if !begins_behind_greeting(&steps) {
        reading.add(Happening::Opened(Box::default()));
    }
    for (place, step) in steps {
        reading.take(place, step)?;
    }
    Ok(reading.finish())
}

/// Whether a recording leaves the greeting out: the client begins, and what the server says first
/// greets nobody (RFC 5321 §4.3.2).
fn begins_behind_greeting(steps: &[(Place, Step)]) -> bool {
    let mut lines = steps.iter().map(|(_, step)| step);
    let client_begins = lines.clone().find(|s| !matches!(s, Step::Directive { .. }));
    let answer = lines.find_map(|step| match step {
        Step::Server(text) => Some(text.wire()),
        _ => None,
    });
    let greets =
        |line: Bytes| [b"220", b"421", b"521", b"554"].iter().any(|c| line.starts_with(*c));
    matches!(client_begins, Some(Step::Client(_))) && !answer.is_some_and(greets)
}

/// A recording while it is read.
struct Reading {
    journal: Journal,
    now: Moment,
    starttls: bool,
    handshake: bool,
    open: bool,
    /// What left together so far, inside `:pipeline`.
    group: Option<BytesMut>,
}

impl Default for Reading {
    fn default() -> Self {
        let fidelity = Fidelity { exact_bytes: true, real_time: false };
        let journal = Journal::new(Header { fidelity, ..Header::default() });
        Self { journal, now: Moment(0), starttls: false, handshake: false, open: true, group: None }
    }
}

impl Reading {
    fn add(&mut self, what: Happening) {
        self.journal.append(Event::new(self.now, what));
    }

    fn says(&mut self, from: Side, data: Bytes) {
        self.add(Happening::Bytes { from, data, veiled: Vec::new() });
    }

    fn end_group(&mut self) {
        if let Some(group) = self.group.take() {
            self.says(Side::Client, group.freeze());
        }
    }

    fn take(&mut self, place: Place, step: Step) -> Result<(), TranscriptError> {
        match step {
            Step::Client(text) => {
                if std::mem::take(&mut self.handshake) {
                    self.add(Happening::Secured(Box::default()));
                }
                let data = text.wire();
                self.starttls |= command::read(data.trim_ascii_end()).value.verb == Verb::Starttls;
                match &mut self.group {
                    Some(group) => group.extend_from_slice(&data),
                    None => self.says(Side::Client, data),
                }
            }
            Step::Server(text) => {
                // A group that no `:end` closes ends here.
                self.end_group();
                let data = text.wire();
                self.handshake |= self.starttls && data.starts_with(b"220");
                self.starttls &= data.get(3) == Some(&b'-');
                self.says(Side::Server, data);
            }
            Step::Directive { name, argument } => {
                self.directive(place, &name, String::from_utf8_lossy(&argument).trim())?;
            }
        }
        Ok(())
    }

    fn directive(&mut self, at: Place, name: &str, argument: &str) -> Result<(), TranscriptError> {
        match name {
            "at" => {
                let seconds = argument
                    .parse()
                    .ok()
                    .and_then(|s| std::time::Duration::try_from_secs_f64(s).ok());
                let Some(time) = seconds else {
                    return Err(TranscriptError::new(at, "misread.at").with("text", argument));
                };
                self.now = self.now.max(Moment(0).plus(time));
                self.journal.header.fidelity.real_time = true;
            }
            "closed" => self.close(Side::Server, Ending::Finished),
            "reset" => self.close(Side::Server, Ending::Reset),
            "close" => self.close(Side::Client, Ending::Finished),
            "pipeline" => {
                self.end_group();
                self.group = Some(BytesMut::new());
            }
            "end" => self.end_group(),
            "wait" => {}
            _ => return Err(TranscriptError::new(at, "misread.recording").with("name", name)),
        }
        Ok(())
    }

    fn close(&mut self, by: Side, how: Ending) {
        self.end_group();
        if std::mem::take(&mut self.open) {
            self.add(Happening::Closed { by, how });
        }
    }

    fn finish(mut self) -> Journal {
        self.close(Side::Server, Ending::Finished);
        self.journal
    }
}

/// Writes a journal as a transcript.
pub fn write<'a>(header: &Header, events: impl IntoIterator<Item = &'a Event>) -> String {
    write_groups(header, events.into_iter().map(|event| (event, false)))
}

/// The same, where each event comes with whether it is a group: commands that left in one write.
pub fn write_groups<'a>(
    header: &Header,
    events: impl IntoIterator<Item = (&'a Event, bool)>,
) -> String {
    let mut writing = Writing {
        out: String::new(),
        client: Cutter::new(usize::MAX),
        server: Cutter::new(usize::MAX),
        timed: header.fidelity.real_time,
        last: Moment(0),
    };
    for (event, group) in events {
        if group {
            writing.group(event);
        } else {
            writing.take(event);
        }
    }
    writing.rest();
    writing.out
}

struct Writing {
    out: String,
    client: Cutter,
    server: Cutter,
    timed: bool,
    last: Moment,
}

impl Writing {
    /// Nothing else stands between its ends: neither a time nor a line that goes on elsewhere.
    fn group(&mut self, event: &Event) {
        self.rest();
        self.at(event.at);
        self.out.push_str(":pipeline\n");
        self.take(event);
        self.rest();
        self.out.push_str(":end\n");
    }

    fn take(&mut self, event: &Event) {
        match &event.what {
            Happening::Bytes { from, data, .. } => {
                let mut data = data.clone();
                while let Some(line) = self.cutter(*from).cut(&mut data) {
                    self.at(event.at);
                    self.line(*from, &line);
                }
            }
            Happening::Closed { by, how } => {
                self.rest();
                self.out.push_str(match (by, how) {
                    (Side::Client, _) => ":close\n",
                    (Side::Server, Ending::Reset) => ":reset\n",
                    (Side::Server, _) => ":closed\n",
                });
            }
            Happening::Opened(endpoints) if !endpoints.target.is_empty() => {
                let _ =
                    writeln!(self.out, "# connected to {}", excerpt(endpoints.target.as_bytes()));
            }
            Happening::NotOpened(failure) => {
                let _ =
                    writeln!(self.out, "# no connection to {}", excerpt(failure.target.as_bytes()));
            }
            Happening::Prefaced(data) => {
                let _ = writeln!(self.out, "# before anything else: {}", excerpt(data));
            }
            Happening::Aside(said) => {
                for line in said.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                    let _ = writeln!(self.out, "# stderr: {}", excerpt(line));
                }
            }
            // No side has said it.
            Happening::Stored(stored) => {
                let (file, size) = (excerpt(stored.file.as_bytes()), stored.message.len());
                let _ = writeln!(self.out, "# a message of {size} bytes in {file}");
            }
            Happening::Opened(_)
            | Happening::LookedUp(_)
            | Happening::Fetched(_)
            | Happening::Inquired
            | Happening::Verified(_)
            | Happening::Tried(_)
            | Happening::Exited(_) => {}
            Happening::Overdue { wait, limit } => {
                let _ = writeln!(self.out, "# overdue: {}, {limit} s", wait.name());
            }
            Happening::Played(played) => {
                let _ = writeln!(self.out, "# played: {}", excerpt(played.fault.as_bytes()));
            }
            Happening::Secured(_) => self.out.push_str("# TLS from here on\n"),
            Happening::NotSecured(failure) => {
                let _ = writeln!(self.out, "# no TLS: {}", failure.reason.name());
            }
        }
    }

    fn cutter(&mut self, side: Side) -> &mut Cutter {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Lines that were never finished.
    fn rest(&mut self) {
        for side in [Side::Client, Side::Server] {
            if let Some(line) = self.cutter(side).finish() {
                self.line(side, &line);
            }
        }
    }

    fn at(&mut self, now: Moment) {
        if self.timed && now != self.last {
            self.last = now;
            let _ = writeln!(self.out, ":at {}.{:06}", now.0 / 1_000_000, now.0 % 1_000_000);
        }
    }

    fn line(&mut self, from: Side, line: &Line) {
        self.out.push_str(if from == Side::Client { "C: " } else { "S: " });
        write_text(&mut self.out, &line.bytes, from == Side::Server);
        if line.end != LineEnd::CrLf {
            for byte in line.end.bytes() {
                self.out.push_str(if *byte == b'\n' { "\\n" } else { "\\r" });
            }
            self.out.push_str("\\c");
        } else if self.out.ends_with(' ') && !line.bytes.is_empty() {
            // Editors take blanks at the end of a line away.
            self.out.pop();
            self.out.push_str("\\x20");
        }
        self.out.push('\n');
    }
}

/// Writes bytes with the escapes of the notation; `pattern` also escapes `*` and `?`.
pub fn write_text(out: &mut String, bytes: &[u8], pattern: bool) {
    for chunk in bytes.utf8_chunks() {
        let mut chars = chunk.valid().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => out.push_str("\\\\"),
                '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\0' => out.push_str("\\0"),
                '*' | '?' if pattern => out.extend(['\\', c]),
                c if c.is_control() => escape_bytes(out, c.encode_utf8(&mut [0; 4]).as_bytes()),
                c => out.push(c),
            }
        }
        escape_bytes(out, chunk.invalid());
    }
}

fn escape_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(line: &str) -> Vec<u8> {
        match steps(line.as_bytes()).expect("a transcript").pop() {
            Some((_, Step::Client(text) | Step::Server(text))) => text.wire().to_vec(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(wire("C: a\\x00\\xFF\\\\\\*\\r\\n"), b"a\x00\xff\\*\r\n\r\n");
        assert_eq!(wire("C: half\\c"), b"half");
        assert_eq!(wire("S:"), b"\r\n");
        assert_eq!(wire("S: 2*0?"), b"2*0?\r\n");
    }

    #[test]
    fn errors_have_their_place() {
        for (text, line, column, key, value) in [
            ("C: ok\nhello", 2, 1, "misread.line", Some("hello")),
            ("C: ab\\q", 1, 6, "misread.escape", Some("q")),
            ("C: \\x4", 1, 4, "misread.escape", Some("x")),
            ("C:EHLO", 1, 3, "misread.mark", None),
            (":data x", 1, 1, "misread.recording", Some("data")),
            (":at x", 1, 1, "misread.at", Some("x")),
        ] {
            let error = recording(text.as_bytes()).map(|_| ()).unwrap_err();
            assert_eq!((error.at, error.key), (Place { line, column }, key), "{text}");
            let values = error.values.first().map(|(_, value)| value.as_str());
            assert_eq!(values, value, "{text}");
        }
    }

    #[test]
    fn a_recording_is_written_as_it_was_read() {
        let text = "S: 220 a \\* b\nC: EHLO x\\n\\c\nS: 250-caf\u{e9} \\xff\n:at 1.250000\nS: 250 \\x20\nC: \nC: QUIT\nS: 221 \\\\\\c\n:reset\n";
        let journal = recording(text.as_bytes()).expect("a recording");
        let again = write(&journal.header, journal.events());
        assert_eq!(again, text);
    }
}
