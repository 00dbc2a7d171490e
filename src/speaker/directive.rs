//! The directives that say something on the wire, read in one way wherever they stand: in a script,
//! in the lines of the plain front, at the prompt. Which of them can be obeyed is for those to say.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;

use crate::journal::Ending;
use crate::journal::transcript::{Place, TranscriptError, text};
use crate::session::pattern::Pattern;
use crate::smtp::sasl;
use crate::smtp::wait::{Changes, LONGEST, Misread, Wait};

use super::gate::Release;
use super::plan::{self, Order};
use super::{Check, Chunks, Drip, Say, login};

/// What a directive makes the client do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Say this.
    Say(Say),
    /// Send this file as mail data.
    Data(String),
    /// Log in.
    Login {
        /// The mechanism, in capitals.
        mechanism: String,
        /// Who; empty, if nobody was named.
        user: String,
        /// Whether the first answer shall stand behind AUTH, if somebody has said.
        initial: Option<bool>,
    },
    /// Switch to TLS, with EHLO before and behind it.
    Starttls,
    /// Send octets by BDAT.
    Bdat(Chunks),
    /// Keep the lines that follow until all of them leave in one write (RFC 2920 §3.1).
    Pipeline,
    /// Send them.
    End,
    /// Drop them.
    Cancel,
    /// Stop where this fits; without a pattern, say where it stops.
    Break(Option<Pattern>),
    /// Stop by the breakpoint of this number no more, from 1; without one, by none.
    Unbreak(Option<NonZeroUsize>),
    /// Let go what is held.
    Release(Release),
    /// Do this with a plan.
    Plan(Box<Order>),
}

impl Directive {
    /// Whether it can stand in a group, where it says at once all that it says.
    pub const fn fits_a_group(&self) -> bool {
        matches!(self, Self::Say(Say::Bytes(_)) | Self::Bdat(_) | Self::End | Self::Cancel)
    }

    /// Whether something of it crosses the wire, or ends the connection.
    pub fn speaks(&self) -> bool {
        match self {
            Self::Say(say) => say.is_words() || matches!(say, Say::Close(_)),
            Self::Break(_) | Self::Unbreak(_) => false,
            _ => true,
        }
    }
}

/// Reads the directive whose colon stands at `at`; `None` for a name that says nothing on the wire.
///
/// # Errors
/// With the place of what is wrong in the argument.
pub fn read(name: &str, argument: &[u8], at: Place) -> Result<Option<Directive>, TranscriptError> {
    let behind = Place { column: at.column + name.len() + 2, ..at };
    Ok(Some(match name {
        "raw" => Directive::Say(Say::Bytes(text(argument, behind)?.wire())),
        "drip" => Directive::Say(Say::Drip(drip(argument, behind)?)),
        "data" => Directive::Data(String::from_utf8_lossy(argument).trim().to_owned()),
        "close" | "starttls" | "pipeline" | "end" | "cancel" | "drop" | "remaining" | "plan"
        | "step" | "run" | "skip"
            if !argument.trim_ascii().is_empty() =>
        {
            return Err(TranscriptError::new(behind, "misread.alone").with("name", name));
        }
        "b64" => Directive::Say(Say::Bytes(encoded(argument, behind)?)),
        "auth" => login(argument, behind)?,
        "timeout" => Directive::Say(Say::Limit(limits(argument, behind)?)),
        "starttls" => Directive::Starttls,
        "bdat" => Directive::Bdat(Chunks::read(argument, behind)?),
        "pipeline" => Directive::Pipeline,
        "end" => Directive::End,
        "cancel" => Directive::Cancel,
        "verify" => Directive::Say(Say::Verify(Box::new(Check::read(argument, behind)?))),
        "break" => Directive::Break(breakpoint(argument, behind)?),
        "unbreak" => Directive::Unbreak(breakpoint_number(argument, behind)?),
        "release" => Directive::Release(release(argument, behind)?),
        "drop" => Directive::Release(Release::Dropped),
        "load" | "remaining" | "plan" | "step" | "run" | "until" | "skip" | "change" | "add"
        | "rewind" => Directive::Plan(Box::new(plan_order(name, argument, behind)?)),
        "who" => Directive::Say(Say::Inquire(domain(argument, behind)?)),
        "close" => Directive::Say(Say::Close(Ending::Finished)),
        _ => return Ok(None),
    }))
}

/// Whether a name that says nothing on the wire means something in a script.
pub fn is_for_scripts(name: &str) -> bool {
    matches!(name, "at" | "closed" | "include" | "reset" | "set" | "wait" | "within")
}

/// Where the text begins in the argument of `drip`, as far as what stands before it can be read:
/// what cannot be read may be the text.
pub fn dripped(argument: &[u8]) -> usize {
    let (piece, pause) = (number(word(argument, 0)), time(word(argument, 1)));
    let of_words = usize::from(piece.is_some()) + usize::from(piece.is_some() && pause.is_some());
    start(argument, of_words)
}

/// `2s`, `250ms`, `1.5` (seconds).
pub fn duration(text: &str) -> Option<Duration> {
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.trim().parse().ok().map(Duration::from_millis);
    }
    let seconds = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// `BYTES WAIT TEXT`.
fn drip(argument: &[u8], at: Place) -> Result<Drip, TranscriptError> {
    let place = |words| Place { column: at.column + start(argument, words), ..at };
    let wrong = |words, key| {
        let text = String::from_utf8_lossy(word(argument, words));
        TranscriptError::new(place(words), key).with("text", text)
    };
    let piece = number(word(argument, 0)).ok_or_else(|| wrong(0, "misread.bytes"))?;
    let pause = time(word(argument, 1)).ok_or_else(|| wrong(1, "misread.pause"))?;
    let behind = argument.get(start(argument, 2)..).unwrap_or_default();
    Ok(Drip::new(text(behind, place(2))?.wire(), piece, pause))
}

/// The domain that is named, if one is.
fn domain(argument: &[u8], at: Place) -> Result<Option<String>, TranscriptError> {
    let text = String::from_utf8_lossy(argument.trim_ascii()).into_owned();
    if text.contains(|c: char| c.is_whitespace() || "/:@".contains(c)) {
        return Err(TranscriptError::new(at, "misread.domain").with("text", text));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A pattern, if one is named.
fn breakpoint(argument: &[u8], at: Place) -> Result<Option<Pattern>, TranscriptError> {
    let text = String::from_utf8_lossy(argument);
    let read = Pattern::read(&text).map_err(|wrong| {
        TranscriptError::new(
            Place { column: at.column + wrong.column - 1, ..at },
            "misread.pattern",
        )
        .with("expected", wrong.expected)
    })?;
    Ok(Some(read).filter(|pattern| !pattern.is_empty()))
}

/// What is said to a plan.
fn plan_order(name: &str, argument: &[u8], at: Place) -> Result<Order, TranscriptError> {
    let text = String::from_utf8_lossy(argument);
    let missing = || TranscriptError::new(at, "misread.nothing").with("name", name);
    let step = || if text.is_empty() { Err(missing()) } else { plan::typed(&text, at) };
    Ok(match name {
        "load" if text.trim().is_empty() => return Err(missing()),
        "load" => Order::Load(text.trim().to_owned()),
        "remaining" => Order::Remaining,
        "step" => Order::Step,
        "run" => Order::Run,
        "until" => Order::Until(breakpoint(argument, at)?.ok_or_else(missing)?),
        "skip" => Order::Skip,
        "change" => Order::Change(step()?),
        "add" => Order::Add(step()?),
        "rewind" => {
            let word = argument.trim_ascii();
            let wrong = || {
                let text = String::from_utf8_lossy(word);
                TranscriptError::new(at, "misread.step-number").with("text", text)
            };
            let n = number(word);
            if n.is_none() && !word.is_empty() {
                return Err(wrong());
            }
            Order::Rewind(n)
        }
        _ => Order::Show,
    })
}

fn breakpoint_number(argument: &[u8], at: Place) -> Result<Option<NonZeroUsize>, TranscriptError> {
    let word = argument.trim_ascii();
    let wrong = || {
        let text = String::from_utf8_lossy(word);
        TranscriptError::new(at, "misread.breakpoint").with("text", text)
    };
    if word.is_empty() { Ok(None) } else { number(word).map(Some).ok_or_else(wrong) }
}

/// `after TIME`, `in BYTES TIME`, `as TEXT`, `twice`, or nothing.
fn release(argument: &[u8], at: Place) -> Result<Release, TranscriptError> {
    let place = |words| Place { column: at.column + start(argument, words), ..at };
    let wrong = |words| {
        let text = String::from_utf8_lossy(word(argument, words));
        TranscriptError::new(place(words), "misread.release").with("text", text)
    };
    let ends = |words| {
        let rest = argument.get(start(argument, words)..).unwrap_or_default();
        if rest.trim_ascii().is_empty() { Ok(()) } else { Err(wrong(words)) }
    };
    Ok(match word(argument, 0) {
        b"" => ends(0).map(|()| Release::AsItIs)?,
        b"twice" => ends(1).map(|()| Release::Twice)?,
        b"after" => {
            let pause = time(word(argument, 1)).ok_or_else(|| wrong(1))?;
            ends(2).map(|()| Release::After(pause))?
        }
        b"in" => {
            let piece = number(word(argument, 1)).ok_or_else(|| wrong(1))?;
            let pause = time(word(argument, 2)).ok_or_else(|| wrong(2))?;
            ends(3).map(|()| Release::InPieces(piece, pause))?
        }
        b"as" => {
            let behind = argument.get(start(argument, 1)..).unwrap_or_default();
            Release::Instead(text(behind, place(1))?.wire())
        }
        _ => return Err(wrong(0)),
    })
}

/// A text as base64, in a line of its own.
fn encoded(argument: &[u8], at: Place) -> Result<Bytes, TranscriptError> {
    let text = text(argument, at)?;
    let bytes: Vec<u8> = text.pieces.iter().map(|piece| piece.literal()).collect();
    let end = if text.line_end { "\r\n" } else { "" };
    Ok(Bytes::from(sasl::encode(&bytes) + end))
}

/// `SECONDS`, `NAME=SECONDS`, several by comma or blank.
fn limits(argument: &[u8], at: Place) -> Result<Changes, TranscriptError> {
    let text = String::from_utf8_lossy(argument);
    text.parse().map_err(|wrong: Misread| {
        let names: Vec<_> = Wait::all().map(Wait::name).collect();
        TranscriptError::new(Place { column: at.column + wrong.at, ..at }, "misread.timeout")
            .with("text", wrong.word)
            .with("n", LONGEST.to_string())
            .with("known", names.join(", "))
    })
}

/// `MECHANISM [USER] [initial|wait]`.
fn login(argument: &[u8], at: Place) -> Result<Directive, TranscriptError> {
    let text = String::from_utf8_lossy(argument);
    let mut words = text.split_whitespace();
    let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
    let wrong = |word: &str, key| {
        let column = at.column + text.rfind(word).unwrap_or_default();
        TranscriptError::new(Place { column, ..at }, key)
    };
    if mechanism.is_empty() {
        return Err(wrong("", "misread.mechanism"));
    }
    let way = |word: &str| match word {
        "initial" => Some(true),
        "wait" => Some(false),
        _ => None,
    };
    let rest: Vec<_> = words.collect();
    let (user, initial, over) = match rest.as_slice() {
        [] => ("", None, None),
        [word] if way(word).is_some() => ("", way(word), None),
        [user] => (*user, None, None),
        [user, word] if way(word).is_some() => (*user, way(word), None),
        [_, over, ..] => ("", None, Some(*over)),
    };
    if let Some(over) = over {
        // Who puts the password here shall not read it again.
        return Err(wrong(over, "misread.way"));
    }
    if user.is_empty() && login::needs_password(&mechanism) {
        return Err(wrong("", "misread.user").with("mechanism", mechanism));
    }
    Ok(Directive::Login { mechanism, user: user.to_owned(), initial })
}

fn number(word: &[u8]) -> Option<NonZeroUsize> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

fn time(word: &[u8]) -> Option<Duration> {
    duration(std::str::from_utf8(word).ok()?)
}

/// The word behind so many words.
fn word(argument: &[u8], words: usize) -> &[u8] {
    let rest = argument.get(start(argument, words)..).unwrap_or_default();
    rest.split(|b| *b == b' ').next().unwrap_or_default()
}

/// Where it goes on behind so many words, each of which has one blank behind it.
fn start(argument: &[u8], words: usize) -> usize {
    let blank = memchr::memchr_iter(b' ', argument).map(|at| at + 1);
    if words == 0 { 0 } else { blank.take(words).nth(words - 1).unwrap_or(argument.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Place = Place { line: 3, column: 1 };

    fn said(name: &str, argument: &[u8]) -> Say {
        match read(name, argument, AT) {
            Ok(Some(Directive::Say(say))) => say,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn raw_is_every_byte_of_its_text() {
        for (argument, wire) in [
            (&b"EHLO x"[..], &b"EHLO x\r\n"[..]),
            (b"", b"\r\n"),
            (b" two  blanks ", b" two  blanks \r\n"),
            (b"NOOP\\n\\c", b"NOOP\n"),
            (b"a\\0\\xff\xfe*?\\\\\\t", b"a\0\xff\xfe*?\\\t\r\n"),
            (b"RSET\\r\\nNOOP\\r\\nQUIT", b"RSET\r\nNOOP\r\nQUIT\r\n"),
            (b".\\r\\c", b".\r"),
        ] {
            assert_eq!(said("raw", argument), Say::Bytes(wire.into()));
        }
        assert!(said("raw", b"\\c").is_nothing());
        assert!(!said("close", b"").is_nothing() && !said("raw", b"").is_nothing());
    }

    #[test]
    fn drip_is_the_same_text_in_pieces() {
        let Say::Drip(drip) = said("drip", b"3 1.5s  a\\0 b\\c") else { unreachable!() };
        let (piece, pause) = (NonZeroUsize::new(3).unwrap(), Duration::from_millis(1_500));
        assert_eq!(drip, Drip::new(" a\0 b".into(), piece, pause));
        assert_eq!(said("drip", b"1 0 QUIT").bytes(), b"QUIT\r\n");
        assert!(said("drip", b"1 200ms \\c").is_nothing());
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (name, argument, column, key, text) in [
            ("raw", "a\\q", 7, "misread.escape", "q"),
            ("raw", "a\\cb", 7, "misread.escape", "c"),
            ("raw", "\\x4", 6, "misread.escape", "x"),
            ("drip", "", 7, "misread.bytes", ""),
            ("drip", "0 1s x", 7, "misread.bytes", "0"),
            ("drip", "12 soon x", 10, "misread.pause", "soon"),
            ("drip", "12", 9, "misread.pause", ""),
            ("drip", "12 1s x\\y", 14, "misread.escape", "y"),
        ] {
            let place = Place { column, ..AT };
            let expected = TranscriptError::new(place, key).with("text", text);
            assert_eq!(read(name, argument.as_bytes(), AT), Err(expected), "{name} {argument}");
        }
        let alone = TranscriptError::new(Place { column: 8, ..AT }, "misread.alone");
        assert_eq!(read("close", b" now", AT), Err(alone.with("name", "close")));
        let alone = TranscriptError::new(Place { column: 11, ..AT }, "misread.alone");
        assert_eq!(read("starttls", b"mx", AT), Err(alone.with("name", "starttls")));
        assert_eq!(read("starttls", b" ", AT), Ok(Some(Directive::Starttls)));
        assert_eq!(read("fly", b"", AT), Ok(None));
    }

    #[test]
    fn a_text_is_said_as_base64() {
        for (argument, wire) in [
            (
                &b"\\0alice@example.org\\0correct horse"[..],
                &b"AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=\r\n"[..],
            ),
            (b"", b"\r\n"),
            (b"alice\\c", b"YWxpY2U="),
        ] {
            assert_eq!(said("b64", argument), Say::Bytes(wire.into()));
        }
    }

    #[test]
    fn a_login_names_its_mechanism_and_user() {
        for (argument, mechanism, user, initial) in [
            ("plain alice@example.org", "PLAIN", "alice@example.org", None),
            (" LOGIN  a  initial", "LOGIN", "a", Some(true)),
            ("PLAIN a wait", "PLAIN", "a", Some(false)),
            ("EXTERNAL", "EXTERNAL", "", None),
            ("EXTERNAL wait", "EXTERNAL", "", Some(false)),
            ("NTLM", "NTLM", "", None),
        ] {
            let want = Directive::Login { mechanism: mechanism.into(), user: user.into(), initial };
            assert_eq!(read("auth", argument.as_bytes(), AT), Ok(Some(want)), "{argument}");
        }
        for (argument, key) in [
            ("", "misread.mechanism"),
            ("PLAIN", "misread.user"),
            ("PLAIN wait", "misread.user"),
            ("PLAIN alice secret", "misread.way"),
            ("PLAIN a wait b", "misread.way"),
        ] {
            let error = read("auth", argument.as_bytes(), AT).unwrap_err();
            assert_eq!(error.key, key, "{argument}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn where_the_text_of_a_drip_begins() {
        for (argument, at) in [
            ("1 200ms AUTH", 8),
            ("1 200ms ", 8),
            ("1 200ms", 7),
            ("1 AUTH PLAIN x", 2),
            ("AUTH PLAIN x", 0),
            ("c2VjcmV0", 0),
            ("", 0),
        ] {
            assert_eq!(dripped(argument.as_bytes()), at, "{argument}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in [("2s", 2_000), ("250ms", 250), ("1.5", 1_500), ("0", 0)] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "soon", "1m"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
