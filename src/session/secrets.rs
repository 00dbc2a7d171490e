//! Which bytes of a client are secrets: initial responses and answers of AUTH (RFC 4954 §4).
//!
//! Whether a byte is a secret depends only on what stands before it, so a line can be veiled
//! while it is still arriving, and an AUTH line cut over two reads does not leak. CR is never a
//! secret: it may turn out to be the beginning of the line end.

use crate::smtp::Span;
use crate::smtp::command;
use crate::smtp::param::words;
use crate::smtp::verb::Verb;

/// Blanks a secret at its length.
pub fn veil(bytes: &mut [u8], secret: impl IntoIterator<Item = Span>) {
    for span in secret {
        if let Some(secret) = bytes.get_mut(span.start..span.end) {
            secret.fill(b'*');
        }
    }
}

/// The secret part of a command line, finished or not; it reaches to the end of the line. An AUTH
/// that is written almost right has one too.
pub fn in_command(line: &[u8]) -> Option<Span> {
    // Pasted notation, a byte order mark and control characters may stand before the word.
    let junk = line.iter().take_while(|b| !b.is_ascii_alphabetic()).count();
    let mut at = junk;
    if Span::new(at, at + 3).of(line).eq_ignore_ascii_case(b"C: ") {
        at += 3;
    }
    if !Span::new(at, at + 4).of(line).eq_ignore_ascii_case(b"AUTH") {
        return in_misspelt(line);
    }
    let separators = |from: usize| {
        let rest = line.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'=' | b':')).count()
    };
    let start = separators(at + 4);
    let rest = line.get(start..).unwrap_or_default();
    let len = rest.iter().take_while(|b| is_mechanism_byte(**b)).count();
    // `=` is the empty response, but behind the mechanism of AUTH=PLAIN it separates.
    let behind = start + len;
    let secret = if is_mechanism(Span::new(start, behind).of(line)) {
        let blanks = separators(behind);
        let marked = line.get(blanks.saturating_sub(1)) == Some(&b'=') && blanks == line.len();
        Span::new(if marked { line.len() } else { blanks }, line.len())
    } else {
        Span::new(start, line.len())
    };
    Some(secret).filter(|span| !span.is_empty())
}

/// The secret part of a line that may have been meant as AUTH: its first word is AUTH with a slip in
/// it, or a mechanism stands where AUTH and the mechanism should.
fn in_misspelt(line: &[u8]) -> Option<Span> {
    let mut words = words(line, 0);
    let (first, second) = (words.next()?, words.next()?);
    if Verb::new(first.of(line)).is_known() {
        return None;
    }
    let behind = |word: Option<Span>| word.map(|word| Span::new(word.start, line.len()));
    match (first.of(line), second.of(line)) {
        (_, word) if is_known_mechanism(word) => behind(words.next()),
        (word, _) if is_known_mechanism(word) || is_auth_with_a_slip(word) => behind(Some(second)),
        _ => None,
    }
}

/// Whether a word is the whole name of a well-known mechanism.
fn is_known_mechanism(word: &[u8]) -> bool {
    KNOWN.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word))
}

/// AUTH with two letters exchanged or one missing or too many, or in letters of full width.
fn is_auth_with_a_slip(word: &[u8]) -> bool {
    let fold = |c: char| match u32::from(c) {
        wide @ 0xff21..=0xff5a => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let word: String = String::from_utf8_lossy(word).chars().map(fold).collect();
    strsim::osa_distance(&word.to_ascii_uppercase(), "AUTH") <= 1
}

const fn is_mechanism_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The names of mechanisms that are met.
const KNOWN: [&str; 12] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "XOAUTH2",
    "OAUTHBEARER",
    "EXTERNAL",
    "ANONYMOUS",
];

/// The name of a mechanism, or the beginning of one: capitals, or a well-known name in any case.
/// Anything else behind AUTH may be a response that stands where the mechanism should.
fn is_mechanism(word: &[u8]) -> bool {
    let known = KNOWN.iter().any(|name| {
        name.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    });
    // RFC 4422 §3.1: at most twenty characters, all of them capitals, digits, - and _.
    known || (word.len() <= 20 && !word.iter().any(u8::is_ascii_lowercase))
}

/// The secret part of an answer inside an AUTH exchange; `*` cancels and is none.
pub fn in_login_answer(line: &[u8]) -> Option<Span> {
    behind(b'*', Span::new(0, line.len()), line)
}

/// The secret part of a line that was sent behind an AUTH and is no answer to it after all: all of
/// it, unless it is clearly a command.
pub fn in_refused_login(line: &[u8]) -> Option<Span> {
    // CR may be the beginning of the line end.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if command::read(line).value.verb.is_known() {
        return in_command(line);
    }
    // It may still become a command.
    let begins = |verb: &Verb| {
        let head = verb.as_str().as_bytes().get(..line.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(line))
    };
    in_login_answer(line).filter(|_| !Verb::KNOWN.iter().any(begins))
}

/// What a line of the client may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// A command.
    Command,
    /// An answer to a step of AUTH that is asked for.
    Answer,
    /// An answer to a step of AUTH, or to one that is over.
    Perhaps,
}

impl Meant {
    /// The secret part of a line that is meant so.
    pub fn secret_in(self, line: &[u8]) -> Option<Span> {
        match self {
            Self::Command => in_command(line),
            Self::Answer => in_login_answer(line),
            Self::Perhaps => in_refused_login(line),
        }
    }
}

/// The secrets of what a person is about to send, one line or several. What follows an AUTH in
/// the same text is meant as its answer.
pub fn in_typed(text: &[u8], mut meant: Meant) -> Vec<Span> {
    by_line(text, |line| {
        let secret = meant.secret_in(line);
        if meant == Meant::Answer || command::read(line).value.verb == Verb::Auth {
            meant = Meant::Perhaps;
        }
        secret
    })
}

/// The secrets that `find` sees in each line, without its LF, counted from the first byte of all.
fn by_line(text: &[u8], mut find: impl FnMut(&[u8]) -> Option<Span>) -> Vec<Span> {
    let (mut at, mut out) = (0, Vec::new());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let span = find(line.strip_suffix(b"\n").unwrap_or(line));
        out.extend(span.map(|s| Span::new(at + s.start, at + s.end)));
        at += line.len();
    }
    out
}

/// `span` without a leading `mark`, which alone is no secret.
fn behind(mark: u8, span: Span, line: &[u8]) -> Option<Span> {
    let marked = usize::from(line.get(span.start) == Some(&mark));
    Some(Span::new(span.start + marked, span.end)).filter(|span| !span.is_empty())
}

/// The secrets of bytes that cannot be framed yet, because a reply decides what they are.
/// Behind an AUTH all of them are; elsewhere only what follows an AUTH in its line.
pub fn in_undecided(bytes: &[u8], login: bool) -> Vec<Span> {
    by_line(bytes, if login { in_login_answer } else { in_command })
}

/// The stretches of `span` in `bytes` that hold no CR.
pub fn without_cr(span: Span, bytes: &[u8]) -> Vec<Span> {
    let mut at = span.start;
    let mut out = Vec::new();
    for stretch in span.of(bytes).split(|b| *b == b'\r') {
        out.push(Span::new(at, at + stretch.len()));
        at += stretch.len() + 1;
    }
    out.retain(|span| !span.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_mechanism() {
        assert_eq!(in_command(b"AUTH PLAIN AGEAYg=="), Some(Span::new(11, 19)));
        assert_eq!(in_command(b"auth  login  YQ== x"), Some(Span::new(13, 19)));
        assert_eq!(in_command(b"AUTH PLAIN"), None);
        assert_eq!(in_command(b"AUTH PLAIN ="), None);
        assert_eq!(in_command(b"NOOP AUTH PLAIN x"), None);
        for (line, secret) in [
            (&b"AUHT PLAIN AGEAYg=="[..], Some(Span::new(11, 19))),
            (b"AUT AGEAYg==", Some(Span::new(4, 12))),
            (b"LOGIN AGEAYg==", Some(Span::new(6, 14))),
            (b"XYZZY plain AGEAYg==", Some(Span::new(12, 20))),
            (b"AUHT PLAIN", None),
            (b"HELP PLAIN x", None),
            (b"XYZZY a b", None),
        ] {
            assert_eq!(in_command(line), secret, "{}", String::from_utf8_lossy(line));
        }
        let wide = "\u{ff21}\u{ff35}\u{ff34}\u{ff28} PLAIN AGEAYg==";
        assert_eq!(in_command(wide.as_bytes()), Some(Span::new(19, 27)));
        assert_eq!(in_login_answer(b"*"), None);
        assert_eq!(in_login_answer(b"*x"), Some(Span::new(1, 2)));
        assert_eq!(in_undecided(b"YQ==\nYg==", true), [Span::new(0, 4), Span::new(5, 9)]);
        assert_eq!(without_cr(Span::new(1, 5), b"ab\rc\r"), [Span::new(1, 2), Span::new(3, 4)]);
    }
}
