//! Patterns over exchanges: what a filter keeps, and what a goal or a stop waits for.
//!
//! A pattern is a line of words, and all of them must hold: `5xx` or `250` for the code of the
//! reply, `rcpt` for a verb and `rcpt#2` for the second of its kind (`rcpt#3..` from the third on),
//! `greeting`, `message`, `answer` and `unasked` for turns that are no commands, `slow>1s`, `odd`
//! and `odd:B09`, `tls`, and anything else for text, with `*` and `?` as in a transcript. `!` turns
//! a word round, quotes make text of anything. Scripts expect with the half that is about one
//! reply, [`ReplyPattern`]; what a message is made of is asked by a [`MessagePattern`].

mod count;
mod message;
mod reply;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use crate::journal::transcript::{Piece, Place, text, write_text};
use crate::smtp::verb::Verb;

use super::exchange::Exchange;
use super::phase::Turn;
use super::{secrets, timing};

pub use count::Count;
pub use message::{Mail, MessagePattern};
use reply::glob_fits;
pub use reply::{Codes, ReplyPattern};

/// Where a pattern cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {expected}")]
pub struct PatternError {
    /// Column in characters, from 1.
    pub column: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// Words of which all must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<Term<Test>>);

/// A word, turned round or not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term<T> {
    not: bool,
    test: T,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Codes(Codes),
    Verb(Verb, Option<Count>),
    /// A turn that is no command.
    Turn(Word),
    Slow(Duration),
    /// Anything odd, or the oddity of this id.
    Odd(Option<String>),
    Secured,
    Text(Vec<Piece>),
}

/// A word for a turn that is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Greeting,
    /// The end of a message, however it was carried.
    Message,
    /// An answer of a login.
    Answer,
    /// A reply that nobody asked for.
    Unasked,
}

impl Word {
    const ALL: [(&'static str, Self); 4] = [
        ("greeting", Self::Greeting),
        ("message", Self::Message),
        ("answer", Self::Answer),
        ("unasked", Self::Unasked),
    ];

    fn is(self, turn: &Turn) -> bool {
        match self {
            Self::Greeting => *turn == Turn::Greeting,
            Self::Message => turn.ends_message(),
            Self::Answer => *turn == Turn::LoginAnswer,
            Self::Unasked => *turn == Turn::Unsolicited,
        }
    }
}

impl Pattern {
    /// Reads a line.
    ///
    /// # Errors
    /// With the place of the word that cannot be understood.
    pub fn read(line: &str) -> Result<Self, PatternError> {
        terms(line, Test::read, Test::Text).map(Self)
    }

    /// Whether it has no words, so that everything fits.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it says something of replies: it can be judged only once there is one.
    pub fn is_about_replies(&self) -> bool {
        self.0.iter().any(|term| matches!(term.test, Test::Codes(_) | Test::Slow(_)))
    }

    /// How long a reply may take before it is slow, if that matters.
    pub fn patience(&self) -> Option<Duration> {
        let limits = self.0.iter().filter(|term| !term.not).filter_map(|term| match term.test {
            Test::Slow(limit) => Some(limit),
            _ => None,
        });
        limits.max()
    }

    /// Whether `exchange` fits, which is number `nth` of its kind.
    pub fn matches(&self, exchange: &Exchange, nth: u32) -> bool {
        self.0.iter().all(|term| term.test.holds(exchange, nth) != term.not)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.0.iter().enumerate() {
            let blank = if at == 0 { "" } else { " " };
            let not = if term.not { "!" } else { "" };
            write!(f, "{blank}{not}{}", term.test)?;
        }
        Ok(())
    }
}

/// The words of a line: `word` reads one without quotes that begins at a column, and `quoted` makes
/// one of what stands in quotes.
fn terms<T>(
    line: &str,
    word: impl Fn(&str, usize) -> Result<T, PatternError>,
    quoted: impl Fn(Vec<Piece>) -> T,
) -> Result<Vec<Term<T>>, PatternError> {
    let mut terms = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let column = line.chars().count() - rest.chars().count() + 1;
        let (not, here, column) = match rest.strip_prefix('!') {
            Some(rest) => (true, rest, column + 1),
            None => (false, rest, column),
        };
        let (test, behind) = if let Some(rest) = here.strip_prefix('"') {
            let wrong = PatternError { column, expected: "a quote that ends the text" };
            let (inside, behind) = rest.split_once('"').ok_or(wrong)?;
            (quoted(pieces(inside, column + 1)?), behind)
        } else {
            let end = here.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(here.len());
            let (here, behind) = here.split_at_checked(end).unwrap_or((here, ""));
            if here.is_empty() || here.starts_with('!') {
                return Err(PatternError { column, expected: "a word behind the !" });
            }
            (word(here, column)?, behind)
        };
        terms.push(Term { not, test });
        rest = behind.trim_start();
    }
    Ok(terms)
}

fn pieces(word: &str, column: usize) -> Result<Vec<Piece>, PatternError> {
    let expected = "\\r \\n \\t \\0 \\xHH \\\\ \\* or \\? behind a backslash";
    // The reader counts bytes, a person characters.
    let wrong = |at: usize| {
        let before = word.get(..at).map_or(0, |head| head.chars().count());
        PatternError { column: column + before, expected }
    };
    let read =
        text(word.as_bytes(), Place { line: 1, column: 0 }).map_err(|e| wrong(e.at.column))?;
    if read.line_end { Ok(read.pieces) } else { Err(wrong(word.len().saturating_sub(2))) }
}

impl Test {
    /// Reads a word without quotes.
    fn read(word: &str, column: usize) -> Result<Self, PatternError> {
        let wrong = |expected| Err(PatternError { column, expected });
        if let Some(codes) = Codes::read(word.as_bytes()) {
            return Ok(Self::Codes(codes));
        }
        let (head, nth) = word.split_once('#').map_or((word, None), |(head, n)| (head, Some(n)));
        let verb = Verb::new(head.as_bytes());
        if verb.is_known() {
            let nth = match nth.map(str::parse) {
                None => None,
                Some(Ok(n)) => Some(n),
                Some(Err(_)) => return wrong("a number from 1 behind the #, or 3.. or 3..5"),
            };
            return Ok(Self::Verb(verb, nth));
        }
        if let Some((_, turn)) = Word::ALL.iter().find(|(name, _)| *name == word) {
            return Ok(Self::Turn(*turn));
        }
        if let Some(limit) = word.strip_prefix("slow>") {
            return match duration(limit) {
                Some(limit) => Ok(Self::Slow(limit)),
                None => wrong("slow> and a time: 500ms, 1s, 1.5s"),
            };
        }
        if let Some(id) = word.strip_prefix("odd:") {
            return match id.as_bytes() {
                [a, b, c]
                    if a.is_ascii_alphabetic() && [b, c].iter().all(|d| d.is_ascii_digit()) =>
                {
                    Ok(Self::Odd(Some(id.to_ascii_uppercase())))
                }
                _ => wrong("odd: and the letter and two digits of an oddity"),
            };
        }
        Ok(match word {
            "tls" => Self::Secured,
            "odd" => Self::Odd(None),
            word => Self::Text(pieces(word, column)?),
        })
    }

    fn holds(&self, exchange: &Exchange, nth: u32) -> bool {
        match self {
            Self::Codes(codes) => {
                exchange.reply.as_ref().and_then(|r| r.code).is_some_and(|c| codes.matches(c))
            }
            Self::Verb(verb, which) => {
                kind(exchange) == Some(verb) && which.is_none_or(|want| want.holds(nth))
            }
            Self::Turn(word) => word.is(&exchange.turn),
            Self::Slow(limit) => timing::wait(exchange).is_some_and(|wait| wait > *limit),
            Self::Odd(id) => {
                exchange.oddities().any(|(_, odd)| id.as_ref().is_none_or(|id| odd.id == *id))
            }
            Self::Secured => exchange.secured,
            Self::Text(glob) => says(exchange, glob),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codes(codes) => codes.fmt(f),
            Self::Verb(verb, nth) => {
                f.write_str(&verb.as_str().to_ascii_lowercase())?;
                nth.map_or(Ok(()), |n| write!(f, "#{n}"))
            }
            Self::Turn(word) => {
                let named = Word::ALL.iter().find(|(_, turn)| turn == word);
                f.write_str(named.map_or("", |(name, _)| name))
            }
            Self::Slow(limit) => match limit.as_micros() {
                us if us % 1_000_000 == 0 => write!(f, "slow>{}s", us / 1_000_000),
                us if us % 1_000 == 0 => write!(f, "slow>{}ms", us / 1_000),
                us => write!(f, "slow>{us}us"),
            },
            Self::Odd(None) => f.write_str("odd"),
            Self::Odd(Some(id)) => write!(f, "odd:{id}"),
            Self::Secured => f.write_str("tls"),
            Self::Text(glob) => f.write_str(&written(glob)),
        }
    }
}

/// A glob as a word that is read as the same glob, in quotes where it must be.
fn written(glob: &[Piece]) -> String {
    let mut out = String::new();
    for run in glob.chunk_by(|a, b| matches!((a, b), (Piece::Byte(_), Piece::Byte(_)))) {
        let bytes: Vec<u8> = run.iter().map(|p| p.literal()).collect();
        match run {
            [Piece::Byte(_), ..] => write_text(&mut out, &bytes, true),
            _ => out.extend(bytes.into_iter().map(char::from)),
        }
    }
    let out = out.replace('"', "\\x22");
    let plain = !out.is_empty() && !out.starts_with('!') && !out.contains(char::is_whitespace);
    let same = |test| matches!(test, Ok(Test::Text(read)) if read == glob);
    if plain && same(Test::read(&out, 1)) { out } else { format!("\"{out}\"") }
}

/// Reads a time: `500us`, `20ms`, `1s`, `1.5s`.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text {
        _ if text.ends_with("us") => (text.strip_suffix("us")?, 1),
        _ if text.ends_with("ms") => (text.strip_suffix("ms")?, 1_000),
        _ => (text.strip_suffix('s')?, 1_000_000_u64),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<u64>().ok())?;
    let scale = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part = digits(part)?.checked_mul(unit)? / scale;
    Some(Duration::from_micros(digits(whole)?.checked_mul(unit)?.checked_add(part)?))
}

/// The verb that an exchange counts as: the end of a message belongs to what carried it.
fn kind(exchange: &Exchange) -> Option<&Verb> {
    carrier(exchange).or_else(|| exchange.verb())
}

/// The verb to which an exchange belongs that is no command.
const fn carrier(exchange: &Exchange) -> Option<&Verb> {
    match &exchange.turn {
        Turn::MailData => Some(&Verb::Data),
        Turn::Delivery(verb) => Some(verb),
        _ => None,
    }
}

/// Whether `glob` fits the client's line, a line of the reply, its text behind the code, or a word
/// of them. Without a
/// wildcard it may stand anywhere, and without a capital in any case. Secrets fit nothing.
fn says(exchange: &Exchange, glob: &[Piece]) -> bool {
    let seek = Seek::new(glob);
    let line = exchange.line.as_ref().is_some_and(|line| match exchange.secret {
        None => seek.finds(&line.bytes),
        secret => {
            let mut bytes = line.bytes.to_vec();
            secrets::veil(&mut bytes, secret);
            seek.finds(&bytes)
        }
    });
    let mut lines = exchange.reply.iter().flat_map(|reply| &reply.lines).map(|l| &l.line.bytes);
    line || lines.any(|line| seek.finds(line) || line.get(4..).is_some_and(|text| seek.finds(text)))
}

/// A glob and how it is sought.
struct Seek<'a> {
    glob: &'a [Piece],
    anywhere: bool,
    any_case: bool,
}

impl<'a> Seek<'a> {
    fn new(glob: &'a [Piece]) -> Self {
        let capital = |p: &Piece| matches!(p, Piece::Byte(b) if b.is_ascii_uppercase());
        let anywhere = glob.iter().all(|p| matches!(p, Piece::Byte(_)));
        Self { glob, anywhere, any_case: !glob.iter().any(capital) }
    }

    fn same(&self, want: u8, have: u8) -> bool {
        want == have || (self.any_case && want == have.to_ascii_lowercase())
    }

    fn finds(&self, text: &[u8]) -> bool {
        if self.anywhere {
            let Some(first) = self.glob.first().map(|p| p.literal()) else { return true };
            let other = if self.any_case { first.to_ascii_uppercase() } else { first };
            let fits = |w: &[u8]| w.iter().zip(self.glob).all(|(b, p)| self.same(p.literal(), *b));
            let here = |at: usize| text.get(at..at + self.glob.len()).is_some_and(fits);
            return memchr::memchr2_iter(first, other, text).any(here);
        }
        let fits = |text: &[u8]| glob_fits(self.glob, text, |want, have| self.same(want, have));
        let mut words = text.split(|b| b" \t<>".contains(b)).filter(|word| !word.is_empty());
        fits(text) || words.any(fits)
    }
}

/// Counts exchanges by kind, so that `rcpt#2` can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    connection: u32,
    counts: HashMap<Verb, u32>,
}

impl Counter {
    /// Which of its kind `exchange` is, from 1, once for each exchange in their order. RCPT and
    /// BDAT are counted from the last MAIL on, all others on their connection.
    pub fn next(&mut self, exchange: &Exchange) -> u32 {
        if std::mem::replace(&mut self.connection, exchange.connection) != exchange.connection {
            self.counts.clear();
        }
        if let Some(carrier) = carrier(exchange) {
            return self.counts.get(carrier).copied().unwrap_or(1);
        }
        let Some(verb) = exchange.verb().filter(|verb| verb.is_known()) else { return 1 };
        if *verb == Verb::Mail {
            self.counts.remove(&Verb::Rcpt);
            self.counts.remove(&Verb::Bdat);
        }
        let count = self.counts.entry(verb.clone()).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::session::Dialogue;

    const SESSION: &str = "S: 220 mx ESMTP
C: EHLO pc.example.org
S: 250-mx
S: 250 AUTH PLAIN
C: AUTH PLAIN c2VjcmV0
S: 535 5.7.8 No
C: MAIL FROM:<alice@example.org>
S: 250 Ok
C: RCPT TO:<bob@example.net>
S: 250 Ok
C: RCPT TO:<nobody@example.net>
S: 550 5.1.1 User Unknown here
C: MAIL FROM:<alice@example.org>
S: 503 5.5.1 Nested
C: RCPT TO:<carol@example.net>
S: 250 Ok
C: DATA
S: 354 Go
C: x
C: .
S: 250 Ok
";

    /// Which exchanges fit, by their numbers.
    fn fitting(pattern: &str) -> Vec<usize> {
        let mut dialogue = Dialogue::default();
        for event in recording(SESSION.as_bytes()).unwrap().events() {
            dialogue.apply(event);
        }
        let pattern = Pattern::read(pattern).unwrap();
        let mut counter = Counter::default();
        let exchanges = dialogue.exchanges().iter().enumerate();
        let nth: Vec<_> = exchanges.map(|(at, e)| (at, e, counter.next(e))).collect();
        nth.into_iter().filter(|(_, e, n)| pattern.matches(e, *n)).map(|(at, ..)| at).collect()
    }

    #[test]
    fn words_keep_what_they_mean() {
        for (pattern, want) in [
            ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9][..]),
            ("5xx", &[2, 5, 6]),
            ("5xx !auth", &[5, 6]),
            ("rcpt", &[4, 5, 7]),
            ("rcpt#2", &[5]),
            ("mail#2", &[6]),
            ("data", &[8, 9]),
            ("rcpt *@example.net !bob", &[5, 7]),
            ("550 *unknown*", &[5]),
            ("*Unknown*", &[5]),
            ("*UNKNOWN*", &[]),
            ("\"user unknown\"", &[5]),
            ("250-mx", &[1]),
            ("\"550 5.1.1 User\"", &[5]),
            ("\"550 5*here\"", &[5]),
            ("\"5.1.1 U*here\"", &[5]),
            ("xxx", &[]),
            ("c2Vj", &[]),
            ("odd !tls slow>1s", &[]),
        ] {
            assert_eq!(fitting(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_column() {
        for (pattern, column) in [
            ("rcpt#0", 1),
            ("5xx slow>x", 5),
            ("é odd:1", 3),
            ("a \"b", 3),
            ("!", 2),
            ("!!x", 2),
            ("日\\q", 2),
            ("half\\c", 5),
            ("slow>99999999999999999999s", 1),
        ] {
            assert_eq!(Pattern::read(pattern).map_err(|e| e.column), Err(column), "{pattern}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for (pattern, want) in [
            ("  5XX   RCPT#2 slow>1500ms", "5xx rcpt#2 slow>1500ms"),
            ("slow>1.5s slow>2000ms odd:b09", "slow>1500ms slow>2s odd:B09"),
            ("!\"rcpt\" \"two words\" \"plain\"", "!\"rcpt\" \"two words\" plain"),
        ] {
            assert_eq!(Pattern::read(pattern).map(|p| p.to_string()).as_deref(), Ok(want));
        }
    }
}
