//! The bytes of a row in hexadecimal, with what they are as text.

use std::fmt::Write as _;

use crate::display::Role;
use crate::display::text::fit;
use crate::smtp::Span;

use super::Piece;

/// Columns before the bytes: the offset.
const OFFSET: usize = 5;

/// Columns for one byte: two digits, a blank, and its character.
const BYTE: usize = 4;

/// Lines of `bytes`, 16 on each or 8 where there is no room for so many. Secrets are veiled.
pub(super) fn lines(bytes: &[u8], secrets: &[Span], columns: usize) -> Vec<Vec<Piece>> {
    let each = if columns >= OFFSET + 16 * BYTE { 16 } else { 8 };
    let veiled = |at: usize| secrets.iter().any(|s| (s.start..s.end).contains(&at));
    let line = |(number, chunk): (usize, &[u8])| {
        let start = number * each;
        let mut digits = String::new();
        let mut text = String::new();
        for (at, byte) in chunk.iter().enumerate() {
            let veiled = veiled(start + at);
            let _ = if veiled { write!(digits, "** ") } else { write!(digits, "{byte:02x} ") };
            text.push(match byte {
                _ if veiled => '*',
                0x20..=0x7e => char::from(*byte),
                _ => '.',
            });
        }
        vec![
            (Role::Dim, format!("{start:04x} ")),
            (Role::Text, fit(&digits, each * 3)),
            (Role::Decoded, text),
        ]
    };
    bytes.chunks(each).enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], secrets: &[Span], columns: usize) -> Vec<String> {
        let lines = lines(bytes, secrets, columns).into_iter();
        lines.map(|line| line.into_iter().map(|(_, text)| text).collect()).collect()
    }

    #[test]
    fn every_byte_is_there_once() {
        assert_eq!(
            text(b"EHLO a\xe9b\r\n", &[], 40),
            ["0000 45 48 4c 4f 20 61 e9 62 EHLO a.b", "0008 0d 0a                   .."]
        );
        assert_eq!(text(&[0; 16], &[], 80).len(), 1);
        assert_eq!(text(b"AUTH x\r\n", &[Span::new(5, 6)], 40)[0].get(20..22), Some("**"));
    }
}
