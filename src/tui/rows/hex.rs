//! The bytes of a row in hexadecimal, with what they are as text.

use bytes::Bytes;

use crate::display::hex::Shape;
use crate::smtp::Span;

use super::Piece;

/// Lines of bytes, each made when it is asked for. Secrets are veiled.
#[derive(Debug)]
pub(super) struct Lines {
    bytes: Bytes,
    secrets: Vec<Span>,
    shape: Shape,
}

impl Lines {
    /// Lines of `bytes` on so many columns.
    pub(super) fn new(bytes: Bytes, secrets: Vec<Span>, columns: usize) -> Self {
        let shape = Shape::of(bytes.len(), columns);
        Self { bytes, secrets, shape }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.shape.lines(self.bytes.len())
    }

    /// Line `at`.
    pub(super) fn line(&self, at: usize) -> Vec<Piece> {
        let start = at * self.shape.each;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let chunk = rest.chunks(self.shape.each).next().unwrap_or_default();
        let veiled = |at: usize| self.secrets.iter().any(|s| (s.start..s.end).contains(&at));
        self.shape.line(start, chunk, veiled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], secrets: &[Span], columns: usize) -> Vec<String> {
        let lines = Lines::new(Bytes::copy_from_slice(bytes), secrets.to_vec(), columns);
        let all = (0..lines.len()).map(|at| lines.line(at));
        all.map(|line| line.into_iter().map(|(_, text)| text).collect()).collect()
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
