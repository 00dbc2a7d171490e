//! Patterns over one reply: a code or a class, and a glob over the text of a line.
//!
//! Written as in a transcript: `250`, `5xx`, `550 *unknown*`. Scripts expect with them.

use std::fmt;

use crate::journal::transcript::{Piece, write_text};
use crate::smtp::code::Code;
use crate::smtp::reply::Reply;

/// Which codes are meant; `x` stands for any digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes([Option<u8>; 3]);

impl Codes {
    /// Reads `250`, `25x` or `2xx`; a code of which nothing is known is none.
    pub fn read(word: &[u8]) -> Option<Self> {
        let digits: [u8; 3] = word.try_into().ok()?;
        let open = |b: &u8| b.is_ascii_digit() || b.eq_ignore_ascii_case(&b'x');
        let valid = digits.first().is_some_and(u8::is_ascii_digit) && digits.iter().all(open);
        valid.then(|| Self(digits.map(|b| b.is_ascii_digit().then(|| b - b'0'))))
    }

    /// Whether `code` is one of them.
    pub fn matches(self, code: Code) -> bool {
        let digits = [code.0 / 100, code.0 / 10 % 10, code.0 % 10];
        self.0.iter().zip(digits).all(|(want, have)| want.is_none_or(|w| u16::from(w) == have))
    }
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|d| match d {
            Some(d) => write!(f, "{d}"),
            None => f.write_str("x"),
        })
    }
}

/// What a reply should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyPattern {
    /// Its code.
    pub codes: Codes,
    /// A glob over the text of its line, if any.
    pub text: Option<Vec<Piece>>,
}

impl ReplyPattern {
    /// Reads the text of an `S:` line; also says whether its hyphen announces another line.
    pub fn read(pieces: &[Piece]) -> Option<(Self, bool)> {
        let (head, rest) = pieces.split_at_checked(3)?;
        let word: Vec<u8> = head.iter().map(|p| p.literal()).collect();
        let codes = Codes::read(&word)?;
        let (goes_on, text) = match rest.split_first() {
            None => (false, None),
            Some((Piece::Byte(b'-'), text)) => (true, Some(text)),
            Some((Piece::Byte(b' '), text)) => (false, Some(text)),
            Some(_) => return None,
        };
        let text = text.filter(|t| !t.is_empty()).map(<[Piece]>::to_vec);
        Some((Self { codes, text }, goes_on))
    }

    /// The glob as it was written, with a blank before it.
    pub fn text_of(&self) -> String {
        let mut out = String::new();
        for piece in self.text.iter().flatten() {
            match piece {
                Piece::Byte(byte) => write_text(&mut out, &[*byte], true),
                wild => out.push(char::from(wild.literal())),
            }
        }
        if out.is_empty() { out } else { format!(" {out}") }
    }

    /// Whether the code fits.
    pub fn matches_code(&self, reply: &Reply) -> bool {
        reply.code.is_some_and(|code| self.codes.matches(code))
    }

    /// Whether the code fits, and the text fits some line of the reply.
    pub fn matches(&self, reply: &Reply) -> bool {
        self.matches_code(reply)
            && self.text.as_deref().is_none_or(|glob| {
                reply
                    .lines
                    .iter()
                    .any(|line| glob_matches(glob, line.line.bytes.get(4..).unwrap_or_default()))
            })
    }
}

/// Whether `glob` matches all of `text`.
fn glob_matches(glob: &[Piece], text: &[u8]) -> bool {
    glob_fits(glob, text, |want, have| want == have)
}

/// The same, where `same` says which bytes are taken for each other.
pub(super) fn glob_fits(glob: &[Piece], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    // Where the last `*` stood, and how much of the text it has swallowed so far.
    let mut back: Option<(usize, usize)> = None;
    let (mut g, mut t) = (0, 0);
    loop {
        match (glob.get(g), text.get(t)) {
            (Some(Piece::Any), _) => {
                back = Some((g, t));
                g += 1;
            }
            (Some(Piece::One), Some(_)) => (g, t) = (g + 1, t + 1),
            (Some(Piece::Byte(want)), Some(have)) if same(*want, *have) => (g, t) = (g + 1, t + 1),
            (None, None) => return true,
            _ => match back {
                Some((star, swallowed)) if swallowed < text.len() => {
                    back = Some((star, swallowed + 1));
                    (g, t) = (star + 1, swallowed + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::{Place, text};

    fn pieces(glob: &str) -> Vec<Piece> {
        text(glob.as_bytes(), Place { line: 1, column: 1 }).expect("a glob").pieces
    }

    #[test]
    fn globs() {
        for (glob, yes, no) in [
            ("*unknown*", "5.1.1 user unknown here", "5.1.1 no"),
            ("a?c", "abc", "ac"),
            ("a*b*c", "a-b-b-c", "a-c"),
            ("", "", "x"),
            ("\\*", "*", "x"),
            ("*", "", "\u{0}no"),
        ] {
            assert!(glob_matches(&pieces(glob), yes.as_bytes()), "{glob} {yes}");
            assert!(glob == "*" || !glob_matches(&pieces(glob), no.as_bytes()), "{glob} {no}");
        }
    }

    #[test]
    fn codes_and_hyphens() {
        let read = |s: &str| {
            ReplyPattern::read(&pieces(s))
                .map(|(p, more)| (p.codes.to_string(), p.text.is_some(), more))
        };
        assert_eq!(read("250"), Some(("250".into(), false, false)));
        assert_eq!(read("5XX *no*"), Some(("5xx".into(), true, false)));
        assert_eq!(read("250-SIZE"), Some(("250".into(), true, true)));
        assert_eq!(read("25"), None);
        assert_eq!(read("2500"), None);
        assert_eq!(read("xxx"), None);
        assert!(Codes::read(b"4x1").is_some_and(|c| c.matches(Code(451)) && !c.matches(Code(450))));
    }
}
