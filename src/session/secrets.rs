//! Which bytes of a client are secrets: initial responses and answers of AUTH (RFC 4954 §4).
//!
//! Whether a byte is a secret depends only on what stands before it, so a line can be veiled
//! while it is still arriving, and an AUTH line cut over two reads does not leak. CR is never a
//! secret: it may turn out to be the beginning of the line end.

use crate::smtp::Span;
use crate::smtp::command::{self, Argument};
use crate::smtp::verb::Verb;

/// Blanks a secret at its length.
pub fn veil(bytes: &mut [u8], secret: impl IntoIterator<Item = Span>) {
    for span in secret {
        if let Some(secret) = bytes.get_mut(span.start..span.end) {
            secret.fill(b'*');
        }
    }
}

/// The secret part of a command line, finished or not; it reaches to the end of the line.
pub fn in_command(line: &[u8]) -> Option<Span> {
    match command::read(line).value.argument {
        // `=` is the empty response.
        Argument::Login { initial: Some(span), .. } => behind(b'=', span, line),
        _ => None,
    }
}

/// The secret part of an answer inside an AUTH exchange; `*` cancels and is none.
pub fn in_login_answer(line: &[u8]) -> Option<Span> {
    behind(b'*', Span::new(0, line.len()), line)
}

/// The secret part of a line that was sent behind an AUTH and is no answer to it after all: all of
/// it, unless it is clearly a command.
pub fn in_refused_login(line: &[u8]) -> Option<Span> {
    if command::read(line).value.verb.is_known() {
        return in_command(line);
    }
    in_login_answer(line)
}

/// The secrets of what a person is about to send, one line or several: `login` if an answer to
/// AUTH is awaited. What follows an AUTH in the same text is meant as its answer.
pub fn in_typed(text: &[u8], login: bool) -> Vec<Span> {
    let (mut at, mut behind, mut out) = (0, login, Vec::new());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let span = if behind { in_refused_login(bare) } else { in_command(bare) };
        out.extend(span.map(|s| Span::new(at + s.start, at + s.end)));
        behind |= command::read(bare).value.verb == Verb::Auth;
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
    let mut at = 0;
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let span = if login { in_login_answer(text) } else { in_command(text) };
        out.extend(span.map(|s| Span::new(at + s.start, at + s.end)));
        at += line.len();
    }
    out
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
        assert_eq!(in_login_answer(b"*"), None);
        assert_eq!(in_login_answer(b"*x"), Some(Span::new(1, 2)));
        assert_eq!(in_undecided(b"YQ==\nYg==", true), [Span::new(0, 4), Span::new(5, 9)]);
        assert_eq!(without_cr(Span::new(1, 5), b"ab\rc\r"), [Span::new(1, 2), Span::new(3, 4)]);
    }
}
