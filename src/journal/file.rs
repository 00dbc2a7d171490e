//! The file format: one JSON object a line, the header first.
//!
//! A line is written in one piece as soon as its event has happened, so a recording survives the
//! death of the program up to its last event; a torn last line is reported and left out. What
//! stands before a line that is no event can be read, and what stands behind it is left out, since
//! nobody knows what is missing between them. Bytes are text where they are UTF-8 and base64 where
//! they are not. A file of a newer version is refused with its number.

use std::borrow::Cow;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::authenticity::Verification;
use super::header::VERSION;
use super::{
    Attempt, DialFailure, Ending, Endpoints, Event, EventId, Happening, Header, Journal, Leg,
    Moment, NameFacts, Played, PolicyFacts, Side, Stored, TlsFacts, TlsFailure,
};
use crate::smtp::Span;
use crate::smtp::wait::Wait;

/// Why a journal file could not be read. The words are `display::recording`'s.
#[derive(Debug)]
pub enum FileError {
    /// A line is not what it should be.
    Line {
        /// Line number from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What is wrong and what should stand there: the key of a sentence.
        key: &'static str,
        /// What the reader of JSON or base64 complains of.
        problem: String,
    },
    /// The file was written by a newer program.
    Newer {
        /// Its version.
        found: u32,
    },
}

/// Writes events to a file as they happen.
#[derive(Debug)]
pub struct Recorder<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Recorder<W> {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn begin(out: W, header: &Header) -> std::io::Result<Self> {
        let mut recorder = Self { out, line: Vec::new() };
        recorder.write(header)?;
        Ok(recorder)
    }

    /// Adds one event and hands it to the system.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, event: &Event) -> std::io::Result<()> {
        self.write(&Row::of(event))
    }

    fn write(&mut self, row: &impl Serialize) -> std::io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, row)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

/// An event as a line of the file, without its end.
pub fn line(event: &Event) -> Vec<u8> {
    // It fails where a value cannot be written as JSON, or a place cannot be written to; neither can be.
    serde_json::to_vec(&Row::of(event)).unwrap_or_default()
}

/// The event that line `number` of the file, without its end, tells of.
///
/// # Errors
/// When it tells of none.
pub fn event(line: &[u8], number: usize) -> Result<Event, FileError> {
    let row = serde_json::from_slice::<Row<'_>>(line);
    row.map_err(|error| wrong(number, &error, "misread.event"))?.event(number)
}

/// A journal as it was found.
#[derive(Debug)]
pub struct Found {
    /// What could be read.
    pub journal: Journal,
    /// The number of a last line that was cut off in the middle.
    pub torn: Option<usize>,
    /// What is wrong with a line, and how many stand behind it: they are left out with it.
    pub broken: Option<(FileError, usize)>,
    /// The number of the first line whose time lies before that of another above it; then no time
    /// is real.
    pub untimed: Option<usize>,
}

impl Found {
    const fn new(journal: Journal) -> Self {
        Self { journal, torn: None, broken: None, untimed: None }
    }
}

/// Whether `text` begins like a journal file.
pub fn is_journal(text: &[u8]) -> bool {
    text.starts_with(b"{\"ehlo-journal\":")
}

/// Reads a journal; all of it is kept, whatever its size.
///
/// # Errors
/// With line and column where its header is not what it should be. What is wrong behind it is found
/// with what could be read; nothing is skipped silently.
pub fn read(text: &[u8]) -> Result<Found, FileError> {
    let (line, mut rest) = cut(text);
    let header = match header(line) {
        Err(FileError::Line { .. }) if is_journal(line) && !line.ends_with(b"\n") => {
            let found = Found::new(Journal::new(Header::default()));
            return Ok(Found { torn: Some(1), ..found });
        }
        header => header?,
    };
    let mut found = Found::new(Journal::new(header));
    let mut last = Moment(0);
    for number in 2.. {
        let (line, behind) = cut(rest);
        if line.is_empty() {
            break;
        }
        rest = behind;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match event(text, number) {
            Ok(event) => {
                if event.at < last && found.untimed.is_none() {
                    found.untimed = Some(number);
                    found.journal.header.fidelity.real_time = false;
                }
                last = event.at;
                found.journal.append(event);
            }
            Err(_) if !line.ends_with(b"\n") => {
                found.torn = Some(number);
                break;
            }
            Err(error) => {
                let whole = memchr::memchr_iter(b'\n', rest).count();
                let lines = whole + usize::from(!rest.is_empty() && !rest.ends_with(b"\n"));
                found.broken = Some((error, lines));
                break;
            }
        }
    }
    Ok(found)
}

/// The first line with its end, and what stands behind it.
fn cut(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
    text.split_at_checked(end).unwrap_or((text, &[]))
}

fn header(line: &[u8]) -> Result<Header, FileError> {
    #[derive(serde::Deserialize)]
    struct Version {
        #[serde(rename = "ehlo-journal")]
        version: u32,
    }
    let wrong = |error| wrong(1, &error, "misread.header");
    let version: Version = serde_json::from_slice(line).map_err(wrong)?;
    if version.version > VERSION {
        return Err(FileError::Newer { found: version.version });
    }
    serde_json::from_slice(line).map_err(wrong)
}

/// How many characters of a problem are told.
const PROBLEM: usize = 120;

fn wrong(line: usize, error: &serde_json::Error, key: &'static str) -> FileError {
    let problem = error.to_string();
    // It may say again what stands there, however much that is.
    let problem = problem.rsplit_once(" at line ").map_or(&*problem, |(problem, _)| problem);
    let problem = match problem.char_indices().nth(PROBLEM) {
        Some((end, _)) => [problem.get(..end).unwrap_or_default(), "…"].concat(),
        None => problem.to_owned(),
    };
    FileError::Line { line, column: error.column().max(1), key, problem }
}

/// One line of the file: a time, and one of the things that can happen.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row<'a> {
    at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leg: Option<Leg>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_up: Option<NameFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<PolicyFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inquired: Option<Empty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<Verification>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tried: Option<Attempt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened: Option<Endpoints>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_opened: Option<DialFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    client: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    server: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefaced: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    stored: Option<StoredRow<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    aside: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aside_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exited: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    veiled: Vec<[usize; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secured: Option<TlsFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_secured: Option<TlsFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overdue: Option<Overdue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    played: Option<Played>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Closed>,
}

/// Something of which there is nothing more to tell.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// A message in a file. Without a place it is all of the bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRow<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flags: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<[usize; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'a> StoredRow<'a> {
    fn of(stored: &'a Stored) -> Self {
        let Stored { file, number, flags, data, message } = stored;
        let text = std::str::from_utf8(data).ok().map(Cow::Borrowed);
        let all = *message == Span::new(0, data.len());
        Self {
            file: Cow::Borrowed(file),
            number: *number,
            flags: flags.clone(),
            message: (!all).then_some([message.start, message.end]),
            base64: text.is_none().then(|| STANDARD.encode(data)),
            text,
        }
    }

    fn stored(self) -> Result<Stored, String> {
        let data = match (self.text, self.base64) {
            (Some(text), None) => Bytes::copy_from_slice(text.as_bytes()),
            (None, Some(text)) => STANDARD.decode(text).map_err(|error| error.to_string())?.into(),
            _ => return Err("one of `text` and `base64` is needed".to_owned()),
        };
        let [start, end] = self.message.unwrap_or([0, data.len()]);
        if start > end || end > data.len() {
            return Err(format!("`message` is not inside {} bytes", data.len()));
        }
        let (file, message) = (self.file.into_owned(), Span::new(start, end));
        Ok(Stored { file, number: self.number, flags: self.flags, data, message })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overdue {
    wait: Wait,
    limit: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    by: Side,
    how: Ending,
}

impl<'a> Row<'a> {
    fn of(event: &'a Event) -> Self {
        let mut row = Self {
            at: event.at,
            leg: (event.leg != Leg(0)).then_some(event.leg),
            cause: event.cause,
            ..Self::default()
        };
        match &event.what {
            Happening::LookedUp(facts) => row.looked_up = Some((**facts).clone()),
            Happening::Fetched(facts) => row.fetched = Some((**facts).clone()),
            Happening::Inquired => row.inquired = Some(Empty {}),
            Happening::Verified(found) => row.verified = Some((**found).clone()),
            Happening::Tried(attempt) => row.tried = Some((**attempt).clone()),
            Happening::Opened(endpoints) => row.opened = Some((**endpoints).clone()),
            Happening::NotOpened(failure) => row.not_opened = Some((**failure).clone()),
            // A header is binary, or short enough to be read here all the same.
            Happening::Prefaced(data) => row.prefaced = Some(STANDARD.encode(data)),
            Happening::Stored(stored) => row.stored = Some(StoredRow::of(stored)),
            Happening::Aside(data) => match std::str::from_utf8(data) {
                Ok(text) => row.aside = Some(Cow::Borrowed(text)),
                Err(_) => row.aside_base64 = Some(STANDARD.encode(data)),
            },
            Happening::Exited(how) => row.exited = Some(how.clone()),
            Happening::Secured(facts) => row.secured = Some((**facts).clone()),
            Happening::NotSecured(failure) => row.not_secured = Some((**failure).clone()),
            Happening::Overdue { wait, limit } => {
                row.overdue = Some(Overdue { wait: *wait, limit: *limit });
            }
            Happening::Played(played) => row.played = Some((**played).clone()),
            Happening::Closed { by, how } => {
                row.closed = Some(Closed { by: *by, how: how.clone() });
            }
            Happening::Bytes { from, data, veiled } => {
                row.veiled = veiled.iter().map(|s| [s.start, s.end]).collect();
                match (from, std::str::from_utf8(data)) {
                    (Side::Client, Ok(text)) => row.client = Some(Cow::Borrowed(text)),
                    (Side::Server, Ok(text)) => row.server = Some(Cow::Borrowed(text)),
                    (Side::Client, Err(_)) => row.client_base64 = Some(STANDARD.encode(data)),
                    (Side::Server, Err(_)) => row.server_base64 = Some(STANDARD.encode(data)),
                }
            }
        }
        row
    }

    /// What happened, by line number `line` of the file.
    fn event(self, line: usize) -> Result<Event, FileError> {
        let wrong = |key, problem| FileError::Line { line, column: 1, key, problem };
        let text = |text: Cow<'_, str>| Bytes::copy_from_slice(text.as_bytes());
        let decode = |text: String| {
            STANDARD.decode(text).map_err(|error| wrong("misread.event", error.to_string()))
        };
        let veiled: Vec<_> =
            self.veiled.iter().map(|[start, end]| Span::new(*start, *end)).collect();
        let bytes = |from, data| Happening::Bytes { from, data, veiled: veiled.clone() };
        let mut all = [
            self.client.map(text).map(|data| bytes(Side::Client, data)),
            self.server.map(text).map(|data| bytes(Side::Server, data)),
            self.client_base64
                .map(decode)
                .transpose()?
                .map(|data| bytes(Side::Client, data.into())),
            self.server_base64
                .map(decode)
                .transpose()?
                .map(|data| bytes(Side::Server, data.into())),
            self.prefaced.map(decode).transpose()?.map(|data| Happening::Prefaced(data.into())),
            self.stored
                .map(StoredRow::stored)
                .transpose()
                .map_err(|problem| wrong("misread.event", problem))?
                .map(|stored| Happening::Stored(Box::new(stored))),
            self.aside.map(text).map(Happening::Aside),
            self.aside_base64.map(decode).transpose()?.map(|data| Happening::Aside(data.into())),
            self.exited.map(Happening::Exited),
            self.looked_up.map(|facts| Happening::LookedUp(Box::new(facts))),
            self.fetched.map(|facts| Happening::Fetched(Box::new(facts))),
            self.inquired.map(|Empty {}| Happening::Inquired),
            self.verified.map(|found| Happening::Verified(Box::new(found))),
            self.tried.map(|attempt| Happening::Tried(Box::new(attempt))),
            self.opened.map(|ends| Happening::Opened(Box::new(ends))),
            self.not_opened.map(|failure| Happening::NotOpened(Box::new(failure))),
            self.secured.map(|facts| Happening::Secured(Box::new(facts))),
            self.not_secured.map(|failure| Happening::NotSecured(Box::new(failure))),
            self.overdue.map(|o| Happening::Overdue { wait: o.wait, limit: o.limit }),
            self.played.map(|played| Happening::Played(Box::new(played))),
            self.closed.map(|closed| Happening::Closed { by: closed.by, how: closed.how }),
        ]
        .into_iter()
        .flatten();
        let (Some(what), None) = (all.next(), all.next()) else {
            return Err(wrong("misread.happening", String::new()));
        };
        // Two connections in one dialogue would be nobody's.
        if let Some(Leg(leg @ 1..)) = self.leg {
            return Err(wrong("misread.leg", leg.to_string()));
        }
        let veils = match &what {
            Happening::Bytes { data, veiled, .. } => {
                veiled.iter().all(|s| s.start <= s.end && s.end <= data.len())
            }
            _ => self.veiled.is_empty(),
        };
        if !veils {
            return Err(wrong("misread.veiled", String::new()));
        }
        Ok(Event { at: self.at, leg: self.leg.unwrap_or_default(), cause: self.cause, what })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::journal::authenticity::{Answer, Flaw, Record, Signature};
    use crate::journal::facts::{DialReason, NameKind, NameProblem, PolicyProblem};

    fn verification() -> Verification {
        Verification {
            at: "2026-11-26T00:00:00Z".into(),
            dkim: vec![Signature { why: Some(Flaw::NoKey), ..Signature::default() }],
            answers: vec![Answer {
                name: "s1._domainkey.example.org".into(),
                record: Record::Txt,
                by: "answers.zone".into(),
                values: vec!["v=DKIM1; p=".into()],
                problem: None,
                detail: String::new(),
                authentic: false,
                took: 0,
            }],
            ..Verification::default()
        }
    }

    /// One event of nearly every kind.
    pub(crate) fn sample() -> Vec<Event> {
        let endpoints =
            Endpoints { target: "mx.example".into(), loopback: true, ..Endpoints::default() };
        let facts = NameFacts {
            name: "mx.example".into(),
            kind: NameKind::Mx,
            by: "192.0.2.53:53".into(),
            answers: Vec::new(),
            problem: Some(NameProblem::NoSuchName),
            detail: String::new(),
            authentic: true,
            took: 7,
        };
        let policy = PolicyFacts {
            domain: "example".into(),
            body: Some("version: STSv1\r\n".into()),
            problem: Some(PolicyProblem::Media),
            ..PolicyFacts::default()
        };
        let attempt = Attempt {
            address: "192.0.2.1:25".into(),
            reason: DialReason::Overtaken,
            detail: String::new(),
            took: 8,
        };
        let whole = Stored::whole("a.eml".into(), Bytes::from_static(b"A: \"b\"\n\xff"));
        let part = Stored {
            file: "b.mbox".into(),
            number: Some(2),
            flags: Some("RS".into()),
            data: Bytes::from_static(b"From \r\nA: b\r\n\r\n"),
            message: Span::new(7, 13),
        };
        vec![
            Event::new(Moment(0), Happening::LookedUp(Box::new(facts))),
            Event::new(Moment(0), Happening::Tried(Box::new(attempt))),
            Event::new(Moment(0), Happening::Fetched(Box::new(policy))),
            Event::new(Moment(0), Happening::Inquired),
            Event::new(Moment(0), Happening::Verified(Box::new(verification()))),
            Event::new(Moment(1), Happening::Opened(Box::new(endpoints))),
            Event::bytes(Moment(2), Side::Server, Bytes::from_static(b"220 \"x\"\r\n")),
            Event::bytes(Moment(3), Side::Client, Bytes::from_static(b"\xff\x00\r\n")),
            Event::new(Moment(3), Happening::Stored(Box::new(whole))),
            Event::new(Moment(3), Happening::Stored(Box::new(part))),
            Event::new(Moment(3), Happening::Aside(Bytes::from_static(b"cannot\n"))),
            Event::new(Moment(3), Happening::Aside(Bytes::from_static(b"\xfe"))),
            Event::new(Moment(3), Happening::Prefaced(Bytes::from_static(b"PROXY\xff"))),
            Event::new(Moment(3), Happening::Exited("exit status: 1".into())),
            Event::new(Moment(4), Happening::Overdue { wait: Wait::DataEnd, limit: 600 }),
            Event::new(
                Moment(4),
                Happening::Closed { by: Side::Server, how: Ending::Failed("x".into()) },
            ),
        ]
    }

    fn written() -> Vec<u8> {
        let mut out = Vec::new();
        let mut recorder = Recorder::begin(&mut out, &Header::default()).expect("memory");
        for event in sample() {
            recorder.append(&event).expect("memory");
        }
        out
    }

    #[test]
    fn what_is_written_is_read_again() {
        let found = read(written().as_slice()).expect("own file");
        assert_eq!(found.journal.events(), sample());
        assert_eq!(found.torn, None);
    }

    #[test]
    fn a_file_cut_anywhere_gives_all_whole_events() {
        let whole = written();
        let header = whole.iter().position(|b| *b == b'\n').unwrap_or_default() + 1;
        for end in header..whole.len() {
            let part = whole.get(..end).unwrap_or_default();
            let lines = part.iter().filter(|b| **b == b'\n').count() - 1;
            let found = read(part).expect("a torn file is readable");
            let kept = found.journal.events().len();
            assert!(kept == lines || kept == lines + 1, "cut at {end}");
            assert!(found.broken.is_none(), "cut at {end}");
        }
    }

    #[test]
    fn what_stands_before_a_broken_line_is_read_and_what_behind_it_is_counted() {
        let event = |at: u64| format!("{{\"at\":{at},\"client\":\"x\"}}\n");
        let head = "{\"ehlo-journal\":1}\n";
        let text = [head, &event(1), &event(2), "\0\n", &event(3), "torn"].concat();
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(found.journal.events().len(), 2);
        assert!(matches!(found.broken, Some((FileError::Line { line: 4, column: 1, .. }, 2))));
        let back = [head, &event(5), &event(4), &event(3)].concat();
        let found = read(back.as_bytes()).unwrap();
        assert_eq!((found.untimed, found.journal.events().len()), (Some(3), 3));
        assert!(!found.journal.header.fidelity.real_time && found.broken.is_none());
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let head = "{\"ehlo-journal\":1}\n";
        for (text, place, key, problem) in [
            ("hello\n".to_owned(), (1, 1), "misread.header", "expected value"),
            (format!("{head}{{\"at\":1}}\n"), (2, 1), "misread.happening", ""),
            (
                format!("{head}{{\"at\":1,\"client-base64\":\"?\"}}\n"),
                (2, 1),
                "misread.event",
                "Invalid",
            ),
            (
                format!(
                    "{head}{}\n",
                    r#"{"at":1,"stored":{"file":"a","message":[2,1],"text":"abc"}}"#
                ),
                (2, 1),
                "misread.event",
                "`message` is not inside 3 bytes",
            ),
            (
                format!("{head}{{\"at\":1,\"clent\":\"x\"}}\n{head}"),
                (2, 15),
                "misread.event",
                "unknown field `clent`",
            ),
            (
                format!("{head}{{\"at\":{:?}}}\n{head}x", "y".repeat(1000)),
                (2, 1008),
                "misread.event",
                "invalid type: string \"yyyy",
            ),
            (
                format!("{head}{{\"at\":1,\"leg\":1,\"client\":\"x\"}}\n"),
                (2, 1),
                "misread.leg",
                "1",
            ),
            (
                format!("{head}{{\"at\":1,\"client\":\"x\",\"veiled\":[[0,2]]}}\n"),
                (2, 1),
                "misread.veiled",
                "",
            ),
            (format!("{head}{}\n", "[".repeat(100_000)), (2, 1), "misread.event", "invalid type"),
        ] {
            let error = match read(text.as_bytes()) {
                Ok(Found { broken: Some((error, _)), journal, .. }) => {
                    assert_eq!(journal.events(), []);
                    error
                }
                found => found.map(|_| ()).unwrap_err(),
            };
            let FileError::Line { line, column, key: found, problem: said } = error else {
                unreachable!("{text}")
            };
            assert!(said.chars().count() <= PROBLEM + 1, "{said}");
            assert_eq!(((line, column), found), (place, key), "{text}");
            assert!(said.starts_with(problem), "{said}");
        }
        let newer = read(b"{\"ehlo-journal\":9}\n");
        assert!(matches!(newer, Err(FileError::Newer { found: 9 })));
    }
}
