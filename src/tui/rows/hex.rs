//! The bytes of a row in hexadecimal, with what they are as text.

use crate::display::hex::Shape;
use crate::smtp::Span;

use super::Piece;

/// Lines of `bytes`. Secrets are veiled.
pub(super) fn lines(bytes: &[u8], secrets: &[Span], columns: usize) -> Vec<Vec<Piece>> {
    let shape = Shape::of(bytes.len(), columns);
    let veiled = |at: usize| secrets.iter().any(|s| (s.start..s.end).contains(&at));
    let chunks = bytes.chunks(shape.each).enumerate();
    chunks.map(|(number, chunk)| shape.line(number * shape.each, chunk, veiled)).collect()
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
