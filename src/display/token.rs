//! Bytes of a peer → text that can be shown. No control byte ever passes.
//!
//! The tokens are the escapes of the notation (`\r \n \t \0 \xHH \\`), also for characters that
//! would be invisible or change the direction of what follows. They are told apart from
//! ordinary text by [`Token::odd`], and a backslash of the peer is doubled, so nothing is
//! ambiguous even without colour. Joined emoji come apart, because terminals disagree about them.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar;

use super::text::width;
use crate::smtp::unseen::Unseen;

/// A piece of visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What is shown.
    pub text: String,
    /// Whether it stands for something that could not be shown as it is.
    pub odd: bool,
}

/// Makes bytes of a peer visible.
pub fn tokens(bytes: &[u8]) -> Vec<Token> {
    made_visible(bytes, true)
}

/// The same for what a person here has typed, or is told: a backslash stays what it is.
pub fn own_tokens(text: &str) -> Vec<Token> {
    made_visible(text.as_bytes(), false)
}

fn made_visible(bytes: &[u8], doubled: bool) -> Vec<Token> {
    if let Some(text) = plain(bytes) {
        return vec![Token { text: text.to_owned(), odd: false }];
    }
    let mut out = Tokens::default();
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while !rest.is_empty() {
            let plain = rest.bytes().take_while(|byte| is_plain(*byte)).count();
            let (text, behind) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            if !text.is_empty() {
                out.text(false).push_str(text);
            }
            let mut chars = behind.chars();
            if let Some(c) = chars.next() {
                let odd = is_escaped(c, out.0.is_empty()) && (doubled || c != '\\');
                let text = out.text(odd);
                if odd { escape(c, text) } else { text.push(c) }
            }
            rest = chars.as_str();
        }
        for byte in chunk.invalid() {
            hex(*byte, out.text(true));
        }
    }
    out.0
}

/// Text in which there is nothing to escape, as nearly all that is ever seen.
fn plain(bytes: &[u8]) -> Option<&str> {
    (!bytes.is_empty() && bytes.iter().copied().all(is_plain))
        .then(|| str::from_utf8(bytes).ok())?
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

/// The same as one string.
pub fn visible(bytes: &[u8]) -> String {
    tokens(bytes).into_iter().map(|t| t.text).collect()
}

/// [`own_tokens`] as one string.
pub fn own_visible(text: &str) -> String {
    own_tokens(text).into_iter().map(|t| t.text).collect()
}

/// The byte of `text` that [`own_visible`] shows at a column; behind its end, its length.
pub fn own_byte_at(text: &str, column: usize) -> usize {
    let mut used = 0;
    let behind = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += width(&own_visible(grapheme));
        used > column
    });
    behind.map_or(text.len(), |(at, _)| at)
}

#[derive(Default)]
struct Tokens(Vec<Token>);

impl Tokens {
    /// The text to which the next piece is added.
    fn text(&mut self, odd: bool) -> &mut String {
        let last = self.0.pop_if(|last| last.odd == odd);
        let last = last.unwrap_or_else(|| Token { text: String::new(), odd });
        &mut self.0.push_mut(last).text
    }
}

/// Whether `c` is not shown as itself. A combining mark needs something before it.
fn is_escaped(c: char, first: bool) -> bool {
    let unseen = c.is_control() || Unseen::of(c).is_some() || is_joined(c);
    c == '\\' || unseen || (first && c.width() == Some(0))
}

/// Letters of flags, and colours of skin: with what stands before them they are one sign in some
/// terminals and two in others, and what stands behind would be drawn where nothing wipes it off.
const fn is_joined(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// How `c` is shown instead.
fn escape(c: char, text: &mut String) {
    let name = match c {
        '\\' => "\\\\",
        '\r' => "\\r",
        '\n' => "\\n",
        '\t' => "\\t",
        '\0' => "\\0",
        _ => return c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| hex(byte, text)),
    };
    text.push_str(name);
}

fn hex(byte: u8, text: &mut String) {
    text.push_str("\\x");
    for digit in [byte >> 4, byte & 0xf] {
        text.extend(char::from_digit(digit.into(), 16));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_invisible_is_left() {
        for (bytes, want) in [
            (b"250 ok".as_slice(), "250 ok"),
            (b"a\x1b[31m\x00\x7f\t", "a\\x1b[31m\\0\\x7f\\t"),
            (b"\xff\xc3\xa9", "\\xff\u{e9}"),
            (b"a\\b", "a\\\\b"),
            ("x\u{202e}y\u{200d}".as_bytes(), "x\\xe2\\x80\\xaey\\xe2\\x80\\x8d"),
            ("\u{301}e\u{301}".as_bytes(), "\\xcc\\x81e\u{301}"),
            ("\u{1f1ef}".as_bytes(), "\\xf0\\x9f\\x87\\xaf"),
            ("\u{1f44d}\u{1f3fd}".as_bytes(), "\u{1f44d}\\xf0\\x9f\\x8f\\xbd"),
            ("\u{9b}31m".as_bytes(), "\\xc2\\x9b31m"),
        ] {
            assert_eq!(visible(bytes), want);
        }
        let odd: Vec<_> = tokens(b"a\x00b").into_iter().map(|t| t.odd).collect();
        assert_eq!(odd, [false, true, false]);
    }
}
